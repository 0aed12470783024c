"""Item embeddings and biases that start from what counting knows."""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from seqrec._compat import on_one_blas_thread
from seqrec.nn.losses.gbce import target_weight

__all__ = ["START_STD", "popularity_start", "svd_embedding"]

START_STD = 0.15  # standard deviation of the start values
_MAX_GAP = 5
_CONTEXT_POWER = 0.75
_SINGULAR_POWER = 0.5
_N_ITERATIONS = 2
_SMALLEST = 1e-6  # a singular value relative to the largest
_MAX_ITEMS = 2**16  # of a larger catalogue the most frequent ones are factorised
_MAX_EVENTS = 2**21  # of a longer log some histories are counted


@on_one_blas_thread
def svd_embedding(codes, history, n_items, dim, rng):
    """Factorise the matrix of which items follow each other.

    Pairs of events up to five apart count 1/distance, both ways round; the counts
    become positive pointwise mutual information with the context distribution raised
    to 0.75 [1]_, and a truncated singular value decomposition of that gives an
    embedding whose inner products approximate it [2]_. Time and memory are bounded: of
    a log of more than two million events a sample of histories is counted, and of a
    catalogue of more than 65,536 items the most frequent are factorised, on whose
    factors the others are projected.

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
        Scaled to a standard deviation of 0.15; items of which nothing is known, and
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
    codes, history = _some_histories(codes, history, rng)
    counts = _pair_counts(codes - 1, history, n_items)
    frequent = _most_frequent(codes - 1, n_items)
    rank = min(dim, len(frequent) - 1)
    if not counts.nnz or rank < 1:
        return start
    information = _positive_pmi(counts)[:, frequent]
    del counts
    _, singular, right = randomized_svd(
        information[frequent], rank, n_iter=_N_ITERATIONS, random_state=rng
    )
    if singular[0] == 0:
        return start
    # Left vectors times the singular values to a power, of every item.
    scale = np.maximum(singular, singular[0] * _SMALLEST) ** (_SINGULAR_POWER - 1.0)
    factors = information @ (right.T * scale).astype(np.float32)
    known = factors.any(axis=1)
    spread = factors[known].std()
    if spread > 0:
        start[known, :rank] = factors[known] * (START_STD / spread)
    return start


def _some_histories(codes, history, rng):
    """Return events of as many histories, drawn at random, as are counted."""
    if len(codes) <= _MAX_EVENTS:
        return codes, history
    n_histories = int(history[-1]) + 1
    is_drawn = rng.random(n_histories) < _MAX_EVENTS / len(codes)
    drawn = np.flatnonzero(is_drawn[history])
    if not len(drawn) or len(drawn) > 2 * _MAX_EVENTS:  # of a few very long ones
        drawn = np.arange(_MAX_EVENTS)
    return codes[drawn], history[drawn]


def _most_frequent(items, n_items):
    """Return the numbers of the most frequent items, in increasing order."""
    if n_items <= _MAX_ITEMS:
        return np.arange(n_items)
    counts = np.bincount(items, minlength=n_items)
    return np.sort(np.argsort(-counts, kind="stable")[:_MAX_ITEMS])


def _pair_counts(items, history, n_items):
    shape = (n_items, n_items)
    counts = sparse.csr_array(shape, dtype=np.float32)
    for gap in range(1, _MAX_GAP + 1):
        same = history[gap:] == history[:-gap]
        pairs = items[:-gap][same], items[gap:][same]
        weights = np.full(len(pairs[0]), 1.0 / gap, dtype=np.float32)
        counts = counts + sparse.csr_array((weights, pairs), shape)
    return sparse.csr_array(counts + counts.T)


def _positive_pmi(counts):
    total = np.asarray(counts.sum(axis=1)).ravel()
    context = total**_CONTEXT_POWER
    context /= context.sum()
    context[context == 0] = 1.0
    rows = np.repeat(np.arange(len(total)), np.diff(counts.indptr))
    information = np.log(counts.data / (total[rows] * context[counts.indices]))
    positive = np.maximum(information, 0.0).astype(np.float32)
    return sparse.csr_array((positive, counts.indices, counts.indptr), counts.shape)


def popularity_start(counts, negatives, calibration):
    """Return the scores that minimise gBCE where only popularity is known.

    The loss asks yes or no of each item, and has to learn first how rare any item is,
    which takes thousands of steps from a score of 0. An item that is the target of a
    share p of the events, and of a share q of the items drawn, adds ``-beta p log s(z)
    - n q (1 - p) log(1 - s(z))``, with `n` items drawn and the weight `beta` of the
    target; that is least for ``z = log(beta p / (n q (1 - p)))``.

    Parameters
    ----------
    counts : ndarray of shape (n_items,)
        How often each item is a target; one is added to each.
    negatives : Negatives
        What is drawn for each batch.
    calibration : float
        That of the loss.

    Returns
    -------
    start : ndarray of shape (n_items,), dtype=float64
        In the order of the counts.
    """
    n_items = len(counts)
    share = (counts + 1) / (counts.sum() + n_items)
    log_q = negatives.sampler.log_probabilities
    log_q = -np.log(n_items) if log_q is None else log_q.numpy()
    weight = target_weight(negatives.n, n_items, calibration)
    return np.log(weight / negatives.n) + np.log(share / (1 - share)) - log_q
