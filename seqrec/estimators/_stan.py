"""STANRecommender: what stands near the last events in recent similar sessions."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse

from seqrec._compat import Interval
from seqrec.estimators._counts import CountingRecommender, break_ties
from seqrec.estimators._neighbour_sessions import (
    SessionsMixin,
    keep_largest,
    last_places,
    similar_sessions,
    sum_votes,
)

__all__ = ["STANRecommender"]


class STANRecommender(SessionsMixin, CountingRecommender):
    """Recommend what stands near the last events in recent similar sessions.

    Sequence and time aware neighbourhood [1]_: the rows of `fit` that resemble a
    history vote for their items. A shared item counts the more the later it came in the
    history, a session the more recent it is, and an item in it the closer it stands to
    the last one that is shared. Made for short sessions; where rows are long histories
    of users, `SequentialRulesRecommender` is the stronger floor. With `y` in `fit`,
    a session ends with its target.

    Parameters
    ----------
    lambda_1 : float or None, default=2.0
        Events of a history in which the weight of its items falls by the factor e;
        None weighs all alike.
    lambda_2 : float or None, default=None
        Seconds in which the weight of a session falls by the factor e; None weighs all
        alike.
    lambda_3 : float or None, default=4.0
        Events of a session in which the weight of its items falls by the factor e, from
        the last shared item in both directions; None weighs all alike.
    n_neighbors : int, default=200
        How many sessions vote, the most similar ones.
    history_length : int or None, default=20
        Look at the last `history_length` events of a history; None looks at all.
    top_k : int, default=10
        How many items `predict` and `recommend` return.
    exclude_seen : bool or "auto", default="auto"
        Leave history items out of the ranking. "auto": if fewer than 1 % of the events
        in `fit` repeat an item of their row.

    Attributes
    ----------
    session_places_ : sparse array of shape (n_sessions, n_items), dtype=int32
        Place of an item's last event in a session, from 1. Sessions stand in order of
        the times of their last events, or of the rows where events have no times.
    session_times_ : ndarray of shape (n_sessions,)
        Time of each session's last event; NaN where events have no times.
    items_ : ndarray of shape (n_items,)
        Item ids in the order of the columns.
    exclude_seen_ : bool
        Whether seen items leave the ranking.

    See Also
    --------
    VSKNNRecommender : Similar sessions vote alike for all their items.
    SequentialRulesRecommender : What came after the last events, in whatever session.

    Notes
    -----
    Let a history end in ``.., x[2], x[1], x[0]``, and an item that occurs several times
    count where it last did. The similarity of a session `s` of `m` items is
    ``sum of exp(-j / lambda_1) over shared x[j] / sqrt(m) * exp(-age / lambda_2)``,
    where `age` is the time from the last event of the session to that of the history. A
    session that ended later has age 0, and ages are counted from that of the latest
    session with a shared item, which changes no ranking. With `p` the places of items
    in a session and `x[j]` the latest item shared, the score of item `b` is the sum
    over the neighbours that hold it of
    ``similarity * exp(-|p[b] - p[x[j]]| / lambda_3)``. To it comes a billionth of the
    item's share of all events, which orders items of equal score.

    `lambda_2` plays no part where the events in `fit` have no times. A history without
    times is asked at the time of the latest session.

    A session is a row of `fit`; rows that share events, such as those of
    `next_item_samples`, are one. A user's own session may be among the neighbours. It
    votes for items of the history, which matters where seen items stay in the ranking;
    there it helps, as users come back to what they know. Of equally similar sessions
    the more recent ones are neighbours; where events have no times, those of later
    rows. Stability: stable.

    References
    ----------
    .. [1] D. Garg, P. Gupta, P. Malhotra, L. Vig and G. Shroff (2019). Sequence and
       time aware neighborhood for session-based recommendations. SIGIR.
       doi:10.1145/3331184.3331322

    Examples
    --------
    >>> from seqrec import STANRecommender
    >>> sessions = [["a", "b", "c"], ["b", "d"], ["a", "d", "e", "f"]]
    >>> model = STANRecommender(top_k=2).fit(sessions)
    >>> model.decision_function([["a", "b"]]).round(2)
    array([[1.03, 1.63, 0.72, 0.79, 0.18, 0.14]])
    >>> model.predict([["a", "b"]])
    array([['d', 'c']], dtype=object)
    """

    _parameter_constraints: dict = {
        **CountingRecommender._parameter_constraints,
        "lambda_1": [Interval(Real, 0, None, closed="neither"), None],
        "lambda_2": [Interval(Real, 0, None, closed="neither"), None],
        "lambda_3": [Interval(Real, 0, None, closed="neither"), None],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "history_length": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        *,
        lambda_1=2.0,
        lambda_2=None,
        lambda_3=4.0,
        n_neighbors=200,
        history_length=20,
        top_k=10,
        exclude_seen="auto",
    ):
        self.lambda_1 = lambda_1
        self.lambda_2 = lambda_2
        self.lambda_3 = lambda_3
        self.n_neighbors = n_neighbors
        self.history_length = history_length
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _score_items(self, sequences):
        back = last_places(sequences, self.history_length)
        weights = _decay(back.data, self.lambda_1)
        query = sparse.csr_array((weights, back.indices, back.indptr), back.shape)
        times = self._times_of(sequences)
        scores = np.empty(back.shape)
        for rows, near in similar_sessions(query, self._sessions_of_items):
            if times is not None:
                ages = _count_ages(near, times[rows], self.session_times_)
                near.data *= _decay(ages, self.lambda_2)
            scores[rows] = sum_votes(
                keep_largest(near, self.n_neighbors),
                back[rows],
                self.session_places_,
                weigh_items=None if self.lambda_3 is None else self._weigh_items,
            )
        return break_ties(scores, self.item_counts_)

    def _times_of(self, sequences):
        """Return when histories end, or None where that plays no part."""
        if self.lambda_2 is None or np.isnan(self.session_times_).any():
            return None
        if sequences.times is None:
            return np.full(len(sequences), self.session_times_.max())
        return sequences.times[sequences.stops - 1]

    def _weigh_items(self, distances):
        return _decay(np.abs(distances), self.lambda_3)


def _decay(distances, scale):
    """Return the weights of what is at such distances."""
    if scale is None:
        return np.ones(len(distances))
    return np.exp(-distances / scale)


def _count_ages(near, times, session_times):
    """Return how much older each session is than the youngest of its row."""
    row = np.repeat(np.arange(len(times)), np.diff(near.indptr))
    ages = np.maximum(times[row] - session_times[near.indices], 0.0)
    youngest = np.full(len(times), np.inf)
    np.minimum.at(youngest, row, ages)
    return ages - youngest[row]
