"""TemporalSplit: learn from the past, test on what came next."""

from seqrec.data.schema import TIME, USER
from seqrec.model_selection._folds import EventSplitter
from seqrec.model_selection._time_windows import (
    check_targets_option,
    place_windows,
    require_event_times,
    require_target_times,
    span_in_seconds,
    window_folds,
    window_samples,
)

__all__ = ["TemporalSplit"]


class TemporalSplit(EventSplitter):
    """Learn from the events before a cut in time, and test the events after it.

    A training event is never later than a test target, of whatever user: each fold
    learns from the events strictly earlier than its cut (less `gap`), and its targets
    lie in the window of `test_span` seconds that begins with the cut. Windows stand
    next to each other, the oldest is the first fold's, and the last one ends with the
    last event of the log, which it includes. The target of a user is the first event
    in the window (see `targets`); a user without an event before the cut is not
    tested. Five events of two users::

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
    targets : {"auto", "first", "all"}, default="auto"
        Which events of a window are tested: the first of each user, or all of them,
        each after everything that came before it. "auto" is "first" over an event log
        and "all" over `Sequences`. "all" over an event log works in `evaluate` alone:
        the test part of a table holds one target a user.
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
    RollingWindow : Learns from the latest past alone.
    NewUserSplit : Tests users of whom nothing was learned.
    LeaveLastOut : Tests every user, and learns from later events of others.
    audit_split : Tells what a split leaks.
    ranking_scorer : Scores the last event of every user of a test part.

    Notes
    -----
    Over an event log, the rows come grouped by user and in time order, so that a
    stable sort keeps the target last. Over `Sequences` with the `y` of
    `next_item_samples`, it yields sample numbers by the time of the target: every
    sample of a window is tested, or each user's first with ``targets="first"``, of
    users who came in the window too. There, the catalogue was made before the split
    and holds the tested items, too.

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
        targets="auto",
        user=USER,
        time=TIME,
        time_unit="s",
    ):
        self.n_splits = n_splits
        self.test_span = test_span
        self.gap = gap
        self.targets = targets
        self.user = user
        self.time = time
        self.time_unit = time_unit

    def _check_parameters(self):
        self.get_n_splits()
        check_targets_option(self)
        return span_in_seconds(self, "gap"), span_in_seconds(self, "test_span")

    def _check_one_target(self):
        check_targets_option(self, in_table=True)

    def _windows(self, times):
        gap, span = self._check_parameters()
        return place_windows(times, self, span=span, gap=gap)

    def _folds(self, log):
        windows = self._windows(require_event_times(log, self))
        yield from window_folds(log, windows, self)

    def _sample_folds(self, X):
        windows = self._windows(require_target_times(X, self))
        yield from window_samples(X, windows, self)
