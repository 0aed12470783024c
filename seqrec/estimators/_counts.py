"""What the counting recommenders share: pairs of events, histories, adding up.

Rows of `Sequences` may be overlapping windows of one user. Everything here counts an
event, or a pair of events, once, in however many rows it occurs, and never pairs events
that no row holds together.
"""

import numpy as np
from scipy import sparse

from seqrec._compat import validate_parameters
from seqrec.estimators._base import BaseRecommender
from seqrec.estimators._inputs import count_items, covered_positions

__all__ = [
    "CountingRecommender",
    "break_ties",
    "count_pairs",
    "event_pairs",
    "weigh_histories",
]

_TIE_SHARE = 1e-9  # weight of an item's share of all events: far below any real score


class CountingRecommender(BaseRecommender):
    """Base of recommenders whose counts simply add up, which gives them `partial_fit`.

    Instead of ``_fit`` a subclass gives ``_clear_counts()``, which sets its counts to
    zero, and ``_add_counts(sequences, targets)``, which adds those of further rows.
    """

    def _fit(self, sequences, targets):
        self._clear_counts()
        self._add_counts(sequences, targets)

    def partial_fit(self, X, y=None):
        """Add the counts of further sequences; the first call is the same as `fit`.

        Fitting pieces that hold different rows gives what `fit` gives on all of them.
        Whether seen items leave the ranking stays as the first call decided.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Further histories, none of which was counted before.
        y : array-like of shape (n_rows,) or None, default=None
            Item id that follows each row. None: every event of a row but its first is
            learned from the events before it.

        Returns
        -------
        self : estimator
            The fitted recommender.

        Raises
        ------
        UnknownItemsError
            If an event or target is not in the catalogue of the first call.
        """
        if not hasattr(self, "vocabulary_"):
            return self.fit(X, y)
        validate_parameters(self)
        sequences, targets = self._recode(*self._check_fit(X, y))
        self._add_counts(sequences, targets)
        self.item_counts_ = self.item_counts_ + count_items(sequences)
        return self


def event_pairs(sequences, targets, gap):
    """Return the columns (earlier, later) of the pairs `gap` events apart.

    With `targets` the later ones are the targets, one a row, alone.
    """
    if targets is None:
        first = covered_positions(sequences, gap)
        return sequences.codes[first] - 1, sequences.codes[first + gap] - 1
    is_long = sequences.lengths >= gap
    return sequences.codes[sequences.stops[is_long] - gap] - 1, targets[is_long] - 1


def count_pairs(before, after, n_items, weight=1.0):
    """Return the sparse matrix (n_items, n_items) of summed weights of the pairs."""
    values = np.broadcast_to(np.asarray(weight, dtype=np.float64), before.shape)
    return sparse.csr_array((values, (before, after)), shape=(n_items, n_items))


def weigh_histories(sequences, decay, history_length):
    """Return the sparse weights (n_rows, n_items) of the rows' last events.

    The last event weighs 1, the one before it `decay`, then ``decay**2``, and so on for
    `history_length` events, or for all where that is None. An item that occurs twice
    has two entries.
    """
    rows = sequences if history_length is None else sequences.last(history_length)
    offsets = np.concatenate([[0], np.cumsum(rows.lengths)])
    back = np.repeat(offsets[1:], rows.lengths) - 1 - np.arange(offsets[-1])
    columns = rows.codes[rows.positions()] - 1
    return sparse.csr_array(
        (np.power(float(decay), back), columns, offsets.astype(np.int32)),
        shape=(len(rows), rows.n_items),
    )


def break_ties(scores, item_counts):
    """Return `scores` in float64 where items of equal score stand by popularity."""
    return scores + _TIE_SHARE / item_counts.sum() * item_counts
