"""What the displays share: matplotlib when it is needed, colours, names and axes.

The colours are those of M. Okabe and K. Ito, which readers who do not tell red from
green tell apart (Wong 2011, doi:10.1038/nmeth.1618), without the yellow, which is too
light for lines.
"""

import textwrap
from collections.abc import Mapping

import numpy as np

from seqrec._validation.params import check_real

__all__ = [
    "INK",
    "MARKERS",
    "add_legend",
    "baselines",
    "draw_baselines",
    "line_colors",
    "load_pyplot",
    "mark",
    "metric_title",
    "number",
    "plain_text",
    "tidy",
]

INK = "#24292f"
MARKERS = "osD^vPX"
_FAINT = "#8c959f"
_PALETTE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    INK,
)
_CAPITALS = {"auc", "map", "mrr", "ndcg", "r2"}


def load_pyplot(owner):
    """Return ``matplotlib.pyplot``; an error says how to install it."""
    try:
        from matplotlib import pyplot
    except ImportError as exc:
        raise ImportError(
            f"{owner} needs matplotlib, which is not installed. Install it: pip "
            f"install 'seqrec[plot]'"
        ) from exc
    return pyplot


def line_colors(n_lines):
    """Return as many colours; those of the palette, or of a scale beyond seven."""
    if n_lines <= len(_PALETTE):
        return list(_PALETTE[:n_lines])
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 0.85, n_lines)))


def tidy(ax):
    """Give axes the style of the displays; colours only where nothing is drawn yet."""
    if not ax.lines:
        ax.set_prop_cycle(color=_PALETTE)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(_FAINT)
    ax.tick_params(colors=INK, labelsize=9)
    ax.grid(axis="y", color=_FAINT, alpha=0.25, linewidth=0.8)
    ax.set_axisbelow(True)


def mark(ax, x, y, text, color):
    """Put a ring around a point and a text above it; return both."""
    (ring,) = ax.plot(
        [x],
        [y],
        linestyle="none",
        marker="o",
        markersize=11,
        markerfacecolor="none",
        markeredgecolor=color,
        markeredgewidth=1.6,
    )
    note = ax.annotate(
        text,
        (x, y),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        color=color,
        fontweight="bold",
        fontsize=9,
    )
    return ring, note


def add_legend(ax, title=None, *, outside=False):
    """Add a legend where there is more than one thing to name, right of the axes or in.

    Outside it hides nothing, but needs a figure with ``layout="constrained"``.
    """
    handles, labels = ax.get_legend_handles_labels()
    if len(handles) < 2:
        return
    place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "frameon": False}
    legend = ax.legend(
        handles,
        labels,
        title=title,
        alignment="left",
        fontsize=9,
        title_fontsize=9,
        **(place if outside else {"framealpha": 0.85, "edgecolor": "none"}),
    )
    legend.get_title().set_color(INK)


def baselines(baseline, owner):
    """Return the lines to compare with, by name; check what was given.

    Parameters
    ----------
    baseline : float, mapping of str to float or None
        Scores.
    owner : str
        Who says so in an error.
    """
    if baseline is None:
        return {}
    named = baseline if isinstance(baseline, Mapping) else {"baseline": baseline}
    for value in named.values():
        check_real("baseline", value, owner=owner, low=-np.inf, finite=True)
    return {str(name): float(value) for name, value in named.items()}


def draw_baselines(ax, lines):
    """Draw a horizontal line for each score; return the lines."""
    styles = ("--", ":", "-.")
    return [
        ax.axhline(
            value,
            color=INK,
            linestyle=styles[place % len(styles)],
            linewidth=1.2,
            label=f"{name}: {number(value)}",
        )
        for place, (name, value) in enumerate(lines.items())
    ]


def metric_title(name):
    """Return ``NDCG@10`` for ``ndcg@10``, ``hit rate@10`` for ``hit_rate@10``."""
    word, at, cutoff = str(name).partition("@")
    if word.startswith("neg_"):
        word = f"negative_{word.removeprefix('neg_')}"
    word = word.upper() if word in _CAPITALS else word.replace("_", " ")
    return f"{word}{at}{cutoff}"


def number(value):
    """Return a score as text."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.5g}"


def plain_text(text, width=None):
    """Return a text as matplotlib shows it: no formula, not hidden, not too long."""
    if width is not None:
        text = textwrap.shorten(text, width, placeholder=" …")
    text = text.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
