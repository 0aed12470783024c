"""LeaveLastOut: hold out the last events of every user."""

import numpy as np

from seqrec._validation.arrays import ragged_positions
from seqrec.data.schema import TIME, USER
from seqrec.model_selection._folds import EventSplitter, Fold
from seqrec.model_selection._inputs import places_from_last

__all__ = ["LeaveLastOut"]


class LeaveLastOut(EventSplitter):
    """Hold out the last event of every user, whenever it happened.

    A training event can be later than a test target: the last event of one user may
    be older than the training events of another. Where that matters, and it does in
    a claim about production, use `TemporalSplit`. The last fold tests the last event
    of each user, the fold before it the last but one, and so on; the events after a
    target are in neither part. Five events of two users::

        timestamp   10  20  30  40  50
        user a       0           3   4       numbers are rows of the table
        user b           1   2

        LeaveLastOut()             train 0 3, 1     test 0 3 [4], 1 [2]
        LeaveLastOut(n_splits=2)   train 0, 1 2     test 0 [3]
                                   train 0 3, 1     test 0 3 [4], 1 [2]

    Event 3 is learned from, and is later than target 2. User b is too short for the
    first fold of two, which learns from all of b's events.

    Parameters
    ----------
    n_splits : int, default=1
        Number of folds: how many last events of a user are targets in turn. A user
        is tested in a fold if at least one event lies before the target.
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
    TemporalSplit : Never learns from an event later than a target.
    audit_split : Tells what a split leaks.
    ranking_scorer : Scores the last event of every user of a test part.

    Notes
    -----
    Over an event log, the rows come grouped by user and in time order, so that a
    stable sort keeps the target last. Over `Sequences` with the `y` of
    `next_item_samples`, it yields sample numbers: of each user, the last sample is
    tested and the earlier ones are learned from. There, the catalogue was made before
    the split and holds the tested items, too.

    Successive halving takes random rows as its resource by default, and so tears
    histories apart: give ``HalvingGridSearchCV`` a parameter of the estimator as its
    `resource`, or `Sequences` with `y`. Stability: stable.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import LeaveLastOut
    >>> events = pd.DataFrame({
    ...     "user_id": ["a", "b", "b", "a", "a"],
    ...     "item_id": ["x", "y", "x", "z", "y"],
    ...     "timestamp": [10, 20, 30, 40, 50],
    ... })
    >>> for train, test in LeaveLastOut(n_splits=2).split(events):
    ...     print(train, test)
    [0 1 2] [0 3]
    [0 3 1] [0 3 4 1 2]
    """

    def __init__(self, n_splits=1, *, user=USER, time=TIME, time_unit="s"):
        self.n_splits = n_splits
        self.user = user
        self.time = time
        self.time_unit = time_unit

    def _folds(self, log):
        n_splits = self.get_n_splits()
        self._check_users(n_splits, log.lengths)
        for last in range(n_splits, 0, -1):
            yield _fold_of_log(log, last)

    def _sample_folds(self, X):
        n_splits = self.get_n_splits()
        place, count = places_from_last(X)
        self._check_counts(n_splits, count)
        for last in range(n_splits, 0, -1):
            train = (place > last) | (count < last)
            yield np.flatnonzero(train), np.flatnonzero(place == last)

    def _check_users(self, n_splits, lengths):
        if lengths.max() > n_splits:
            return
        raise ValueError(
            f"LeaveLastOut(n_splits={n_splits}) has no user to test in its first fold: "
            f"it takes {n_splits + 1} events, and no user has more than "
            f"{lengths.max()}. Lower n_splits, or check the column user={self.user!r}."
        )

    def _check_counts(self, n_splits, count):
        if count.max() < n_splits:
            raise ValueError(
                f"LeaveLastOut(n_splits={n_splits}) has no sample to test in its first "
                f"fold: no user has more than {count.max()} samples. Lower n_splits, "
                f"or raise last= of next_item_samples."
            )
        if count.min() == count.max() <= n_splits:
            raise ValueError(
                f"LeaveLastOut(n_splits={n_splits}) has no sample to learn from: each "
                f"user has {count.max()}. Lower n_splits, or raise last= of "
                f"next_item_samples (last=None takes every event but the first)."
            )


def _fold_of_log(log, last):
    """Return the fold that tests the `last`-th last event of each user."""
    tested = np.flatnonzero(log.lengths > last)
    n_learned = log.lengths.copy()
    n_learned[tested] -= last
    return Fold(
        train=ragged_positions(log.offsets[:-1], n_learned),
        users=tested,
        n_history=n_learned[tested],
        n_targets=np.ones(len(tested), dtype=np.int64),
    )
