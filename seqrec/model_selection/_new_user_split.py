"""NewUserSplit: test users of whom nothing was learned."""

import numpy as np
from sklearn.utils import check_random_state

from seqrec._validation.arrays import ragged_positions
from seqrec._validation.params import check_int
from seqrec.data.schema import TIME, USER
from seqrec.model_selection._folds import EventSplitter, Fold
from seqrec.model_selection._inputs import places_from_last
from seqrec.model_selection._time_windows import (
    count_before,
    place_windows,
    require_event_times,
    require_target_times,
    span_in_seconds,
)

__all__ = ["NewUserSplit"]


class NewUserSplit(EventSplitter):
    """Test users of whom nothing was learned, on their last event.

    A training event can be later than a test target: users are drawn at random,
    whenever they came, and everything of the others is learned. With `test_span` it
    never is: the tested users are then those who came in a window of time, and only
    events before the window are learned. In both cases none of a tested user's events
    is in train. Users with one event cannot be tested. Five events of two users::

        timestamp   10  20  30  40  50
        user a       0   1                   numbers are rows of the table
        user b               2   3   4

        NewUserSplit(n_splits=2, random_state=0)
                                     train 0 1        test 2 3 [4]
                                     train 2 3 4      test 0 [1]
        NewUserSplit(n_splits=1, test_span=20)
          window [30, 50]            train 0 1        test 2 3 [4]

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds. Each user with two events or more is tested in exactly one
        of them; with `test_span`, in one at most.
    test_span : float, timedelta or None, default=None
        Length of a test window, in seconds or as a `datetime.timedelta`,
        `pandas.Timedelta` or `numpy.timedelta64`: a fold tests the users whose first
        event lies in its window, on their last event there. Windows stand next to each
        other, the oldest is the first fold's, and the last one ends with the last
        event of the log, which it includes. None: users are drawn at random.
    random_state : int, RandomState instance or None, default=None
        Source of random numbers; an int gives the same folds at every split. Not used
        with `test_span`.
    user : str, default="user_id"
        Column of the user ids: integers or strings.
    time : str or None, default="timestamp"
        Column of the times: datetimes (zones are honoured), text that can be parsed as
        such, or numbers in `time_unit`. Events of equal time keep the order of their
        rows. None takes the rows as ordered. A table without ``"timestamp"`` but with
        a column ``"position"`` is ordered by that and has no times.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        Unit of times given as numbers since 1970.

    See Also
    --------
    TemporalSplit : Tests users who were known before the cut.
    audit_split : Tells what a split leaks.

    Notes
    -----
    Over an event log, the rows come grouped by user and in time order, so that a
    stable sort keeps the target last. Over `Sequences` with the `y` of
    `next_item_samples`, it yields sample numbers: of each tested user the last sample
    (of the window) is tested, and no other one is learned from. There, the catalogue
    was made before the split and holds the tested items, too.

    Folds depend on the sorted user ids and not on the order of the rows. Models that
    know a user by the history alone, as all of seqrec do, can answer for new ones;
    how much they lose against `LeaveLastOut` tells how much they go by the user.
    Stability: experimental.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import NewUserSplit
    >>> events = pd.DataFrame({
    ...     "user_id": ["a", "a", "b", "b", "b"],
    ...     "item_id": ["x", "y", "x", "z", "y"],
    ...     "timestamp": [10, 20, 30, 40, 50],
    ... })
    >>> for train, test in NewUserSplit(n_splits=2, random_state=0).split(events):
    ...     print(train, test)
    [0 1] [2 3 4]
    [2 3 4] [0 1]
    """

    def __init__(
        self,
        n_splits=5,
        test_span=None,
        *,
        random_state=None,
        user=USER,
        time=TIME,
        time_unit="s",
    ):
        self.n_splits = n_splits
        self.test_span = test_span
        self.random_state = random_state
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
        low = 2 if self.test_span is None else 1
        return check_int("n_splits", self.n_splits, owner="NewUserSplit", low=low)

    def _check_parameters(self):
        self.get_n_splits()
        if self.test_span is None:
            check_random_state(self.random_state)
        return span_in_seconds(self, "test_span")

    def _windows(self, times):
        return place_windows(times, self, span=self._check_parameters())

    def _draw(self, users):
        """Return the users to test, fold after fold, each increasing."""
        n_splits = self.get_n_splits()
        if len(users) < n_splits:
            raise ValueError(
                f"NewUserSplit(n_splits={n_splits}) has no user to test in some fold: "
                f"{len(users)} users have two events or more. Lower n_splits, or check "
                f"the column user={self.user!r}."
            )
        shuffled = check_random_state(self.random_state).permutation(users)
        return [np.sort(part) for part in np.array_split(shuffled, n_splits)]

    # ------------------------------------------------------------------ event logs
    def _folds(self, log):
        if self._check_parameters() is not None:
            yield from self._window_folds(log)
            return
        for tested in self._draw(np.flatnonzero(log.lengths > 1)):
            learned = log.lengths.copy()
            learned[tested] = 0
            train = ragged_positions(log.offsets[:-1], learned)
            yield _last_event_fold(train, tested, log.lengths[tested])

    def _window_folds(self, log):
        times = require_event_times(log, self)
        windows = self._windows(times)
        came = times[log.offsets[:-1]]
        tested = []
        for fold, window in enumerate(windows):
            n_inside = count_before(log, window.end)
            users = np.flatnonzero((came >= window.cut) & (n_inside > 1))
            _check_tested(fold, len(users))
            tested.append((users, n_inside[users]))
        for window, (users, n_inside) in zip(windows, tested, strict=True):
            train = np.flatnonzero(times < window.cut)
            fold = _last_event_fold(train, users, n_inside)
            end = min(window.end, float(times.max()))
            yield fold._replace(cut=window.cut, end=end, train_end=window.cut)

    # ------------------------------------------------------------------ samples
    def _sample_folds(self, X):
        ids, users = np.unique(X.users, return_inverse=True)
        if self._check_parameters() is not None:
            yield from self._window_samples(X, users)
            return
        is_last = places_from_last(X)[0] == 1
        for tested in self._draw(np.arange(len(ids))):
            is_tested = np.isin(users, tested)
            yield np.flatnonzero(~is_tested), np.flatnonzero(is_tested & is_last)

    def _window_samples(self, X, users):
        times = require_target_times(X, self)
        windows = self._windows(times)
        begins, has_history = times.copy(), X.lengths > 0
        if X.times is not None:
            begins[has_history] = X.times[X.starts[has_history]]
        came = np.full(users.max() + 1, np.inf)
        np.minimum.at(came, users, begins)
        tested = []
        for fold, window in enumerate(windows):
            is_new = (came >= window.cut) & (came < window.end)
            inside = np.flatnonzero(is_new[users] & (times < window.end))
            _check_tested(fold, len(inside))
            tested.append(inside[places_from_last(X[inside])[0] == 1])
        for window, inside in zip(windows, tested, strict=True):
            yield np.flatnonzero(times < window.cut), inside


def _last_event_fold(train, users, n_events):
    """Return a fold that tests the last of each user's first `n_events` events."""
    return Fold(train, users, n_events - 1, np.ones(len(users), dtype=np.int64))


def _check_tested(fold, n_tested):
    if not n_tested:
        raise ValueError(
            f"NewUserSplit has nobody to test in fold {fold}: no user whose first "
            f"event lies in its window has a second one there. Raise test_span or "
            f"lower n_splits."
        )
