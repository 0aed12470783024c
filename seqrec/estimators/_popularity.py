"""PopularityRecommender: the items with the most events."""

from datetime import timedelta
from numbers import Real

import numpy as np

from seqrec._compat import Interval
from seqrec.estimators._counts import CountingRecommender
from seqrec.estimators._inputs import covered_positions

__all__ = ["PopularityRecommender"]


class PopularityRecommender(CountingRecommender):
    """Recommend the items with the most events to everybody.

    What a user has done plays no part, so this is what any other recommender has to
    beat; counting a recent window of time alone makes it harder to beat [1]_. With `y`
    in `fit`, it is the targets that are counted.

    Parameters
    ----------
    window : float, timedelta or None, default=None
        Count the events of the last `window` seconds (or of a `datetime.timedelta` or
        `pandas.Timedelta`) up to the latest event of `fit`, the boundary included. It
        needs times. None counts all events.
    top_k : int, default=10
        How many items `predict` and `recommend` return.
    exclude_seen : bool or "auto", default="auto"
        Leave history items out of the ranking. "auto": if fewer than 1 % of the events
        in `fit` repeat an item of their row.

    Attributes
    ----------
    popularity_ : ndarray of shape (n_items,)
        Number of events, or targets, counted of each item; the score of every row.
    items_ : ndarray of shape (n_items,)
        Item ids in the order of `popularity_`.
    exclude_seen_ : bool
        Whether seen items leave the ranking.

    See Also
    --------
    MarkovChainRecommender : Looks at the last event.

    Notes
    -----
    Where not all events of the histories are counted, items of equal count stand in the
    order of all their events, which add less than one to their scores. `partial_fit`
    moves the window to the latest event of all calls.

    Stability: stable.

    References
    ----------
    .. [1] Y. Ji, A. Sun, J. Zhang and C. Li (2020). A re-visit of the popularity
       baseline in recommender systems. SIGIR. doi:10.1145/3397271.3401233

    Examples
    --------
    >>> from seqrec import PopularityRecommender
    >>> histories = [["a", "b"], ["a", "c", "b"], ["a"]]
    >>> model = PopularityRecommender(top_k=2, exclude_seen=False).fit(histories)
    >>> model.popularity_
    array([3., 2., 1.])
    >>> model.predict([["c"], []])
    array([['a', 'b'],
           ['a', 'b']], dtype=object)
    """

    _parameter_constraints: dict = {
        **CountingRecommender._parameter_constraints,
        "window": [Interval(Real, 0, None, closed="neither"), timedelta, None],
    }

    def __init__(self, window=None, *, top_k=10, exclude_seen="auto"):
        self.window = window
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _clear_counts(self):
        self.popularity_ = np.zeros(self.n_items_)
        self._codes = np.zeros(0, dtype=np.int32)  # of the events in the window
        self._times = np.zeros(0)

    def _add_counts(self, sequences, targets):
        positions = covered_positions(sequences)
        codes = sequences.codes[positions] if targets is None else targets
        if self.window is None:
            self.popularity_ = self.popularity_ + self._count(codes)
            return
        seconds = _window_seconds(self.window)
        if targets is None:
            times = _check_times(sequences)[positions]
        else:
            times = _check_target_times(sequences)
        codes = np.concatenate([self._codes, codes])
        times = np.concatenate([self._times, times])
        is_recent = times >= times.max() - seconds
        self._codes, self._times = codes[is_recent], times[is_recent]
        self.popularity_ = self._count(self._codes)

    def _count(self, codes):
        return np.bincount(codes, minlength=self.n_items_ + 1)[1:].astype(np.float64)

    def _score_rows(self, block):
        return self._score_items(block)  # an empty history is no special case

    def _score_items(self, sequences):
        scores = self.popularity_
        if not np.array_equal(scores, self.item_counts_):
            scores = scores + self.item_counts_ / (1.0 + self.item_counts_.max())
        return np.tile(scores, (len(sequences), 1))


def _window_seconds(window):
    seconds = window.total_seconds() if isinstance(window, timedelta) else window
    if seconds <= 0:
        raise ValueError(
            f"The 'window' parameter of PopularityRecommender must be longer than no "
            f"time at all. Got {window!r} instead."
        )
    return float(seconds)


def _check_times(sequences):
    if sequences.times is None:
        raise ValueError(
            f"PopularityRecommender(window=...) needs times. Got {sequences!r}, which "
            f"has an order but no times; set window=None, or encode an event log that "
            f"has a column of times."
        )
    return sequences.times


def _check_target_times(sequences):
    if sequences.target_times is None:
        raise ValueError(
            "PopularityRecommender(window=...) with y needs the times of the targets, "
            "which the rows that next_item_samples makes of sequences with times have. "
            "Got rows without them; set window=None."
        )
    return sequences.target_times
