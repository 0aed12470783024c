"""TrainingCurveDisplay: the epochs of a fit as a picture."""

from collections.abc import Mapping
from numbers import Real

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from seqrec._drawing import (
    INK,
    MARKERS,
    add_legend,
    load_pyplot,
    mark,
    metric_title,
    number,
    tidy,
)
from seqrec._validation.params import suggest
from seqrec.estimators._sequence_model import SequenceModel

__all__ = ["TrainingCurveDisplay"]

_OWNER = "TrainingCurveDisplay"
_STYLES = ("-", "--", ":", "-.")
_LABELS = {"train_loss": "training", "valid_loss": "held out", "loss_item": "next item"}
_TITLES = {
    "loss": "Loss",
    "ndcg": "NDCG@10 of held-out events (best epoch kept)",
}
_SIZE = 4.6, 3.4  # inches of a panel
# What early stopping watches, and which of its values it keeps.
_MONITORED = {"valid_ndcg": np.nanargmax, "valid_loss": np.nanargmin}
_NO_CURVE = {"epoch", "dur", "train_batch_count", "valid_batch_count"}


class TrainingCurveDisplay:
    """What training did, epoch by epoch.

    Losses share a panel, and every other quantity that was recorded, such as the
    validation score of `early_stopping`, has one of its own. The best epoch of what was
    held out is marked: that is the one which `early_stopping` keeps. Make it with
    `from_estimator` or `from_predictions`; a second fit may be drawn over a first.

    Parameters
    ----------
    curves : dict of str to array-like of shape (n_epochs,)
        Values by the name under which training recorded them; NaN where an epoch has
        none. Losses share a panel, and so do names that differ in a leading "train" or
        "valid" alone.
    best_epoch : int or None, default=None
        The epoch to mark, from 1.
    name : str or None, default=None
        What to call the fit in the legend; None tells curves apart by colour, a name
        gives them one colour.

    Attributes
    ----------
    axes_ : ndarray of shape (n_panels,), dtype=object
        The matplotlib Axes; only after `plot`.
    figure_ : matplotlib Figure
        Their figure; only after `plot`.
    lines_ : dict of str to matplotlib Line2D
        The line of each curve; only after `plot`.

    See Also
    --------
    SearchCurveDisplay : The scores of a search over a parameter.

    Notes
    -----
    Needs ``pip install 'seqrec[plot]'``. With `warm_start`, the epochs of all trainings
    follow each other, and the best of them all is marked. Stability: experimental.

    Examples
    --------
    >>> from seqrec import TrainingCurveDisplay
    >>> history = {"train_loss": [2.5, 2.1, 1.9], "valid_ndcg": [0.21, 0.30, 0.28]}
    >>> display = TrainingCurveDisplay.from_predictions(history)
    >>> display.best_epoch
    2
    >>> [ax.get_title(loc="left") for ax in display.axes_]
    ['Loss', 'NDCG@10 of held-out events (best epoch kept)']
    """

    def __init__(self, *, curves, best_epoch=None, name=None):
        self.curves = curves
        self.best_epoch = best_epoch
        self.name = name

    @classmethod
    def from_estimator(cls, estimator, *, keys=None, name=None, ax=None, line_kw=None):
        """Draw the training of a fitted estimator.

        Parameters
        ----------
        estimator : AttentionSequenceRecommender, classifier, regressor, or around one
            A fitted `AttentionSequenceRecommender`, `AttentionSequenceClassifier` or
            `AttentionSequenceRegressor`, a `Pipeline` that ends in one, or a search
            over either, whose best estimator is taken.
        keys : list of str or None, default=None
            What to draw, by the names in ``net_.history``; None draws all losses and
            what was held out.
        name : str or None, default=None
            What to call the fit in the legend; None tells curves apart by colour, a
            name gives them one colour.
        ax : matplotlib Axes, array-like of them or None, default=None
            Where to draw, one for each panel, such as `axes_` of another fit's display;
            None makes a figure.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``.

        Returns
        -------
        display : TrainingCurveDisplay
            With the curves, and what was drawn.

        Raises
        ------
        TypeError
            If the estimator is of another kind.
        ValueError
            If a key was not recorded, a search has no best estimator (``refit=False``),
            or `ax` has another number of panels.
        ImportError
            If matplotlib is not installed.
        """
        history = _reach_model(estimator).net_.history
        return cls.from_predictions(
            history, keys=keys, name=name, ax=ax, line_kw=line_kw
        )

    @classmethod
    def from_predictions(cls, history, *, keys=None, name=None, ax=None, line_kw=None):
        """Draw what was recorded.

        Parameters
        ----------
        history : list of dict, or dict of str to array-like of shape (n_epochs,)
            One dict an epoch, as skorch's `History` has it, or the values of all epochs
            by name.
        keys : list of str or None, default=None
            What to draw, by its names in `history`; None draws all losses and what was
            held out.
        name : str or None, default=None
            What to call the fit in the legend; None tells curves apart by colour, a
            name gives them one colour.
        ax : matplotlib Axes, array-like of them or None, default=None
            Where to draw, one for each panel, such as `axes_` of another fit's display;
            None makes a figure.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``.

        Returns
        -------
        display : TrainingCurveDisplay
            With the curves, and what was drawn.

        Raises
        ------
        ValueError
            If there is no epoch, a key was not recorded, or `ax` has another number of
            panels.
        ImportError
            If matplotlib is not installed.
        """
        recorded = _recorded(history)
        display = cls(
            curves=_choose(recorded, keys), best_epoch=_best_epoch(recorded), name=name
        )
        return display.plot(ax, line_kw=line_kw)

    def plot(self, ax=None, *, line_kw=None):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, array-like of them or None, default=None
            Where to draw, one for each panel, such as `axes_` of another fit's display;
            None makes a figure.
        line_kw : dict or None, default=None
            Further arguments of ``Axes.plot``.

        Returns
        -------
        display : TrainingCurveDisplay
            With what was drawn.

        Raises
        ------
        ValueError
            If `ax` has another number of panels.
        ImportError
            If matplotlib is not installed.
        """
        panels: dict = {}
        for key in self.curves:
            panels.setdefault(_quantity(key), []).append(key)
        self.axes_ = _panel_axes(ax, list(panels))
        self.figure_ = self.axes_[0].figure
        self.lines_ = {}
        color = None
        for axes, (quantity, keys) in zip(self.axes_, panels.items(), strict=True):
            tidy(axes)
            for place, key in enumerate(keys):
                line = self._draw_line(axes, key, place, color, line_kw)
                self.lines_[key] = line
                color = line.get_color() if self.name is not None else None
            title = _TITLES.get(quantity, metric_title(quantity))
            axes.set_title(title, loc="left", color=INK, fontsize=11)
            axes.set_xlabel("epoch", color=INK)
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            axes.margins(y=0.15)
            add_legend(axes)
        self._mark_best()
        return self

    def _draw_line(self, axes, key, place, color, line_kw):
        values = self.curves[key]
        label = _LABELS.get(key, key.removeprefix("loss_").replace("_", " "))
        if self.name is not None:
            label = self.name if place == 0 else f"{self.name}, {label}"
        style = {
            "color": color,
            "label": label,
            "linewidth": 2,
            "linestyle": _STYLES[place % len(_STYLES)],
            "marker": MARKERS[place % len(MARKERS)],
            "markersize": 4,
            **(line_kw or {}),
        }
        (line,) = axes.plot(np.arange(1, len(values) + 1), values, **style)
        return line

    def _mark_best(self):
        if self.best_epoch is None:
            return
        for axes in self.axes_:
            axes.axvline(self.best_epoch, color=INK, alpha=0.4, linewidth=1, ls=":")
        key = next((key for key in _MONITORED if key in self.lines_), None)
        if key is not None:
            line, value = self.lines_[key], self.curves[key][self.best_epoch - 1]
            color = line.get_color()
            mark(line.axes, self.best_epoch, value, number(value), color)


def _reach_model(estimator):
    """Return the fitted network inside pipelines and searches."""
    final = estimator
    while not isinstance(final, SequenceModel):
        if hasattr(final, "best_estimator_"):
            final = final.best_estimator_
        elif isinstance(final, Pipeline):
            final = final.steps[-1][1]
        elif hasattr(final, "best_score_") or hasattr(final, "cv_results_"):
            raise ValueError(
                f"{_OWNER} draws the best estimator of a search, and this "
                f"{type(final).__name__} has none. Fit it with refit=True, or with "
                f"the name of a metric."
            )
        else:
            _raise_no_network(final)
    check_is_fitted(final)
    return final


def _raise_no_network(final):
    if hasattr(final, "fit") and hasattr(final, "refit"):
        check_is_fitted(final)
    raise TypeError(
        f"{_OWNER} takes an AttentionSequenceRecommender, AttentionSequenceClassifier "
        f"or AttentionSequenceRegressor, alone, at the end of a Pipeline or in a "
        f"search. Got {type(final).__name__}. Draw the history of another network with "
        f"from_predictions."
    )


def _recorded(history):
    """Return the numbers of a history as arrays of shape (n_epochs,), by name."""
    if not isinstance(history, Mapping):
        rows = list(history)
        names = dict.fromkeys(name for row in rows for name in row)
        history = {name: [row.get(name, np.nan) for row in rows] for name in names}
    curves = {
        name: np.asarray(values, dtype=float)
        for name, values in history.items()
        if name not in _NO_CURVE and all(_is_number(value) for value in values)
    }
    lengths = {len(values) for values in curves.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            f"{_OWNER} needs a history of one epoch or more, with as many values of "
            f"each name. Got the lengths {sorted(lengths)}."
        )
    return curves


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _choose(curves, keys):
    if keys is None:
        keys = [
            name
            for name in curves
            if _quantity(name) == "loss" or name.startswith("valid_")
        ]
    for key in keys:
        if key not in curves:
            listed = ", ".join(map(repr, curves))
            raise ValueError(
                f"The training recorded no number {key!r}. It has {listed}."
                f"{suggest(key, curves)}"
            )
    return {key: curves[key] for key in keys}


def _quantity(key):
    """Return what a curve is of; curves of one quantity share a panel."""
    if "loss" in key.split("_"):
        return "loss"
    return key.removeprefix("train_").removeprefix("valid_")


def _best_epoch(curves):
    """Return the epoch, from 1, that early stopping keeps; None without one."""
    for key, find in _MONITORED.items():
        if key in curves and not np.isnan(curves[key]).all():
            return int(find(curves[key])) + 1
    return None


def _panel_axes(ax, quantities):
    """Return Axes for the panels, new ones or those that were given."""
    n_panels = len(quantities)
    if ax is None:
        pyplot = load_pyplot(_OWNER)
        width, height = _SIZE
        _, ax = pyplot.subplots(
            ncols=n_panels, figsize=(width * n_panels, height), layout="constrained"
        )
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != n_panels:
        raise ValueError(
            f"{_OWNER} has {n_panels} panels ({', '.join(quantities)}). Got "
            f"{len(axes)} Axes; give as many, or choose curves with keys=."
        )
    return axes
