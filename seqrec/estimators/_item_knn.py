"""ItemKNNRecommender: the items most similar to those of the history."""

from itertools import pairwise
from numbers import Integral, Real

import numpy as np
from scipy import sparse

from seqrec._compat import Interval
from seqrec.estimators._counts import (
    CountingRecommender,
    break_ties,
    weigh_histories,
)
from seqrec.estimators._inputs import merge_rows

__all__ = ["ItemKNNRecommender"]

_BLOCK = 1 << 22  # history events paired with their targets at once


class ItemKNNRecommender(CountingRecommender):
    """Recommend the items that share most users with the last events.

    Items are similar if the same users have them, in whatever order and at whatever
    distance [1]_; order only enters through the decay over the history. With `y` in
    `fit`, the last `history_length` items of a row are paired with its target alone, at
    most once a user.

    Parameters
    ----------
    n_neighbors : int or None, default=None
        Keep the `n_neighbors` most similar items of each item; None keeps all.
    decay : float, default=0.6
        Weight of each event of a history relative to the one after it, in [0, 1]. 0
        looks at the last event alone, 1 at all events alike.
    history_length : int or None, default=20
        Look at the last `history_length` events of a history; None looks at all.
    shrink : float, default=0.0
        Added to the denominator of the cosine. The larger, the less similar are items
        that few users have.
    top_k : int, default=10
        How many items `predict` and `recommend` return.
    exclude_seen : bool or "auto", default="auto"
        Leave history items out of the ranking. "auto": if fewer than 1 % of the events
        in `fit` repeat an item of their row.

    Attributes
    ----------
    pair_counts_ : sparse array of shape (n_items, n_items), dtype=int32
        How many users have both items; with `y`, the item of the row in a history and
        that of the column as its target.
    user_counts_ : ndarray of shape (n_items,), dtype=int64
        How many users have each item.
    similarities_ : sparse array of shape (n_items, n_items), dtype=float32
        Similarity of the item of the column to the item of the row.
    items_ : ndarray of shape (n_items,)
        Item ids in the order of the rows and columns.
    exclude_seen_ : bool
        Whether seen items leave the ranking.

    See Also
    --------
    SequentialRulesRecommender : Pairs of events in their order and close together.

    Notes
    -----
    With `n[a]` users who have `a` and `n[a, b]` who have both, the similarity is
    ``s[a, b] = n[a, b] / (sqrt(n[a] * n[b]) + shrink)``: for `shrink` 0 the cosine of
    two columns of the binary user-item matrix. The score of item `b` for a history that
    ends in ``.., x[2], x[1], x[0]`` is ``sum over j of decay**j * s[x[j], b]``. To it
    comes a billionth of the share of `b` in all events, which orders items of equal
    score. An item is a neighbour of itself, which matters where seen items stay in the
    ranking.

    A user is a row of `fit`; rows that share events, such as those of
    `next_item_samples`, are one user. Stability: stable.

    References
    ----------
    .. [1] B. Sarwar, G. Karypis, J. Konstan and J. Riedl (2001). Item-based
       collaborative filtering recommendation algorithms. WWW.
       doi:10.1145/371920.372071

    Examples
    --------
    >>> from seqrec import ItemKNNRecommender
    >>> histories = [["a", "b"], ["a", "c", "b"], ["a"]]
    >>> model = ItemKNNRecommender(top_k=2).fit(histories)
    >>> model.similarities_.toarray().round(2)
    array([[1.  , 0.82, 0.58],
           [0.82, 1.  , 0.71],
           [0.58, 0.71, 1.  ]], dtype=float32)
    >>> model.predict([["c"]])
    array([['b', 'a']], dtype=object)
    """

    _parameter_constraints: dict = {
        **CountingRecommender._parameter_constraints,
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "decay": [Interval(Real, 0, 1, closed="both")],
        "history_length": [Interval(Integral, 1, None, closed="left"), None],
        "shrink": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        n_neighbors=None,
        decay=0.6,
        history_length=20,
        shrink=0.0,
        top_k=10,
        exclude_seen="auto",
    ):
        self.n_neighbors = n_neighbors
        self.decay = decay
        self.history_length = history_length
        self.shrink = shrink
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _clear_counts(self):
        shape = (self.n_items_, self.n_items_)
        self.pair_counts_ = sparse.csr_array(shape, dtype=np.int32)
        self.user_counts_ = np.zeros(self.n_items_, dtype=np.int64)

    def _add_counts(self, sequences, targets):
        if targets is None:
            pair_counts, user_counts = _count_shared(sequences)
        else:
            pair_counts, user_counts = _count_into_targets(
                sequences, targets, self.history_length
            )
        self.pair_counts_ = self.pair_counts_ + pair_counts
        self.user_counts_ = self.user_counts_ + user_counts
        similarities = _cosine(self.pair_counts_, self.user_counts_, self.shrink)
        if self.n_neighbors is not None:
            similarities = _keep_largest(similarities, self.n_neighbors)
        self.similarities_ = similarities

    def _score_items(self, sequences):
        query = weigh_histories(sequences, self.decay, self.history_length)
        query.data = query.data.astype(np.float32)  # else each block copies the other
        scores = (query @ self.similarities_).toarray()
        return break_ties(scores, self.item_counts_)


def _count_shared(sequences):
    """Return how many users have both items of each pair, and each item."""
    positions, user = merge_rows(sequences)
    columns = sequences.codes[positions] - 1
    has = _binary(user, columns, (int(user[-1]) + 1, sequences.n_items))
    return (has.T @ has).tocsr(), has.sum(axis=0, dtype=np.int64)


def _count_into_targets(sequences, targets, history_length):
    """Return how many users have (item in a history, target), and each item."""
    n_items = sequences.n_items
    rows = np.flatnonzero(sequences.lengths > 0)
    sequences, targets = sequences[rows], targets[rows]
    positions, user = merge_rows(sequences)
    owner = user[np.searchsorted(positions, sequences.starts)]
    has = _binary(
        np.concatenate([user, owner]),
        np.concatenate([sequences.codes[positions], targets]) - 1,
        (int(user[-1]) + 1, n_items),
    )
    # Of a user's rows with the same target the latest (and longest) counts.
    order = np.lexsort((-sequences.starts, sequences.stops, targets, owner))
    is_last = np.ones(len(order), dtype=bool)
    is_last[:-1] = (np.diff(owner[order]) != 0) | (np.diff(targets[order]) != 0)
    rows, targets = sequences[order[is_last]], targets[order[is_last]]
    if history_length is not None:
        rows = rows.last(history_length)
    pair_counts = _pair_with_targets(rows, targets)
    return pair_counts, has.sum(axis=0, dtype=np.int64)


def _pair_with_targets(sequences, targets):
    """Count the pairs (item in a row, target of the row), each once a row."""
    n_items = sequences.n_items
    block = np.cumsum(sequences.lengths) // _BLOCK
    edges = [*np.flatnonzero(np.diff(block, prepend=-1)).tolist(), len(block)]
    counts = sparse.csr_array((n_items, n_items), dtype=np.int32)
    for start, stop in pairwise(edges):
        rows = sequences[start:stop]
        n_rows = np.arange(stop - start)
        columns = rows.codes[rows.positions()] - 1
        has = _binary(np.repeat(n_rows, rows.lengths), columns, (stop - start, n_items))
        leads_to = _binary(n_rows, targets[start:stop] - 1, has.shape)
        counts = counts + has.T @ leads_to
    return counts.tocsr()


def _binary(rows, columns, shape):
    """Return the sparse matrix that is 1 in the given cells, each of them once."""
    matrix = sparse.csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _cosine(pair_counts, user_counts, shrink):
    norms = np.sqrt(user_counts.astype(np.float64))
    values = np.repeat(norms, np.diff(pair_counts.indptr))
    values *= norms[pair_counts.indices]
    values += shrink
    np.divide(pair_counts.data, values, out=values)
    return sparse.csr_array(
        (values.astype(np.float32), pair_counts.indices, pair_counts.indptr),
        shape=pair_counts.shape,
    )


def _keep_largest(matrix, n):
    """Keep the `n` largest values of each row, of equal ones those of lower column."""
    lengths = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    place = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], lengths)
    kept = np.sort(order[place < n])
    return sparse.csr_array(
        (matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape
    )
