"""Pictures of an `EvaluationReport`; matplotlib is loaded when one is drawn."""

import numpy as np

from seqrec._drawing import (
    INK,
    line_colors,
    load_pyplot,
    metric_title,
    plain_text,
    tidy,
)
from seqrec._validation.params import check_option

__all__ = ["PLOTS", "draw_report"]

_OWNER = "EvaluationReport.plot"
_WIDTH = 0.7  # of the bundle of models at one label
_UPRIGHT = 6  # labels that stand side by side without touching


def draw_report(found, kind, metric, slice_by, ax):
    """Draw one of `PLOTS` and return the axes.

    Parameters
    ----------
    found : Summary
        The figures.
    kind : {"metric", "slices", "novelty"}
        Which picture.
    metric : str
        Name of the metric.
    slice_by : str or None
        Name of the slicing.
    ax : matplotlib axes or None
        Where to draw; None makes a new figure.
    """
    draw = PLOTS[kind]
    pyplot = load_pyplot(_OWNER)
    if ax is None:
        size = (6.4, 4.0) if kind == "metric" else (7.6, 4.0)
        _, ax = pyplot.subplots(figsize=size, layout="constrained")
    tidy(ax)
    draw(found, metric, slice_by, ax)
    return ax


def _draw_metric(found, metric, slice_by, ax):
    """Draw a point and an interval a model, the best on top."""
    place = found.metrics.index(metric)
    means, low, high = (
        table[:, place] for table in (found.means, found.low, found.high)
    )
    lower = found.lower_is_better[place]
    order = np.argsort(means if lower else -means, kind="stable")
    rows = np.arange(len(order))
    own, floor = line_colors(2)[0], "#8c959f"
    for row, model in zip(rows, order, strict=True):
        name = found.models[model]
        color = floor if name in found.baselines else own
        ax.errorbar(
            means[model],
            row,
            xerr=_spread(means[model], low[model], high[model]),
            fmt="o",
            color=color,
            capsize=3,
        )
    ax.set_yticks(rows, [plain_text(found.models[model]) for model in order])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=floor, alpha=0.25, linewidth=0.8)
    title = metric_title(metric)
    ax.set_xlabel(f"{title} (lower is better)" if lower else title)
    _mark_reference(found, place, ax)
    has_intervals = not np.isnan(low).all()
    title = "Each model, with its interval" if has_intervals else "Each model"
    ax.set_title(title, loc="left", color=INK, fontsize=11)


def _mark_reference(found, place, ax):
    name = found.references[place]
    if name is None:
        return
    value = found.means[found.models.index(name), place]
    ax.axvline(value, color=INK, linestyle=":", linewidth=1)


def _draw_slices(found, metric, slice_by, ax):
    """Draw a point and an interval a label and model."""
    names = list(dict.fromkeys(row["slice"] for row in found.slices))
    name = names[0] if slice_by is None else slice_by
    check_option("slice_by", name, names, owner=_OWNER)
    rows = [r for r in found.slices if r["slice"] == name and r["metric"] == metric]
    if not rows:
        raise ValueError(
            f"{_OWNER}(kind='slices') needs a metric with one value a target, such as "
            f"'ndcg@10'. Got {metric!r}; choose another with metric=."
        )
    labels = list(dict.fromkeys(row["label"] for row in rows))
    shifts = np.linspace(-0.5, 0.5, len(found.models)) * _WIDTH
    if len(found.models) == 1:
        shifts = np.zeros(1)
    colors = line_colors(len(found.models))
    for model, shift, color in zip(found.models, shifts, colors, strict=True):
        own = [row for row in rows if row["model"] == model]
        means = np.array([row["mean"] for row in own])
        spread = np.abs(
            np.array([[row["low"] for row in own], [row["high"] for row in own]])
            - means
        )
        ax.errorbar(
            [labels.index(row["label"]) + shift for row in own],
            means,
            yerr=None if np.isnan(spread).all() else np.nan_to_num(spread),
            fmt="o",
            markersize=5,
            color=color,
            capsize=2,
            label=plain_text(model),
        )
    counts = {row["label"]: row["n_targets"] for row in rows}
    names = [f"{plain_text(one)}\n{counts[one]:,}" for one in labels]
    slant = {"rotation": 45, "ha": "right"} if len(labels) > _UPRIGHT else {}
    ax.set_xticks(range(len(labels)), names, **slant)
    ax.set_xlabel(f"{name} (number of targets below)")
    ax.set_ylabel(metric_title(metric))
    ax.set_title(f"By {name}", loc="left", color=INK, fontsize=11)
    if len(found.models) > 1:  # beside the points: they fill the whole width
        ax.legend(
            loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False
        )


def _draw_novelty(found, metric, slice_by, ax):
    """Draw accuracy against the novelty of what is recommended, a point a model."""
    others = [one for one in found.metrics if one.partition("@")[0] == "novelty"]
    if not others:
        raise ValueError(
            f"{_OWNER}(kind='novelty') needs a novelty in the report. Got the metrics "
            f"{', '.join(found.metrics)}; add 'novelty@10' to metrics= of evaluate."
        )
    x = found.means[:, found.metrics.index(others[0])]
    y = found.means[:, found.metrics.index(metric)]
    colors = line_colors(len(found.models))
    for model, across, up, color in zip(found.models, x, y, colors, strict=True):
        style = {"marker": "s" if model in found.baselines else "o", "color": color}
        ax.plot(across, up, linestyle="none", label=plain_text(model), **style)
    ax.margins(0.1)
    _name_models(found, ax)
    ax.set_xlabel(
        f"{metric_title(others[0])}, bits (further right: less popular items)"
    )
    ax.set_ylabel(metric_title(metric))
    ax.set_title("Accuracy against novelty", loc="left", color=INK, fontsize=11)


def _name_models(found, ax):
    """Add a legend beside the axes, whose points fill the whole width."""
    if len(found.models) > 1:
        ax.legend(
            loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False
        )


def _spread(mean, low, high):
    """Return the lengths of an error bar's two arms; None where there is none."""
    return None if np.isnan(low) else [[mean - low], [high - mean]]


PLOTS = {"metric": _draw_metric, "slices": _draw_slices, "novelty": _draw_novelty}
