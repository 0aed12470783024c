"""Axes of searched parameters: where values stand, what they are called, heat maps."""

from numbers import Real

import numpy as np

from seqrec._drawing import INK, number, plain_text

__all__ = ["draw_cells", "lay_out", "map_size", "name_cells", "value_label"]

_FEW = 8  # values that each have a tick
_UNEVEN = 5.0  # ratio of gaps from which values with 0 stand evenly instead
_FACTOR = 100.0  # largest over smallest value from which the scale is logarithmic
_NEAR = 0.06  # part of the axis between two ticks of their own, at least
_WIDE = 40  # letters of all labels of lines together, those beyond are slanted
_LONG = 11  # letters of the label of a cell, those beyond are slanted
_EMPTY = "#e6e8eb"
_MOST_CELLS = 120  # cells that have their number in them
_LABEL_WIDTH = 24  # letters


def value_label(value):
    """Return a parameter's value as text."""
    if isinstance(value, Real) and not isinstance(value, bool):
        return f"{value:g}"
    text = getattr(value, "__name__", None) or str(value)
    return plain_text(text, _LABEL_WIDTH)


def axis_scale(values):
    """Return how values stand on an axis: "linear", "log" or "even".

    Positive numbers stand on a logarithmic scale where they differ by a factor of 100
    or their gaps differ less on it. A zero among numbers that grow by factors, and what
    is no number, makes them stand evenly.
    """
    if not all(isinstance(one, Real) and not isinstance(one, bool) for one in values):
        return "even"
    numbers = np.asarray(values, dtype=float)
    gaps = np.diff(numbers)
    if len(gaps) < 2:
        return "linear"
    if numbers[0] <= 0:
        return "even" if gaps.max() > _UNEVEN * gaps.min() else "linear"
    grows = _spread(np.diff(np.log(numbers))) < _spread(gaps)
    return "log" if grows or numbers[-1] >= _FACTOR * numbers[0] else "linear"


def _spread(gaps):
    return gaps.std() / gaps.mean()


def lay_out(ax, values):
    """Prepare the horizontal axis for values; return where they stand.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    values : list of shape (n_values,)
        In order.

    Returns
    -------
    places : ndarray of shape (n_values,)
        Along the axis.
    """
    scale = axis_scale(values)
    labels = [value_label(value) for value in values]
    if scale == "even":
        places = np.arange(len(values), dtype=float)
    else:
        places = np.asarray(values, dtype=float)
        ax.set_xscale(scale)
    if scale == "even" or _have_room(np.log(places) if scale == "log" else places):
        ax.set_xticks(places, labels)
        ax.minorticks_off()
        if sum(map(len, labels)) > _WIDE:
            slant(ax)
    ax.margins(x=0.08)
    return places


def _have_room(places):
    """Tell whether each value can have a tick of its own."""
    gaps = np.diff(places)
    return len(places) <= _FEW and (gaps > _NEAR * gaps.sum()).all()


def slant(ax):
    """Slant the labels along the horizontal axis."""
    for label in ax.get_xticklabels():
        label.set(rotation=30, ha="right", rotation_mode="anchor")


def name_cells(ax, columns, rows):
    """Write the values of two parameters along the axes of a heat map."""
    labels = [value_label(value) for value in columns]
    ax.set_xticks(range(len(columns)), labels)
    ax.set_yticks(range(len(rows)), [value_label(value) for value in rows])
    if max(map(len, labels)) > _LONG:
        slant(ax)
    ax.tick_params(length=0, colors=INK, labelsize=9)
    ax.spines[:].set_visible(False)
    ax.set_facecolor(_EMPTY)


def map_size(shape):
    """Return width and height in inches of a heat map with this many cells."""
    n_rows, n_columns = shape
    return min(12.0, 1.8 + 0.9 * n_columns), min(9.0, 1.4 + 0.62 * n_rows)


def draw_cells(ax, scores, spreads, best, im_kw):
    """Draw scores as coloured cells with numbers in them, the best one framed.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    scores : ndarray of shape (n_rows, n_columns)
        NaN leaves a cell empty. Row 0 is at the bottom.
    spreads : ndarray of shape (n_rows, n_columns) or None
        Written below the scores.
    best : tuple of int or None
        Row and column of the framed cell.
    im_kw : dict or None
        Further arguments of ``Axes.imshow``.

    Returns
    -------
    image : matplotlib AxesImage
        The cells.
    """
    style = {"cmap": "Blues", "origin": "lower", "aspect": "auto", **(im_kw or {})}
    image = ax.imshow(np.ma.masked_invalid(scores), **style)
    if best is not None:
        _frame(ax, best)
    if scores.size > _MOST_CELLS:
        ax.figure.colorbar(image, ax=ax)
        return image
    for (row, column), score in np.ndenumerate(scores):
        if np.isnan(score):
            continue
        text = number(score)
        if spreads is not None:
            text += f"\n±{number(spreads[row, column])}"
        ax.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=9,
            fontweight="bold" if (row, column) == best else "normal",
            color=_readable(image, score),
        )
    return image


def _frame(ax, best):
    from matplotlib.patches import Rectangle

    row, column = best
    corner = column - 0.5, row - 0.5
    frame = Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=2.5, zorder=3)
    frame.set_clip_on(False)
    ax.add_patch(frame)


def _readable(image, score):
    """Return the colour of a text that can be read on a cell."""
    luminance = np.dot(image.cmap(image.norm(score))[:3], (0.299, 0.587, 0.114))
    return INK if luminance > 0.5 else "white"
