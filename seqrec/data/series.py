"""(past, future) windows of a regularly sampled series."""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from seqrec._types import Array
from seqrec._validation.params import check_int

__all__ = ["SeriesWindows", "make_windows"]


class SeriesWindows(NamedTuple):
    """Ordinary supervised samples made of a series.

    Attributes
    ----------
    X : ndarray of shape (n_windows, length) or (n_windows, length, d)
        Past values, oldest first; a read-only view where the series is an array.
    y : ndarray of shape (n_windows,) or (n_windows, horizon)
        Values to predict; one axis where the horizon is 1. Read-only, like `X`.
    first : ndarray of shape (n_windows,), dtype=int64
        Position in the series of each window's first target, increasing.
    """

    X: Array
    y: Array
    first: Array


def make_windows(series, length, horizon=1, *, stride=1, target=0):
    """Cut a series into windows of past values and the values that follow them.

    No window's `X` holds a value at or after the time of its targets. Values are
    taken as they are, NaN included, and none is copied::

        series  a b c d e f        X        y      first
        length=3, horizon=2        a b c    d e    3
                                   b c d    e f    4

    Parameters
    ----------
    series : array-like of shape (n_times,) or (n_times, d)
        Numbers at equal steps of time, oldest first; NaN is missing. A pandas Series
        or DataFrame counts as its values; its index is not looked at.
    length : int
        Number of past times in a window.
    horizon : int, default=1
        Number of times to predict, directly after the past ones.
    stride : int, default=1
        Number of times from one window to the next.
    target : int, default=0
        Which of the `d` channels `y` is taken from.

    Returns
    -------
    windows : SeriesWindows
        Named tuple of `X`, `y` and `first`. With ``horizon=1``, `y` has shape
        (n_windows,), as regressors of one output take it.

    Raises
    ------
    TypeError
        If `series` does not hold numbers, or a parameter is no integer.
    ValueError
        If `series` has neither one axis nor two, is shorter than ``length + horizon``,
        or a parameter is out of its range.

    Notes
    -----
    Neighbouring windows share values, so a random split leaks. Take the position `cut`
    of the first tested time and keep

    - for training the windows with ``first + horizon <= cut``: all their targets are
      before it;
    - for testing those with ``first >= cut``; their past may reach behind `cut`.

    The windows between have targets on both sides and belong to neither. In
    cross-validation, ``TimeSeriesSplit(gap=(horizon - 1) // stride)`` leaves them out.

    Examples
    --------
    >>> import numpy as np
    >>> X, y, first = make_windows(np.arange(7.0), 3, 2)
    >>> X
    array([[0., 1., 2.],
           [1., 2., 3.],
           [2., 3., 4.]])
    >>> y
    array([[3., 4.],
           [4., 5.],
           [5., 6.]])
    >>> first
    array([3, 4, 5])

    Times 5 and 6 are for testing; the window with targets 4 and 5 is left out:

    >>> train, test = first + 2 <= 5, first >= 5
    >>> y[train], y[test]
    (array([[3., 4.]]), array([[5., 6.]]))
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> X, y, first = make_windows(np.arange(8.0), 3, 2)
    >>> for train, test in TimeSeriesSplit(2, test_size=1, gap=(2 - 1) // 1).split(X):
    ...     print(y[train].tolist(), y[test].tolist())
    [[3.0, 4.0]] [[5.0, 6.0]]
    [[3.0, 4.0], [4.0, 5.0]] [[6.0, 7.0]]
    """
    values = _as_numbers(series)
    for name, value in {"length": length, "horizon": horizon, "stride": stride}.items():
        check_int(name, value, owner="make_windows", low=1)
    n_channels = 1 if values.ndim == 1 else values.shape[1]
    check_int("target", target, owner="make_windows", low=0, high=n_channels - 1)
    if len(values) < length + horizon:
        raise ValueError(
            f"make_windows needs a series of at least length + horizon = {length} + "
            f"{horizon} = {length + horizon} times. Got {len(values)}; give a longer "
            f"series or shorter windows."
        )
    targets = values if values.ndim == 1 else values[:, target]
    X = sliding_window_view(values[: len(values) - horizon], length, axis=0)[::stride]
    y = sliding_window_view(targets[length:], horizon)[::stride]
    if values.ndim == 2:
        X = X.transpose(0, 2, 1)  # (n_windows, length, d)
    first = np.arange(length, len(values) - horizon + 1, stride, dtype=np.int64)
    return SeriesWindows(X, y[:, 0] if horizon == 1 else y, first)


def _as_numbers(series):
    """Return the values as an array of numbers with one axis or two."""
    if np.ma.isMaskedArray(series):
        series = np.ma.asarray(series, dtype=np.float64).filled(np.nan)
    values = np.asarray(series)
    if values.dtype == object:  # columns of several kinds, or nulls
        try:
            values = np.asarray(series, dtype=np.float64)
        except (TypeError, ValueError) as exc:
            raise TypeError(
                f"The series of make_windows must hold numbers. Got objects ({exc}); "
                f"take the numeric columns, and NaN for what is missing."
            ) from exc
    if values.dtype.kind not in "iuf":
        raise TypeError(
            f"The series of make_windows must hold numbers. Got dtype {values.dtype}; "
            f"take the numeric columns."
        )
    if values.ndim not in (1, 2) or values.shape[1:] == (0,):
        raise ValueError(
            f"The series of make_windows must have shape (n_times,) or (n_times, d), d "
            f"at least 1. Got {values.shape}; call it for each series, and join the "
            f"windows with numpy.concatenate."
        )
    return values
