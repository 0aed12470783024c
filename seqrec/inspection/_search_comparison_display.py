"""SearchComparisonDisplay: what searches found, and what it took."""

from collections.abc import Mapping

import numpy as np

from seqrec._drawing import (
    INK,
    add_legend,
    baselines,
    draw_baselines,
    load_pyplot,
    metric_title,
    number,
    tidy,
)
from seqrec._validation.params import check_option
from seqrec.inspection._search_results import read_candidates, search_results

__all__ = ["SearchComparisonDisplay"]

_OWNER = "SearchComparisonDisplay"
_TITLES = {"seconds": "seconds of fitting", "candidates": "candidates fitted"}
_SIZE = 6.4, 3.6  # inches


class SearchComparisonDisplay:
    """The best score that each of several searches had found, against what it took.

    A search that rises early found something good soon; where a line ends is what it
    chose. Make it with `from_estimators` or `from_predictions`.

    Parameters
    ----------
    curves : dict of str to tuple of two array-like of shape (n_candidates,)
        Of each search, by name: what it had taken after each candidate, and the score
        of the candidate that it would then have chosen, NaN before the first score.
    x : {"seconds", "candidates"}, default="seconds"
        What was taken.
    score_name : str, default="score"
        What the axis calls the score.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Only after `plot`.
    figure_ : matplotlib Figure
        Only after `plot`.
    lines_ : dict of str to matplotlib Line2D
        The line of each search.
    baselines_ : list of matplotlib Line2D
        The lines to compare with.

    See Also
    --------
    SearchCurveDisplay : The scores of one search over its parameters.

    Notes
    -----
    Needs ``pip install 'seqrec[plot]'``. Seconds are those of all fits, summed over
    folds and processes, without scoring and without the last fit on all data; searches
    that shared the cores with something else took more of them. Candidates count in
    the order of the results. In a successive halving, a fit of the same candidate
    counts anew in each round, and only the latest round can be chosen from, so that its
    line may fall where a round begins. Stability: experimental.

    Examples
    --------
    >>> from seqrec import SearchComparisonDisplay
    >>> results = {
    ...     "params": [{"lr": 0.001}, {"lr": 0.01}, {"lr": 0.1}],
    ...     "split0_test_score": [0.20, 0.25, 0.22],
    ...     "mean_test_score": [0.20, 0.25, 0.22],
    ...     "mean_fit_time": [2.0, 2.0, 3.0],
    ... }
    >>> display = SearchComparisonDisplay.from_predictions({"grid": results})
    >>> seconds, best = display.curves["grid"]
    >>> seconds.tolist(), best.tolist()
    ([2.0, 4.0, 7.0], [0.2, 0.25, 0.25])
    """

    def __init__(self, *, curves, x="seconds", score_name="score"):
        self.curves = curves
        self.x = x
        self.score_name = score_name

    @classmethod
    def from_estimators(
        cls,
        searches,
        *,
        metric=None,
        x="seconds",
        baseline=None,
        score_name=None,
        ax=None,
        line_kw=None,
    ):
        """Draw fitted searches.

        Parameters
        ----------
        searches : dict of str to search
            Fitted searches of scikit-learn, or `OptunaSearchCV`, by name. They should
            have the same splits and scores.
        metric : str or None, default=None
            The metric to draw, of searches with several; None draws the one in
            ``refit=``.
        x : {"seconds", "candidates"}, default="seconds"
            What lies along the axis: seconds of all fits so far, or their number.
        baseline : float, dict of str to float or None, default=None
            Scores to compare with, such as that of a popularity ranking: one, or
            several by name.
        score_name : str or None, default=None
            What to call the score; None takes the name of the metric.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``.

        Returns
        -------
        display : SearchComparisonDisplay
            With the curves, and what was drawn.

        Raises
        ------
        TypeError
            If `searches` is no dict, one of them is no search, or `baseline` no number.
        ValueError
            If there is no search, one has several metrics and none is named, or their
            metrics differ.
        ImportError
            If matplotlib is not installed.
        """
        _check_named(searches, "searches")
        results, refits, known = {}, set(), set()
        for name, search in searches.items():
            results[name], refit, title = search_results(search, _OWNER)
            refits.add(refit)
            known.add(title)
        if metric is None and len(refits) == 1:
            (metric,) = refits
        if score_name is None and len(known) == 1:
            (score_name,) = known
        return cls.from_predictions(
            results,
            metric=metric,
            x=x,
            baseline=baseline,
            score_name=score_name,
            ax=ax,
            line_kw=line_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        cv_results,
        *,
        metric=None,
        x="seconds",
        baseline=None,
        score_name=None,
        ax=None,
        line_kw=None,
    ):
        """Draw the results of searches.

        Parameters
        ----------
        cv_results : dict of str to dict
            `cv_results_` of each search, by name.
        metric : str or None, default=None
            The metric to draw; None where the results have but one.
        x : {"seconds", "candidates"}, default="seconds"
            What lies along the axis: seconds of all fits so far, or their number.
        baseline : float, dict of str to float or None, default=None
            Scores to compare with, such as that of a popularity ranking: one, or
            several by name.
        score_name : str or None, default=None
            What to call the score; None takes the name of the metric.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``.

        Returns
        -------
        display : SearchComparisonDisplay
            With the curves, and what was drawn.

        Raises
        ------
        TypeError
            If `cv_results` is no dict, or `baseline` no number.
        ValueError
            If there are no results, they have several metrics and none is named, their
            metrics differ, or `x` is unknown or not in them.
        ImportError
            If matplotlib is not installed.
        """
        check_option("x", x, list(_TITLES), owner=_OWNER)
        _check_named(cv_results, "cv_results")
        curves, metrics = {}, {}
        for name, results in cv_results.items():
            candidates, metrics[name] = read_candidates(results, metric, _OWNER)
            curves[name] = _spent(candidates, x, name), _best_so_far(candidates)
        if len(set(metrics.values())) > 1:
            raise ValueError(
                f"{_OWNER} compares searches by one metric. Got {metrics!r}; name one "
                f"that all have with metric=."
            )
        (metric,) = set(metrics.values())
        score_name = metric_title(metric) if score_name is None else score_name
        display = cls(curves=curves, x=x, score_name=score_name)
        return display.plot(ax, baseline=baseline, line_kw=line_kw)

    def plot(self, ax=None, *, baseline=None, line_kw=None):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        baseline : float, dict of str to float or None, default=None
            Scores to compare with, such as that of a popularity ranking: one, or
            several by name.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``.

        Returns
        -------
        display : SearchComparisonDisplay
            With what was drawn.

        Raises
        ------
        TypeError
            If `baseline` is no number.
        ImportError
            If matplotlib is not installed.
        """
        floors = baselines(baseline, _OWNER)
        is_ours = ax is None
        if is_ours:
            pyplot = load_pyplot(_OWNER)
            _, ax = pyplot.subplots(figsize=_SIZE, layout="constrained")
        tidy(ax)
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, {}
        for name, (spent, best) in self.curves.items():
            style = {
                "label": f"{name}: {number(best[-1])}",
                "linewidth": 2,
                "drawstyle": "steps-post",
                "marker": "o",
                "markersize": 6,
                "markevery": [len(spent) - 1],
                **(line_kw or {}),
            }
            (self.lines_[name],) = ax.plot(spent, best, **style)
        self.baselines_ = draw_baselines(ax, floors)
        ax.margins(y=0.12)
        ax.set_xlim(left=0)
        ax.set_xlabel(_TITLES[self.x], color=INK)
        ax.set_ylabel(f"best {self.score_name} so far", color=INK)
        add_legend(ax, outside=is_ours)
        return self


def _check_named(searches, what):
    if not isinstance(searches, Mapping):
        raise TypeError(
            f"The {what!r} parameter of {_OWNER} must be a dict by name, as in "
            f"{{'grid': ..., 'halving': ...}}. Got {type(searches).__name__}."
        )
    if not searches:
        raise ValueError(f"The {what!r} parameter of {_OWNER} is empty.")


def _spent(candidates, x, name):
    """Return what had been taken after each candidate, of shape (n_candidates,)."""
    if x == "candidates":
        return np.arange(1, len(candidates.params) + 1)
    if np.isnan(candidates.seconds).any():
        raise ValueError(
            f"The results of {name!r} have no 'mean_fit_time', or holes in it. Set "
            f"x='candidates'."
        )
    return candidates.seconds.cumsum()


def _best_so_far(candidates):
    """Return the score of what would be chosen after each candidate."""
    best: list = []
    row = None
    for new in range(len(candidates.params)):
        row = candidates.best_of([new] if row is None else [row, new])
        best.append(np.nan if row is None else candidates.means[row])
    return np.array(best)
