"""RollingWindow: learn from the latest past, test on what came next."""

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

__all__ = ["RollingWindow"]


class RollingWindow(EventSplitter):
    """Learn from the latest events before a cut in time, and test those after it.

    A training event is never later than a test target, of whatever user, nor is it
    old: each fold learns from the `train_span` seconds before its cut, as a model
    does that is fitted anew every week, and its targets lie in the window of
    `test_span` seconds that begins with the cut. Cut and windows move on by `step`
    from fold to fold, and the last window ends with the last event of the log, which
    it includes. What is learned alone is bounded: the history of a tested user holds
    all events before the cut, as the running model sees them. Five events of two
    users::

        timestamp   10  20  30  40  50
        user a       0       2       4       numbers are rows of the table
        user b           1       3

        RollingWindow(n_splits=2, train_span=15, test_span=10)
          [15, 30) then [30, 40)     train 1          test 0 [2]
          [25, 40) then [40, 50]     train 2          test 0 2 [4], 1 [3]

    Event 0 is in a history of both folds, and is learned from in none.

    Parameters
    ----------
    n_splits : int, default=3
        Number of folds.
    train_span : float, timedelta or None, default=None
        Length of the window that is learned from, in seconds or as a timedelta. A
        fold learns from less where the log begins later. None: the time from the first
        event to the first cut (less `gap`), so that the first fold learns from the
        whole past and the others from as long a time.
    test_span : float, timedelta or None, default=None
        Length of a test window, in seconds or as a `datetime.timedelta`,
        `pandas.Timedelta` or `numpy.timedelta64`. None: `step`; without that the
        windows, all equally long, begin together where the last ``10 % * n_splits`` of
        all events begin (half of the events at most).
    gap : float or timedelta, default=0
        Time before each cut from which nothing is learned, in seconds or as a
        timedelta; the window that is learned from ends so much earlier. The histories
        of tested users do hold its events.
    step : float, timedelta or None, default=None
        Time from one cut to the next, in seconds or as a timedelta. None: `test_span`,
        so that test windows stand next to each other. With a shorter one they overlap,
        and an event is a target in several folds.
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
    TemporalSplit : Learns from the whole past.
    audit_split : Tells what a split leaks.

    Notes
    -----
    Over an event log, the rows come grouped by user and in time order, so that a
    stable sort keeps the target last. Over `Sequences` with the `y` of
    `next_item_samples`, it yields sample numbers by the time of the target; the
    histories of the samples that are learned from reach further back than
    `train_span`, and the catalogue, made before the split, holds the tested items,
    too.

    Comparing the folds of this splitter with those of `TemporalSplit` on the same cuts
    shows whether old events still help. Stability: experimental.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import RollingWindow
    >>> events = pd.DataFrame({
    ...     "user_id": ["a", "b", "a", "b", "a"],
    ...     "item_id": ["x", "y", "x", "z", "y"],
    ...     "timestamp": [10, 20, 30, 40, 50],
    ... })
    >>> cv = RollingWindow(n_splits=2, train_span=15, test_span=10)
    >>> for train, test in cv.split(events):
    ...     print(train, test)
    [1] [0 2]
    [2] [0 2 4 1 3]
    """

    def __init__(
        self,
        n_splits=3,
        train_span=None,
        test_span=None,
        gap=0,
        *,
        step=None,
        targets="auto",
        user=USER,
        time=TIME,
        time_unit="s",
    ):
        self.n_splits = n_splits
        self.train_span = train_span
        self.test_span = test_span
        self.gap = gap
        self.step = step
        self.targets = targets
        self.user = user
        self.time = time
        self.time_unit = time_unit

    def _check_parameters(self):
        self.get_n_splits()
        check_targets_option(self)
        names = ("train_span", "test_span", "gap", "step")
        return {name: span_in_seconds(self, name) for name in names}

    def _check_one_target(self):
        check_targets_option(self, in_table=True)

    def _windows(self, times):
        spans = self._check_parameters()
        windows = place_windows(
            times, self, span=spans["test_span"], gap=spans["gap"], step=spans["step"]
        )
        if spans["train_span"] is None:
            first, start = windows[0].cut, times.min()
            starts = [start + (window.cut - first) for window in windows]
        else:
            starts = [window.train_end - spans["train_span"] for window in windows]
        return [
            window._replace(train_start=start)
            for window, start in zip(windows, starts, strict=True)
        ]

    def _folds(self, log):
        windows = self._windows(require_event_times(log, self))
        yield from window_folds(log, windows, self)

    def _sample_folds(self, X):
        windows = self._windows(require_target_times(X, self))
        yield from window_samples(X, windows, self)
