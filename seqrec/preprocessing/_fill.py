"""Fills holes from the values before and after them in the same row."""

import numpy as np

__all__ = ["check_sharing", "fill_forward", "fill_linearly", "windows_once"]


def windows_once(starts, stops):
    """Return the different non-empty windows, by start and stop, shape (n, 2)."""
    windows = np.column_stack([starts, stops])
    return np.unique(windows[stops > starts], axis=0)


def check_sharing(windows, strategy):
    """Raise if an event would need a value for each of several windows.

    Parameters
    ----------
    windows : ndarray of shape (n, 2), dtype=int64
        As `windows_once` returns them.
    strategy : str
        Of `SequenceImputer`.

    Raises
    ------
    ValueError
        If windows overlap: for "linear" and "arima" any two, for "ffill" two with
        different starts.
    """
    rule = {"linear": "be the same", "arima": "be the same"}.get(strategy)
    if strategy == "ffill" and len(windows):
        starts, first = np.unique(windows[:, 0], return_index=True)
        stops = np.maximum.reduceat(windows[:, 1], first)
        windows, rule = np.column_stack([starts, stops]), "share their start"
    reach = np.maximum.accumulate(windows[:, 1])
    if rule is not None and (windows[1:, 0] < reach[:-1]).any():
        raise ValueError(
            f"For strategy={strategy!r}, rows of X that share events must {rule}, "
            f"since an event has one value. Other rows do; fill the holes before "
            f"prefixes or last-n windows are taken, or use strategy='mean'."
        )


def fill_forward(values, starts):
    """Fill each hole with the latest known value before it in its row.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_channels)
        NaN where a value is missing.
    starts : ndarray of shape (n_rows,), dtype=int64
        First event of each row; rows cover all events.

    Returns
    -------
    filled : ndarray of shape (n_events, n_channels)
        New values; holes before the first known value of a row stay NaN.

    Examples
    --------
    >>> fill_forward(np.array([[1.0], [np.nan], [np.nan], [4.0]]), np.array([0, 2]))
    array([[ 1.],
           [ 1.],
           [nan],
           [ 4.]])
    """
    before = _known_before(values)
    start = _spread(starts, len(values))
    found = np.take_along_axis(values, np.maximum(before, 0), axis=0)
    return np.where(before >= start[:, None], found, np.nan).astype(values.dtype)


def fill_linearly(values, windows, times=None):
    """Fill each hole on the line between the known values around it in its row.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_channels)
        NaN where a value is missing.
    windows : ndarray of shape (n_rows, 2), dtype=int64
        Start and stop of each row, sorted, without overlaps; they cover all events.
    times : ndarray of shape (n_events,) or None
        Times, non-decreasing within a row. None, and where the known values around a
        hole have the same time, counts events.

    Returns
    -------
    filled : ndarray of shape (n_events, n_channels)
        New values. Before its first and after its last known value a row goes on with
        that value; a row that is all missing stays NaN.

    Examples
    --------
    >>> values = np.array([[1.0], [np.nan], [4.0]])
    >>> fill_linearly(values, np.array([[0, 3]]))[:, 0]
    array([1. , 2.5, 4. ])
    >>> fill_linearly(values, np.array([[0, 3]]), times=np.array([0, 10, 30]))[:, 0]
    array([1., 2., 4.])
    """
    n = len(values)
    start = _spread(windows[:, 0], n)
    stop = np.repeat(windows[:, 1], windows[:, 1] - windows[:, 0])
    holes, channels = np.nonzero(np.isnan(values))
    before = _known_before(values)[holes, channels]
    after = (n - 1 - _known_before(values[::-1])[::-1])[holes, channels]
    has_before, has_after = before >= start[holes], after < stop[holes]
    left = np.where(has_before, before, after)
    right = np.where(has_after, after, before)
    filled = values.copy()
    some = has_before | has_after
    holes, channels, left, right = holes[some], channels[some], left[some], right[some]
    share = _share(holes, left, right, times)
    low, high = (values[side, channels].astype(np.float64) for side in (left, right))
    filled[holes, channels] = low * (1 - share) + high * share
    return filled


def _known_before(values):
    """Return the position of the latest known value up to each event; -1: none."""
    positions = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    return np.maximum.accumulate(positions, axis=0)


def _spread(starts, n_events):
    """Return the start of the row that each event is in, shape (n_events,)."""
    start = np.zeros(n_events, dtype=np.int64)
    inside = starts[starts < n_events]  # an empty row may start at the end
    start[inside] = inside
    return np.maximum.accumulate(start)


def _share(positions, left, right, times):
    """Return how far between left and right the positions are, from 0 to 1."""
    steps = np.maximum(right - left, 1)
    share = (positions - left) / steps
    if times is not None:
        span = (times[right] - times[left]).astype(np.float64)
        in_time = span > 0
        gone = (times[positions] - times[left])[in_time]
        share[in_time] = gone / span[in_time]
    return np.where(right > left, share, 0.0)
