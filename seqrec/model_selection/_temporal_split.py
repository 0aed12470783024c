"""TemporalSplit: learn from the past, test on what came next."""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from seqrec._validation.arrays import ragged_positions
from seqrec._validation.params import check_int, check_real
from seqrec.data.schema import TIME, USER
from seqrec.data.sequences import Sequences
from seqrec.model_selection._inputs import check_samples, read_events

__all__ = ["TemporalSplit"]


class TemporalSplit(BaseCrossValidator):
    """Learn from the events before a cut in time, and test the events after it.

    A training event is never later than a test target, of whatever user: each fold
    learns from the events strictly earlier than its cut (less `gap`), and its targets
    lie in the window of `test_span` seconds that begins with the cut. Windows stand
    next to each other, the oldest is the first fold's, and the last one ends with the
    last event of the log, which it includes. The target of a user is the first event
    in the window; a user without an event before the cut is not tested. Five events
    of two users::

        timestamp   10  20  30  40  50
        user a       0       2       4       numbers are rows of the table
        user b           1       3

        TemporalSplit(n_splits=2, test_span=15)
          window [20, 35)          train 0          test 0 [2]
          window [35, 50]          train 0 2, 1     test 0 2 [4], 1 [3]

    In the first fold, event 1 has no history and so is no target.

    Parameters
    ----------
    n_splits : int, default=1
        Number of folds.
    test_span : float, timedelta or None, default=None
        Length of a test window, in seconds or as a `datetime.timedelta`,
        `pandas.Timedelta` or `numpy.timedelta64`. None: the windows, all equally
        long, begin together where the last ``10 % * n_splits`` of all events begin
        (half of the events at most).
    gap : float or timedelta, default=0
        Time before each cut from which nothing is learned, in seconds or as a
        timedelta. The histories of tested users do hold its events.
    user : str, default="user_id"
        Column of the user ids: integers or strings.
    time : str, default="timestamp"
        Column of the times: datetimes (zones are honoured), text that can be parsed as
        such, or numbers in `time_unit`. Events of equal time keep the order of their
        rows.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        Unit of times given as numbers since 1970.

    See Also
    --------
    LeaveLastOut : Tests every user, and learns from later events of others.
    ranking_scorer : Scores the last event of every user of a test part.

    Notes
    -----
    Over an event log, the rows come grouped by user and in time order, so that a
    stable sort keeps the target last. Over `Sequences` with the `y` of
    `next_item_samples`, it yields sample numbers by the time of the target: every
    sample of a window is tested, several of one user too. There, the catalogue was
    made before the split and holds the tested items, too.

    Successive halving takes random rows as its resource by default, and so tears
    histories apart: give ``HalvingGridSearchCV`` a parameter of the estimator as its
    `resource`, or `Sequences` with `y`. Stability: stable.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import TemporalSplit
    >>> events = pd.DataFrame({
    ...     "user_id": ["a", "b", "a", "b", "a"],
    ...     "item_id": ["x", "y", "x", "z", "y"],
    ...     "timestamp": [10, 20, 30, 40, 50],
    ... })
    >>> for train, test in TemporalSplit(n_splits=2, test_span=15).split(events):
    ...     print(train, test)
    [0] [0 2]
    [0 2 1] [0 2 4 1 3]
    """

    def __init__(
        self,
        n_splits=1,
        test_span=None,
        gap=0,
        *,
        user=USER,
        time=TIME,
        time_unit="s",
    ):
        self.n_splits = n_splits
        self.test_span = test_span
        self.gap = gap
        self.user = user
        self.time = time
        self.time_unit = time_unit

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        n_splits : int
            The number of folds.
        """
        return check_int("n_splits", self.n_splits, owner=type(self).__name__)

    def split(self, X, y=None, groups=None):
        """Yield the rows to learn from and the rows to test, fold after fold.

        Parameters
        ----------
        X : pandas, polars or pyarrow table, or Sequences
            Event log, which is not changed, or the histories of `next_item_samples`.
        y : array-like of shape (n_samples,) or None, default=None
            Item id that follows each history, for `Sequences`. Ignored for an event
            log.
        groups : object
            Ignored.

        Yields
        ------
        train : ndarray of shape (n_train,), dtype=int64
            Rows of the events (or numbers of the samples) to learn from.
        test : ndarray of shape (n_test,), dtype=int64
            For each tested user the rows of the history, then that of the target; for
            `Sequences`, the numbers of the tested samples.

        Raises
        ------
        TypeError
            If `X` is neither a table nor `Sequences`, or a parameter is of the wrong
            kind.
        ValueError
            If a parameter is out of range, the table cannot be used or has no times,
            `Sequences` come without `y`, or a fold has nothing to learn from or nobody
            to test.
        """
        n_splits = self.get_n_splits()
        owner = type(self).__name__
        gap = _seconds("gap", self.gap, owner=owner)
        span = self.test_span
        if span is not None:
            span = _seconds("test_span", span, owner=owner, low_open=True)
        if isinstance(X, Sequences):
            check_samples(X, y, owner)
            if X.target_times is None:
                raise ValueError(
                    f"{owner} needs times. The samples in X have none: make them by "
                    f"next_item_samples from a log with times, or use LeaveLastOut."
                )
            windows = _place_windows(X.target_times, n_splits, span, gap)
            yield from _split_samples(X.target_times, windows)
            return
        log = read_events(X, self)
        if log.times is None:
            raise ValueError(
                f"{owner} needs times. The events have an order but no times: name the "
                f"column with time= (now {self.time!r}), or use LeaveLastOut."
            )
        windows = _place_windows(log.times, n_splits, span, gap)
        for train, test in _split_log(log, windows):
            yield log.table_rows(train), log.table_rows(test)


class _Window(NamedTuple):
    """Targets lie in [cut, end); the last window has no end."""

    train_end: float
    cut: float
    end: float


def _seconds(name, value, *, owner, low_open=False):
    """Return a duration as seconds, checked."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    elif isinstance(value, np.timedelta64):
        value = float(value / np.timedelta64(1, "s"))
    try:
        return check_real(name, value, owner=owner, low_open=low_open)
    except TypeError as exc:
        raise TypeError(f"{exc} Pass seconds or a timedelta.") from None


def _place_windows(times, n_splits, span, gap):
    """Return the windows, oldest first; raise if the first learns from nothing."""
    last = times.max()
    if span is None:
        cuts = _default_cuts(times, n_splits)
    else:
        cuts = last - span * np.arange(n_splits, 0, -1)
    if not times.min() < cuts[0] - gap:
        raise ValueError(
            f"TemporalSplit has nothing to learn from in its first fold: {n_splits} "
            f"test windows of {(last - cuts[0]) / n_splits:g} seconds and a gap of "
            f"{gap:g} seconds take up all {last - times.min():g} seconds of the data. "
            f"Lower n_splits, test_span or gap."
        )
    ends = np.append(cuts[1:], np.inf)
    return [_Window(cut - gap, cut, end) for cut, end in zip(cuts, ends, strict=True)]


def _default_cuts(times, n_splits):
    """Return equally spaced cuts, the first where the last events begin."""
    n = len(times)
    n_tested = min(-(-n * n_splits // 10), n // 2)
    n_tested = min(max(n_tested, n_splits), n)
    first = np.partition(times, n - n_tested)[n - n_tested]
    if n_splits > 1 and first == times.max():
        raise ValueError(
            f"TemporalSplit cannot place {n_splits} test windows: the last {n_tested} "
            f"of {n} events have the same time. Set test_span, or n_splits=1."
        )
    return np.linspace(first, times.max(), n_splits + 1)[:-1]


def _check_tested(fold, n_tested, window, what):
    if n_tested:
        return
    length = "" if window.end == np.inf else f" of {window.end - window.cut:g} seconds"
    raise ValueError(
        f"TemporalSplit has nobody to test in fold {fold}: {what} in its "
        f"window{length}. Raise test_span or lower n_splits."
    )


def _split_samples(target_times, windows):
    folds = []
    for fold, window in enumerate(windows):
        tested = (target_times >= window.cut) & (target_times < window.end)
        _check_tested(fold, tested.any(), window, "no target lies")
        folds.append(np.flatnonzero(tested))
    for window, test in zip(windows, folds, strict=True):
        yield np.flatnonzero(target_times < window.train_end), test


def _split_log(log, windows):
    """Yield the events to learn from and to test; all folds are checked first."""
    users = []
    for fold, window in enumerate(windows):
        tested, n_history = _tested_users(log, window)
        _check_tested(fold, len(tested), window, "no user with a history has an event")
        users.append((tested, n_history))
    for window, (tested, n_history) in zip(windows, users, strict=True):
        train = np.flatnonzero(log.times < window.train_end)
        yield train, ragged_positions(log.offsets[tested], n_history + 1)


def _tested_users(log, window):
    """Return who has a target in the window, and how many events lie before it."""
    first = log.offsets[:-1]
    n_history = np.add.reduceat(log.times < window.cut, first, dtype=np.int64)
    tested = np.flatnonzero((n_history > 0) & (n_history < log.lengths))
    target = first[tested] + n_history[tested]
    tested = tested[log.times[target] < window.end]
    return tested, n_history[tested]
