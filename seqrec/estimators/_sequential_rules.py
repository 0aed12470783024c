"""SequentialRulesRecommender: what came soon after each of the last events."""

from numbers import Integral, Real

import numpy as np

from seqrec._compat import Interval
from seqrec.estimators._counts import (
    CountingRecommender,
    break_ties,
    count_pairs,
    event_pairs,
    weigh_histories,
)

__all__ = ["SequentialRulesRecommender"]


class SequentialRulesRecommender(CountingRecommender):
    """Recommend what came soon after the last events, the sooner the better.

    A rule leads from an item to one that came up to `max_gap` events later, and weighs
    the more the closer they were [1]_. Cheap to learn and hard to beat: the floor for
    every neural model. With `y` in `fit`, only rules that lead to a target are learned.

    Parameters
    ----------
    max_gap : int, default=5
        Largest distance between the two events of a rule; 1 is the next event.
    decay : float, default=0.7
        Weight of each event of a history relative to the one after it, in [0, 1]. 0
        looks at the last event alone, as [1]_ does.
    history_length : int or None, default=20
        Look at the last `history_length` events of a history; None looks at all.
    shrink : float, default=30.0
        Added to the total weight of the rules from an item, by which they are divided.
        The larger, the less the rules from a rare item count beside those from
        a frequent one; 0 gives all items the same say.
    top_k : int, default=10
        How many items `predict` and `recommend` return.
    exclude_seen : bool or "auto", default="auto"
        Leave history items out of the ranking. "auto": if fewer than 1 % of the events
        in `fit` repeat an item of their row.

    Attributes
    ----------
    rule_weights_ : sparse array of shape (n_items, n_items)
        Summed weights of the rules from the item of the row to that of the column.
    items_ : ndarray of shape (n_items,)
        Item ids in the order of the rows and columns.
    exclude_seen_ : bool
        Whether seen items leave the ranking.

    See Also
    --------
    MarkovChainRecommender : Rules of distance 1 from the last event, as probabilities.
    ItemKNNRecommender : Pairs of events at any distance, in either order.

    Notes
    -----
    Two events `a` and `b` of a row that are ``g <= max_gap`` events apart add ``1 / g``
    to the weight `w[a, b]`. The score of item `b` for a history that ends in
    ``.., x[2], x[1], x[0]`` is
    ``sum over j of decay**j * w[x[j], b] / (shrink + sum(w[x[j]]))``. To it comes a
    billionth of the share of `b` in all events, which orders items of equal score.

    Stability: stable.

    References
    ----------
    .. [1] M. Ludewig and D. Jannach (2018). Evaluation of session-based recommendation
       algorithms. User Modeling and User-Adapted Interaction 28.
       doi:10.1007/s11257-018-9209-6

    Examples
    --------
    >>> from seqrec import SequentialRulesRecommender
    >>> histories = [["a", "b"], ["a", "c", "b"], ["a"]]
    >>> model = SequentialRulesRecommender(top_k=2, exclude_seen=False).fit(histories)
    >>> model.rule_weights_.toarray()
    array([[0. , 1.5, 1. ],
           [0. , 0. , 0. ],
           [0. , 1. , 0. ]])
    >>> model.predict([["a"], ["c", "a"]])
    array([['b', 'c'],
           ['b', 'c']], dtype=object)
    """

    _parameter_constraints: dict = {
        **CountingRecommender._parameter_constraints,
        "max_gap": [Interval(Integral, 1, None, closed="left")],
        "decay": [Interval(Real, 0, 1, closed="both")],
        "history_length": [Interval(Integral, 1, None, closed="left"), None],
        "shrink": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        max_gap=5,
        decay=0.7,
        *,
        history_length=20,
        shrink=30.0,
        top_k=10,
        exclude_seen="auto",
    ):
        self.max_gap = max_gap
        self.decay = decay
        self.history_length = history_length
        self.shrink = shrink
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _clear_counts(self):
        empty = np.zeros(0, dtype=np.int32)
        self.rule_weights_ = count_pairs(empty, empty, self.n_items_)

    def _add_counts(self, sequences, targets):
        longest = int(sequences.lengths.max()) - (targets is None)
        for gap in range(1, min(self.max_gap, longest) + 1):
            before, after = event_pairs(sequences, targets, gap)
            added = count_pairs(before, after, self.n_items_, weight=1.0 / gap)
            self.rule_weights_ = self.rule_weights_ + added
        self._totals = self.rule_weights_.sum(axis=1)

    def _score_items(self, sequences):
        query = weigh_histories(sequences, self.decay, self.history_length)
        totals = self._totals[query.indices]
        # An item without rules scores nothing; its total may be 0.
        query.data /= np.where(totals > 0, totals + self.shrink, 1.0)
        scores = (query @ self.rule_weights_).toarray()
        return break_ties(scores, self.item_counts_)
