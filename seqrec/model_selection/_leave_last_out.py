"""LeaveLastOut: hold out the last events of every user."""

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from seqrec._validation.arrays import ragged_positions
from seqrec._validation.params import check_int
from seqrec.data.schema import TIME, USER
from seqrec.data.sequences import Sequences
from seqrec.model_selection._inputs import (
    check_samples,
    places_from_last,
    read_events,
)

__all__ = ["LeaveLastOut"]


class LeaveLastOut(BaseCrossValidator):
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
            If `X` is neither a table nor `Sequences`, or `n_splits` is not an int.
        ValueError
            If `n_splits` is below 1, the table cannot be used, `Sequences` come
            without `y`, or a fold has nothing to learn from or nobody to test.
        """
        n_splits = self.get_n_splits()
        if isinstance(X, Sequences):
            check_samples(X, y, type(self).__name__)
            place, count = places_from_last(X)
            self._check_samples(n_splits, count)
            for last in range(n_splits, 0, -1):
                train = (place > last) | (count < last)
                yield np.flatnonzero(train), np.flatnonzero(place == last)
            return
        log = read_events(X, self)
        self._check_users(n_splits, log.lengths)
        for last in range(n_splits, 0, -1):
            train, test = _split_log(log, last)
            yield log.table_rows(train), log.table_rows(test)

    def _check_users(self, n_splits, lengths):
        if lengths.max() > n_splits:
            return
        raise ValueError(
            f"LeaveLastOut(n_splits={n_splits}) has no user to test in its first fold: "
            f"it takes {n_splits + 1} events, and no user has more than "
            f"{lengths.max()}. Lower n_splits, or check the column user={self.user!r}."
        )

    def _check_samples(self, n_splits, count):
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


def _split_log(log, last):
    """Return the events to learn from and to test, for the `last`-th last of a user."""
    first, lengths = log.offsets[:-1], log.lengths
    tested = lengths > last
    n_history = np.where(tested, lengths - last, lengths)
    train = ragged_positions(first, n_history)
    test = ragged_positions(first[tested], n_history[tested] + 1)
    return train, test
