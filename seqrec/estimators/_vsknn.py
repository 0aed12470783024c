"""VSKNNRecommender: what the sessions hold that resemble the last events."""

from numbers import Integral

import numpy as np
from scipy import sparse

from seqrec._compat import Interval, StrOptions
from seqrec.estimators._counts import CountingRecommender, break_ties
from seqrec.estimators._neighbour_sessions import (
    SessionsMixin,
    keep_largest,
    last_places,
    similar_sessions,
    sum_votes,
)

__all__ = ["VSKNNRecommender"]

_DECAYS = StrOptions({"linear", "quadratic", "harmonic"})


class VSKNNRecommender(SessionsMixin, CountingRecommender):
    """Recommend what the sessions hold that share most with the last events.

    Vector multiplication session kNN [1]_: the rows of `fit` that resemble a history
    vote for their items, and an item that they share with it counts the more the later
    it came in the history. Made for short sessions; where rows are long histories of
    users, `SequentialRulesRecommender` is the stronger floor. With `y` in `fit`,
    a session ends with its target.

    Parameters
    ----------
    n_neighbors : int, default=100
        How many sessions vote, the most similar ones.
    n_candidates : int or None, default=None
        Look for them among the `n_candidates` most recent sessions that share an item
        with the last events; None looks among all.
    decay : {"linear", "quadratic", "harmonic"}, default="linear"
        How the weight of an event falls with the number of events after it.
    vote_decay : {"linear", "quadratic", "harmonic"} or None, default="harmonic"
        How the vote of a session falls with the number of events after the last one
        that it shares; None lets all vote with their similarity alone, as [1]_ does.
    history_length : int, default=5
        Look at the last `history_length` events of a history.
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
    STANRecommender : Votes also by place in the session, and by its age.
    ItemKNNRecommender : Similar items instead of similar sessions.

    Notes
    -----
    Let a history end in ``.., x[2], x[1], x[0]``, `n` be `history_length` and an item
    that occurs several times count where it last did. With the weight `d(j)` of `x[j]`,
    ``1 - j / n`` (linear), its square (quadratic) or ``1 / (1 + j)`` (harmonic), the
    similarity of a session of `m` items is ``sum of d(j) over shared x[j] / sqrt(m)``.
    The score of an item is the sum of the similarities of the neighbours that hold it,
    each times `v(j)` with the smallest shared `j`, where `v` is `vote_decay`. To it
    comes a billionth of the item's share of all events, which orders items of equal
    score.

    A session is a row of `fit`; rows that share events, such as those of
    `next_item_samples`, are one. A user's own session may be among the neighbours. It
    votes for items of the history, which matters where seen items stay in the ranking;
    there it helps, as users come back to what they know. Of equally similar sessions
    the more recent ones are neighbours; where events have no times, those of later
    rows. Stability: stable.

    References
    ----------
    .. [1] M. Ludewig and D. Jannach (2018). Evaluation of session-based recommendation
       algorithms. User Modeling and User-Adapted Interaction 28.
       doi:10.1007/s11257-018-9209-6

    Examples
    --------
    >>> from seqrec import VSKNNRecommender
    >>> sessions = [["a", "b", "c"], ["b", "d"], ["a", "d", "e", "f"]]
    >>> model = VSKNNRecommender(top_k=2).fit(sessions)
    >>> model.decision_function([["a", "b"]]).round(2)
    array([[1.24, 1.75, 1.04, 0.91, 0.2 , 0.2 ]])
    >>> model.predict([["a", "b"]])
    array([['c', 'd']], dtype=object)
    """

    _parameter_constraints: dict = {
        **CountingRecommender._parameter_constraints,
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "n_candidates": [Interval(Integral, 1, None, closed="left"), None],
        "decay": [_DECAYS],
        "vote_decay": [_DECAYS, None],
        "history_length": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        n_neighbors=100,
        n_candidates=None,
        decay="linear",
        vote_decay="harmonic",
        history_length=5,
        top_k=10,
        exclude_seen="auto",
    ):
        self.n_neighbors = n_neighbors
        self.n_candidates = n_candidates
        self.decay = decay
        self.vote_decay = vote_decay
        self.history_length = history_length
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _score_items(self, sequences):
        back = last_places(sequences, self.history_length)
        weights = _decay(back.data, self.decay, self.history_length)
        query = sparse.csr_array((weights, back.indices, back.indptr), back.shape)
        scores = np.empty(back.shape)
        for rows, near in similar_sessions(
            query, self._sessions_of_items, self.n_candidates
        ):
            scores[rows] = sum_votes(
                keep_largest(near, self.n_neighbors),
                back[rows],
                self.session_places_,
                weigh_sessions=None if self.vote_decay is None else self._weigh_votes,
            )
        return break_ties(scores, self.item_counts_)

    def _weigh_votes(self, back):
        return _decay(back, self.vote_decay, self.history_length)


def _decay(back, kind, history_length):
    """Return the weights of events that have `back` events after them."""
    if kind == "harmonic":
        return 1.0 / (1.0 + back)
    linear = 1.0 - back / history_length
    return linear if kind == "linear" else linear**2
