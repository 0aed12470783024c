"""MarkovChainRecommender: what followed the last event."""

from numbers import Real

import numpy as np

from seqrec._compat import Interval
from seqrec.estimators._counts import CountingRecommender, count_pairs, event_pairs

__all__ = ["MarkovChainRecommender"]


class MarkovChainRecommender(CountingRecommender):
    """Recommend what most often came directly after the last event.

    A first-order Markov chain [1]_: the events before the last play no part. Where few
    events are known to follow an item, its probabilities lean on popularity [2]_. With
    `y` in `fit`, only steps from the last event of a row to its target are counted.

    Parameters
    ----------
    smoothing : float, default=1.0
        Number of imagined steps from every item, shared among the next items by
        popularity, that are added to those counted.
    top_k : int, default=10
        How many items `predict` and `recommend` return.
    exclude_seen : bool or "auto", default="auto"
        Leave history items out of the ranking. "auto": if fewer than 1 % of the events
        in `fit` repeat an item of their row.

    Attributes
    ----------
    transition_counts_ : sparse array of shape (n_items, n_items)
        How often the item of the column came directly after the item of the row.
    items_ : ndarray of shape (n_items,)
        Item ids in the order of the rows and columns.
    exclude_seen_ : bool
        Whether seen items leave the ranking.

    See Also
    --------
    SequentialRulesRecommender : Looks further back and forth.

    Notes
    -----
    The score of item `b` after item `a` is its probability
    ``(c[a, b] + smoothing * p[b]) / (sum(c[a]) + smoothing)``, where `c` are the counts
    and `p[b]` is the share of `b` in all events of the histories.

    Stability: stable.

    References
    ----------
    .. [1] G. Shani, R. I. Brafman and D. Heckerman (2002). An MDP-based recommender
       system. UAI. arXiv:1301.0600
    .. [2] D. J. C. MacKay and L. C. Bauman Peto (1995). A hierarchical Dirichlet
       language model. Natural Language Engineering 1(3).
       doi:10.1017/S1351324900000218

    Examples
    --------
    >>> from seqrec import MarkovChainRecommender
    >>> histories = [["a", "b"], ["a", "c", "b"], ["a"]]
    >>> model = MarkovChainRecommender(top_k=2, exclude_seen=False).fit(histories)
    >>> model.transition_counts_.toarray()
    array([[0., 1., 1.],
           [0., 0., 0.],
           [0., 1., 0.]])
    >>> model.decision_function([["a"]]).round(3)
    array([[0.167, 0.444, 0.389]])
    """

    _parameter_constraints: dict = {
        **CountingRecommender._parameter_constraints,
        "smoothing": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, *, smoothing=1.0, top_k=10, exclude_seen="auto"):
        self.smoothing = smoothing
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _clear_counts(self):
        empty = np.zeros(0, dtype=np.int32)
        self.transition_counts_ = count_pairs(empty, empty, self.n_items_)

    def _add_counts(self, sequences, targets):
        before, after = event_pairs(sequences, targets, gap=1)
        added = count_pairs(before, after, self.n_items_)
        self.transition_counts_ = self.transition_counts_ + added
        self._n_steps = self.transition_counts_.sum(axis=1)

    def _score_items(self, sequences):
        last = sequences.codes[sequences.stops - 1] - 1
        share = self.item_counts_ / self.item_counts_.sum()
        scores = self.transition_counts_[last].toarray()
        scores += self.smoothing * share
        scores /= (self._n_steps[last] + self.smoothing)[:, None]
        return scores
