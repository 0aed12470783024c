"""Small operations on ragged arrays and integer keys (floor 0: numpy)."""

import numpy as np

__all__ = [
    "counting_order",
    "from_zero",
    "interleaved_positions",
    "offsets_from_lengths",
    "pack_windows",
    "ragged_positions",
]

_DIGIT = 16  # bits of one radix pass: numpy sorts 16-bit keys in linear time


def offsets_from_lengths(lengths):
    """Return the offsets (n + 1,) of consecutive pieces with the given lengths."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def ragged_positions(starts, lengths):
    """Return the positions of consecutive windows, one window after the other.

    Parameters
    ----------
    starts : ndarray of shape (n,), dtype=int64
        First position of each window.
    lengths : ndarray of shape (n,), dtype=int64
        Number of positions of each window, 0 or more.

    Returns
    -------
    positions : ndarray of shape (sum of `lengths`,), dtype=int64
        ``starts[0], starts[0] + 1, ...`` for the first window, and so on.

    Examples
    --------
    >>> ragged_positions(np.array([4, 0]), np.array([2, 3]))
    array([4, 5, 0, 1, 2])
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    offsets = offsets_from_lengths(lengths)
    shift = np.asarray(starts, dtype=np.int64) - offsets[:-1]
    positions = np.repeat(shift, lengths)
    positions += np.arange(offsets[-1], dtype=np.int64)
    return positions


def pack_windows(starts, stops, *, by_window=False):
    """Leave out of a flat column what no window covers.

    Windows that overlap stay together in one block::

        column     a b c d e f        windows [4, 6), [0, 2), [1, 3)
        packed     a b c e f          windows [3, 5), [0, 2), [1, 3)
        by_window  e f a b c          windows [0, 2), [2, 4), [3, 5)

    Parameters
    ----------
    starts, stops : ndarray of shape (n,), dtype=int64
        Half-open windows; an empty one needs nothing and starts at 0 afterwards.
    by_window : bool, default=False
        Order the blocks by the first window that needs them, so that the result does
        not depend on where in the column they were. False keeps their order.

    Returns
    -------
    positions : ndarray of shape (n_kept,), dtype=int64
        Which positions of the column to keep, in their new order.
    starts : ndarray of shape (n,), dtype=int64
        Where the windows start in the packed column.

    Examples
    --------
    >>> pack_windows(np.array([4, 0, 1]), np.array([6, 2, 3]))
    (array([0, 1, 2, 4, 5]), array([3, 0, 1]))
    """
    moved = np.zeros(len(starts), dtype=np.int64)
    used = np.flatnonzero(stops > starts)
    if not len(used):
        return np.empty(0, dtype=np.int64), moved
    order = used[np.argsort(starts[used], kind="stable")]
    begins, reach = starts[order], np.maximum.accumulate(stops[order])
    opens = np.flatnonzero(np.append(True, begins[1:] >= reach[:-1]))  # block by block
    lengths = reach[np.append(opens[1:], len(order)) - 1] - begins[opens]
    blocks = np.arange(len(opens))
    if by_window:
        blocks = np.argsort(np.minimum.reduceat(order, opens))
    positions = ragged_positions(begins[opens][blocks], lengths[blocks])
    shift = np.empty(len(opens), dtype=np.int64)
    shift[blocks] = offsets_from_lengths(lengths[blocks])[:-1]
    shift -= begins[opens]
    n_windows = np.diff(np.append(opens, len(order)))
    moved[order] = begins + np.repeat(shift, n_windows)
    return positions, moved


def interleaved_positions(lengths, added, rows):
    """Return where old and added elements go when rows grow at their ends.

    Parameters
    ----------
    lengths : ndarray of shape (n_rows,), dtype=int64
        Number of old elements of each row.
    added : ndarray of shape (n_added,), dtype=int64
        Number of elements of each piece to add.
    rows : ndarray of shape (n_added,), dtype=int64
        Row that each piece is added to, each row at most once.

    Returns
    -------
    offsets : ndarray of shape (n_rows + 1,), dtype=int64
        Offsets of the rows afterwards.
    to_old, to_added : ndarray of int64
        New positions of the old elements, and of the added ones.

    Examples
    --------
    >>> interleaved_positions(np.array([2, 1]), np.array([1]), np.array([0]))
    (array([0, 3, 4]), array([0, 1, 3]), array([2]))
    """
    total = lengths.copy()
    total[rows] += added
    offsets = offsets_from_lengths(total)
    to_old = ragged_positions(offsets[:-1], lengths)
    to_added = ragged_positions((offsets[:-1] + lengths)[rows], added)
    return offsets, to_old, to_added


def from_zero(values, low, high):
    """Return integers minus their minimum as the narrowest unsigned keys.

    The subtraction is done modulo a power of two, so that it is exact over the whole
    range of any integer type and needs no wider temporary.

    Parameters
    ----------
    values : ndarray of shape (n,), integer
        Any integers.
    low, high : int
        Their minimum and maximum.

    Returns
    -------
    keys : ndarray of shape (n,), dtype=uint32 or uint64
        ``values - low``.

    Examples
    --------
    >>> from_zero(np.array([-128, 127], dtype=np.int8), -128, 127)
    array([  0, 255], dtype=uint32)
    """
    dtype = np.uint32 if high - low < 2**32 else np.uint64
    keys = values.astype(dtype)
    keys -= dtype(low % 2 ** (8 * keys.itemsize))
    return keys


def counting_order(keys, order=None, *, span=None):
    """Return the stable order of non-negative integer keys, in linear time.

    A radix sort with digits of 16 bits: on ten million keys several times faster
    than a comparison sort. Given an `order`, rows with equal keys keep that order, so
    that sorting by two columns is two calls, the last key first.

    Parameters
    ----------
    keys : ndarray of shape (n,), integer
        Keys, 0 or more.
    order : ndarray of shape (n,), dtype=int64, or None
        Order to keep among equal keys; None is the order of the rows.
    span : int or None
        An upper bound of the keys; None looks for it.

    Returns
    -------
    order : ndarray of shape (n,), dtype=int64
        Row numbers, smallest key first.

    Examples
    --------
    >>> counting_order(np.array([3, 1, 3, 0]))
    array([3, 1, 0, 2])
    """
    if span is None:
        span = int(keys.max(initial=0))
    digits = np.empty(len(keys), dtype=np.uint16)
    for shift in range(0, span.bit_length(), _DIGIT):
        np.right_shift(keys, shift, out=digits, casting="unsafe")
        if order is None:
            order = np.argsort(digits, kind="stable")
        else:
            order = order[np.argsort(digits[order], kind="stable")]
    return np.arange(len(keys)) if order is None else order
