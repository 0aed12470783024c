"""Item embeddings that start from what counting knows."""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from seqrec._compat import on_one_blas_thread

__all__ = ["START_STD", "svd_embedding"]

START_STD = 0.15  # standard deviation of the start values
_MAX_GAP = 5
_CONTEXT_POWER = 0.75
_SINGULAR_POWER = 0.5


@on_one_blas_thread
def svd_embedding(codes, history, n_items, dim, rng):
    """Factorise the matrix of which items follow each other.

    Pairs of events up to five apart count 1/distance, both ways round; the counts
    become positive pointwise mutual information with the context distribution raised
    to 0.75 [1]_, and a truncated singular value decomposition of that gives an
    embedding whose inner products approximate it [2]_.

    Parameters
    ----------
    codes : ndarray of shape (n_events,)
        Item codes in history and time order.
    history : ndarray of shape (n_events,)
        Number of the history of each event, non-decreasing.
    n_items : int
        Size of the catalogue.
    dim : int
        Width of the embedding.
    rng : numpy.random.RandomState
        Source of random numbers.

    Returns
    -------
    embedding : ndarray of shape (n_items, dim), dtype=float32
        Scaled to a standard deviation of 0.15; items that follow nothing, and
        dimensions beyond the rank, are drawn at random.

    References
    ----------
    .. [1] O. Levy, Y. Goldberg and I. Dagan (2015). Improving distributional
       similarity with lessons learned from word embeddings. TACL 3.
       doi:10.1162/tacl_a_00134
    .. [2] N. Halko, P. G. Martinsson and J. A. Tropp (2011). Finding structure with
       randomness. SIAM Review 53(2). doi:10.1137/090771806
    """
    start = rng.normal(scale=START_STD, size=(n_items, dim)).astype(np.float32)
    counts = _pair_counts(codes - 1, history, n_items)
    rank = min(dim, n_items - 1)
    if not counts.nnz or rank < 1:
        return start
    left, singular, _ = randomized_svd(
        _positive_pmi(counts), rank, n_iter=4, random_state=rng
    )
    factors = left * singular**_SINGULAR_POWER
    known = np.asarray(counts.sum(axis=1)).ravel() > 0
    spread = factors[known].std()
    if spread > 0:
        start[np.ix_(known, np.arange(rank))] = factors[known] * (START_STD / spread)
    return start


def _pair_counts(items, history, n_items):
    counts = sparse.csr_array((n_items, n_items))
    for gap in range(1, _MAX_GAP + 1):
        same = history[gap:] == history[:-gap]
        before, after = items[:-gap][same], items[gap:][same]
        weights = np.full(len(before), 1.0 / gap)
        counts += sparse.csr_array((weights, (before, after)), (n_items, n_items))
    return sparse.csr_array(counts + counts.T)


def _positive_pmi(counts):
    counts = counts.tocoo()
    total = np.bincount(counts.row, counts.data, counts.shape[0])
    context = total**_CONTEXT_POWER
    context /= context.sum()
    information = np.log(counts.data / (total[counts.row] * context[counts.col]))
    return sparse.csr_array(
        (np.maximum(information, 0.0), (counts.row, counts.col)), counts.shape
    )
