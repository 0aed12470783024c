"""The pictures of ``seqrec demo``; matplotlib is loaded when one is drawn."""

import numpy as np

from seqrec._drawing import plain_text
from seqrec.inspection import TrainingCurveDisplay

__all__ = ["draw_attention", "draw_learning_curve"]

_INK = "#24292f"
_NEXT = "#1f6feb"
_DPI = 150
_LABEL_WIDTH = 30  # letters of a film title in one line
_LIGHT_FROM = 0.6  # share of the darkest cell from which its number is white


def draw_learning_curve(history, path):
    """Draw the training loss of each epoch, and the NDCG where there is one.

    Parameters
    ----------
    history : list of dict
        One an epoch: ``"train_loss"`` and perhaps ``"valid_ndcg"``.
    path : path-like
        The PNG file to write.
    """
    n_panels = 2 if "valid_ndcg" in history[0] else 1
    figure = _new_figure((4.6 * n_panels, 3.4))
    axes = figure.subplots(ncols=n_panels)
    keys = ["train_loss", "valid_ndcg"][:n_panels]
    TrainingCurveDisplay.from_predictions(history, keys=keys, ax=axes)
    figure.savefig(path, dpi=_DPI)


def draw_attention(users, path):
    """Draw for each user how much each head looks at each of the latest events.

    Parameters
    ----------
    users : list of dict
        Each with ``"user"``, ``"titles"`` (oldest first), ``"weights"`` of shape
        (n_heads, n_titles), ``"n_events"`` and ``"next"``, the title recommended
        first.
    path : path-like
        The PNG file to write.
    """
    n_rows = max(len(one["titles"]) for one in users)
    n_heads = users[0]["weights"].shape[0]
    width = 2.9 + 0.55 * n_heads
    figure = _new_figure((width * len(users), 1.5 + 0.36 * n_rows))
    top = max(float(one["weights"].max()) for one in users)
    for place, one in enumerate(users, start=1):
        axes = figure.add_subplot(1, len(users), place)
        weights = one["weights"].T
        axes.imshow(weights, cmap="Blues", vmin=0, vmax=top, aspect="auto")
        for (row, head), weight in np.ndenumerate(weights):
            light = weight > _LIGHT_FROM * top
            color = "white" if light else _INK
            axes.text(
                head,
                row,
                f"{weight:.0%}",
                ha="center",
                va="center",
                color=color,
                fontsize=8,
            )
        axes.set_ylim(n_rows - 0.5, -0.5)  # panels of equal row height
        axes.set_yticks(range(len(weights)), [_short(name) for name in one["titles"]])
        axes.set_xticks(range(n_heads), [f"head {n + 1}" for n in range(n_heads)])
        axes.xaxis.tick_top()
        axes.tick_params(length=0, labelsize=8, colors=_INK)
        axes.set_xlabel(f"next: {_short(one['next'])}", color=_NEXT, fontsize=9)
        n_events = one["n_events"]
        shown = f"last {len(weights)} of {n_events} films"
        if len(weights) == n_events:
            shown = f"all {n_events} films"
        axes.set_title(f"User {one['user']}, {shown}", fontsize=10, color=_INK)
        for spine in axes.spines.values():
            spine.set_visible(False)
    figure.suptitle(
        "Where the network looks before it recommends (oldest film on top)\n",
        fontsize=12,
        fontweight="bold",
        color=_INK,
    )
    figure.savefig(path, dpi=_DPI)


def _short(title):
    return plain_text(title, _LABEL_WIDTH)


def _new_figure(size):
    """Return a figure that needs no screen: it is drawn by Agg."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure
