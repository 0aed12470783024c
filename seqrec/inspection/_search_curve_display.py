"""SearchCurveDisplay: the scores of a search over one or two of its parameters."""

import numpy as np

from seqrec._drawing import (
    INK,
    MARKERS,
    add_legend,
    baselines,
    draw_baselines,
    line_colors,
    load_pyplot,
    mark,
    metric_title,
    number,
    tidy,
)
from seqrec._validation.params import check_option
from seqrec.inspection._search_axes import (
    draw_cells,
    lay_out,
    map_size,
    name_cells,
    value_label,
)
from seqrec.inspection._search_results import (
    choose_best,
    match_param,
    read_candidates,
    search_results,
    short_name,
)

__all__ = ["SearchCurveDisplay"]

_OWNER = "SearchCurveDisplay"
_KINDS = ("line", "heatmap")
_SIZE = 5.4, 3.8  # inches of lines
_LEGEND = 1.5  # inches beside them
_NOTE_WIDTH = 48  # letters of the names of parameters in a note


class SearchCurveDisplay:
    """The scores of a finished search over one parameter, or over two.

    Lines have the first parameter along the axis, and one line for each value of the
    second; a heat map has the second in its rows. Of the other searched parameters,
    every point takes the best, and says so above the axes; the best point of all is
    marked. Make it with `from_estimator` or `from_predictions`.

    Parameters
    ----------
    param_name : str
        What the axis calls the parameter.
    param_values : list of shape (n_values,)
        Its values in the order of the axis: numbers from low to high, others as the
        search tried them.
    scores : ndarray of shape (n_hues, n_values)
        Mean score of the best candidate with these values; NaN where none was tried.
    spreads : ndarray of shape (n_hues, n_values) or None, default=None
        Standard deviation over folds of the same candidates; None with a single fold.
    score_name : str, default="score"
        What the axis calls the score.
    hue_name : str or None, default=None
        What the legend calls the second parameter; None where there is none.
    hue_values : list of shape (n_hues,) or None, default=None
        Its values in the order of the legend.
    best : tuple of int or None, default=None
        Row and column of the best of `scores`; None marks no point.
    is_joined : bool, default=True
        Whether lines join the points. They do not where neighbours differ in further
        parameters by chance, as in a randomised search.
    note : str, default=""
        What is written above the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Only after `plot`.
    figure_ : matplotlib Figure
        Only after `plot`.
    lines_ : list of matplotlib Line2D or None
        One a value of the second parameter; None for a heat map.
    spreads_ : list of matplotlib artists or None
        Their bands, or error bars where points are not joined; None where nothing is
        known of the spread.
    image_ : matplotlib AxesImage or None
        The cells of a heat map; None for lines.
    baselines_ : list of matplotlib Line2D
        The lines to compare with; a heat map names them in its title.

    See Also
    --------
    SearchComparisonDisplay : What several searches found in which time.
    TrainingCurveDisplay : The epochs of one fit.

    Notes
    -----
    Needs ``pip install 'seqrec[plot]'``. A successive halving scores few candidates in
    its last round: each point then takes the candidate that came furthest, and the
    best is of the last round, as `best_params_` is. The best of many noisy scores
    flatters; so compare the spread. Stability: experimental.

    Examples
    --------
    >>> from seqrec import SearchCurveDisplay
    >>> results = {
    ...     "params": [{"net__n_heads": 1}, {"net__n_heads": 2}, {"net__n_heads": 4}],
    ...     "mean_test_score": [0.21, 0.24, 0.23],
    ... }
    >>> display = SearchCurveDisplay.from_predictions(results, param="n_heads")
    >>> display.param_values, display.best
    ([1, 2, 4], (0, 1))
    """

    def __init__(
        self,
        *,
        param_name,
        param_values,
        scores,
        spreads=None,
        score_name="score",
        hue_name=None,
        hue_values=None,
        best=None,
        is_joined=True,
        note="",
    ):
        self.param_name = param_name
        self.param_values = param_values
        self.scores = scores
        self.spreads = spreads
        self.score_name = score_name
        self.hue_name = hue_name
        self.hue_values = hue_values
        self.best = best
        self.is_joined = is_joined
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        search,
        *,
        param,
        hue=None,
        metric=None,
        kind="line",
        baseline=None,
        score_name=None,
        ax=None,
        line_kw=None,
        im_kw=None,
    ):
        """Draw the scores of a fitted search.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV, a halving search or OptunaSearchCV
            Fitted.
        param : str
            The parameter along the axis, by its full name or the end of it, as in
            "n_heads" for "attentionsequencerecommender__n_heads".
        hue : str or None, default=None
            The parameter that tells the lines, or the rows of a heat map, apart; named
            as `param` is.
        metric : str or None, default=None
            The metric to draw, where the search has several; None draws the one in
            ``refit=``.
        kind : {"line", "heatmap"}, default="line"
            How to draw.
        baseline : float, dict of str to float or None, default=None
            Scores to compare with, such as that of a popularity ranking: one, or
            several by name.
        score_name : str or None, default=None
            What to call the score; None takes the name of the metric.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``, for lines.
        im_kw : dict or None, default=None
            Further arguments of ``Axes.imshow``, for a heat map.

        Returns
        -------
        display : SearchCurveDisplay
            With the scores, and what was drawn.

        Raises
        ------
        TypeError
            If `search` is no search, or `baseline` no number.
        ValueError
            If a parameter was not searched or its short name is ambiguous, the search
            has several metrics and none is named, or a heat map lacks `hue`.
        ImportError
            If matplotlib is not installed.
        """
        results, refit, known = search_results(search, _OWNER)
        return cls.from_predictions(
            results,
            param=param,
            hue=hue,
            metric=refit if metric is None else metric,
            kind=kind,
            baseline=baseline,
            score_name=known if score_name is None else score_name,
            ax=ax,
            line_kw=line_kw,
            im_kw=im_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        cv_results,
        *,
        param,
        hue=None,
        metric=None,
        kind="line",
        baseline=None,
        score_name=None,
        ax=None,
        line_kw=None,
        im_kw=None,
    ):
        """Draw the scores in the results of a search.

        Parameters
        ----------
        cv_results : dict of str to array-like of shape (n_candidates,)
            `cv_results_` of a search: "params", "mean_test_score" and the like.
        param : str
            The parameter along the axis, by its full name or the end of it, as in
            "n_heads" for "attentionsequencerecommender__n_heads".
        hue : str or None, default=None
            The parameter that tells the lines, or the rows of a heat map, apart; named
            as `param` is.
        metric : str or None, default=None
            The metric to draw; None where the results have but one.
        kind : {"line", "heatmap"}, default="line"
            How to draw.
        baseline : float, dict of str to float or None, default=None
            Scores to compare with, such as that of a popularity ranking: one, or
            several by name.
        score_name : str or None, default=None
            What to call the score; None takes the name of the metric.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``, for lines.
        im_kw : dict or None, default=None
            Further arguments of ``Axes.imshow``, for a heat map.

        Returns
        -------
        display : SearchCurveDisplay
            With the scores, and what was drawn.

        Raises
        ------
        TypeError
            If `baseline` is no number.
        ValueError
            If these are no results of a search, a parameter was not searched or its
            short name is ambiguous, there are several metrics and none is named, or a
            heat map lacks `hue`.
        ImportError
            If matplotlib is not installed.
        """
        candidates, metric = read_candidates(cv_results, metric, _OWNER)
        names = candidates.names
        param = match_param(param, names, role="param", owner=_OWNER)
        if hue is not None:
            hue = match_param(hue, names, role="hue", owner=_OWNER)
        if hue == param:
            raise ValueError(f"{_OWNER} got {param!r} as both param and hue.")
        chosen, most = choose_best(candidates, param, hue)
        scores = np.where(chosen < 0, np.nan, candidates.means[chosen])
        spreads = np.where(chosen < 0, np.nan, candidates.stds[chosen])
        others = _others(candidates, {param, hue, candidates.resource})
        display = cls(
            param_name=short_name(param, names),
            param_values=candidates.values_of(param),
            scores=scores,
            spreads=spreads if candidates.n_folds > 1 else None,
            score_name=metric_title(metric) if score_name is None else score_name,
            hue_name=None if hue is None else short_name(hue, names),
            hue_values=None if hue is None else candidates.values_of(hue),
            best=_place(chosen, candidates.best_of(chosen[chosen >= 0])),
            is_joined=not others or most > 1,
            note=_note(others, candidates, {param, hue}),
        )
        return display.plot(
            ax, kind=kind, baseline=baseline, line_kw=line_kw, im_kw=im_kw
        )

    def plot(self, ax=None, *, kind="line", baseline=None, line_kw=None, im_kw=None):
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        kind : {"line", "heatmap"}, default="line"
            How to draw.
        baseline : float, dict of str to float or None, default=None
            Scores to compare with, such as that of a popularity ranking: one, or
            several by name.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``, for lines.
        im_kw : dict or None, default=None
            Further arguments of ``Axes.imshow``, for a heat map.

        Returns
        -------
        display : SearchCurveDisplay
            With what was drawn.

        Raises
        ------
        TypeError
            If `baseline` is no number.
        ValueError
            If a heat map lacks a second parameter, or `kind` is unknown.
        ImportError
            If matplotlib is not installed.
        """
        check_option("kind", kind, _KINDS, owner=_OWNER)
        is_map = kind == "heatmap"
        if is_map and self.hue_values is None:
            raise ValueError(
                f"kind='heatmap' of {_OWNER} needs a second parameter for its rows. "
                f"Name one with hue=."
            )
        floors = baselines(baseline, _OWNER)
        is_ours = ax is None
        if is_ours:
            size = map_size(self.scores.shape) if is_map else self._size(floors)
            pyplot = load_pyplot(_OWNER)
            _, ax = pyplot.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = self.spreads_ = self.image_ = None
        self.baselines_ = []
        if is_map:
            self._draw_map(floors, im_kw)
        else:
            self._draw_lines(floors, line_kw, is_ours)
        ax.set_xlabel(self.param_name, color=INK)
        return self

    def _size(self, floors):
        has_legend = floors or self.hue_values is not None
        return _SIZE[0] + (_LEGEND if has_legend else 0), _SIZE[1]

    def _line_label(self, hue):
        return self.score_name if self.hue_values is None else value_label(hue)

    def _draw_lines(self, floors, line_kw, is_ours):
        ax = self.ax_
        tidy(ax)
        places = lay_out(ax, self.param_values)
        hues = [None] if self.hue_values is None else self.hue_values
        colors = [None] if self.hue_values is None else line_colors(len(hues))
        self.lines_ = []
        for row, (hue, color) in enumerate(zip(hues, colors, strict=True)):
            style = {
                "color": color,
                "label": self._line_label(hue),
                "linewidth": 2,
                "linestyle": "-" if self.is_joined else "none",
                "marker": MARKERS[row % len(MARKERS)],
                "markersize": 5,
                **(line_kw or {}),
            }
            tried = ~np.isnan(self.scores[row])
            self.lines_ += ax.plot(places[tried], self.scores[row, tried], **style)
        if self.spreads is not None:
            self.spreads_ = [
                self._draw_spread(places, *each)
                for each in zip(self.scores, self.spreads, self.lines_, strict=True)
            ]
        if self.best is not None:
            row, column = self.best
            best, color = self.scores[row, column], self.lines_[row].get_color()
            mark(ax, places[column], best, number(best), color)
        self.baselines_ = draw_baselines(ax, floors)
        ax.margins(y=0.15)
        ax.set_ylabel(self.score_name, color=INK)
        ax.set_title(self.note, loc="left", color=INK, fontsize=9)
        add_legend(ax, self.hue_name, outside=is_ours)

    def _draw_spread(self, places, scores, spreads, line):
        color, tried = line.get_color(), ~np.isnan(scores)
        places, scores, spreads = places[tried], scores[tried], spreads[tried]
        if self.is_joined:
            low, high = scores - spreads, scores + spreads
            style = {"color": color, "alpha": 0.15, "linewidth": 0}
            return self.ax_.fill_between(places, low, high, **style)
        style = {"color": color, "alpha": 0.5, "linewidth": 1, "fmt": "none"}
        return self.ax_.errorbar(places, scores, spreads, **style)

    def _draw_map(self, floors, im_kw):
        ax = self.ax_
        self.image_ = draw_cells(ax, self.scores, self.spreads, self.best, im_kw)
        name_cells(ax, self.param_values, self.hue_values)
        ax.set_ylabel(self.hue_name, color=INK)
        floor = ", ".join(f"{name}: {number(one)}" for name, one in floors.items())
        title = f"{self.score_name} ({floor})" if floor else self.score_name
        text = f"{title}\n{self.note}" if self.note else title
        ax.set_title(text, loc="left", color=INK, fontsize=10)


def _others(candidates, shown):
    """Return the short names of parameters that vary and are not shown."""
    names = candidates.names
    return [
        short_name(name, names)
        for name in names
        if name not in shown and len(candidates.values_of(name)) > 1
    ]


def _note(others, candidates, shown):
    """Say what each point takes of what is not shown."""
    taken = []
    if others:
        listed = ", ".join(others)
        is_short = len(listed) < _NOTE_WIDTH
        what = listed if is_short else f"{len(others)} other parameters"
        taken.append(f"best over {what}")
    if candidates.rounds.any() and candidates.resource not in shown:
        taken.append("latest round of each")
    return "; ".join(taken)


def _place(chosen, row):
    """Return row and column, in the table, of a candidate; None for none."""
    if row is None:
        return None
    found = np.argwhere(chosen == row)[0]
    return int(found[0]), int(found[1])
