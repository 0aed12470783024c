"""ItemIndex: approximate search of the best items in catalogues of millions."""

import contextlib

import numpy as np
from sklearn.utils import check_random_state

from seqrec._validation.params import check_int

__all__ = ["ItemIndex", "load_faiss", "measured_recall"]

_FULL_SCAN = 20_000  # items; of no more than these all are scored
_HEAD = 100  # one item in so many, those of the largest norms, is always scored
_LISTS = 4  # lists of similar items, times the root of the number of items
_PROBED = 32  # one list in so many is scanned, ...
_MIN_PROBES = 128  # ... but no fewer than these
_LEARNED = 64  # items a list that the centres are learned from
_ROUNDS = 10  # of k-means
_ADDED = 1 << 16  # items that are copied at once
_BLOCK = 1 << 22  # scores in memory at once, in exact search


class ItemIndex:
    """Approximate search of the items with the largest scores.

    The score of item `i` for a state `z` is ``z . w_i + b_i``. K-means divides the
    items into lists of similar ones [1]_; a search scores the items of the lists whose
    centres have the largest product with the state. Items of the largest norms, which
    are the best of many states though the centre of their list is not [2]_, are always
    scored: one item in a hundred. What may be missed is an item; the scores are exact.

    Parameters
    ----------
    weight : ndarray of shape (V, D)
        Output vectors; row ``c - 1`` is that of item code `c`. Copied as float32.
    bias : ndarray of shape (V,) or None, default=None
        What is added to the score of each item.
    n_probes : int or None, default=None
        Lists to scan, of `n_lists`: more find more and take longer. None scans one
        in 32, at least 128.
    random_state : int, RandomState instance or None, default=0
        Source of random numbers; an int gives the same index every time.

    Attributes
    ----------
    n_items : int
        Number of items V.
    n_lists : int
        Lists of items: ``4 * sqrt(V)``. 0 up to 20,000 items, which are all scored,
        so that nothing is missed.
    n_probes : int
        Lists that a search scans where it is not told otherwise.

    Raises
    ------
    ImportError
        If faiss is not installed.
    TypeError
        If `n_probes` is no int.
    ValueError
        If shapes do not match, a value is not finite, or `n_probes` is below 1.

    See Also
    --------
    measured_recall : Share of the best items that an index finds.

    Notes
    -----
    Building and searching compute on one thread of the CPU, so that an answer depends
    neither on their number nor on the other rows. It needs
    ``pip install 'seqrec[ann]'``. The vectors are copied once, without compression:
    ``4 * V * (D + 1)`` bytes. How much is found depends on the vectors: those of a
    trained model are clustered, and nearly all of the ten best are found; of a million
    random ones of 64 numbers, without any structure, less than half are. Measure it
    with `measured_recall`. Stability: experimental.

    References
    ----------
    .. [1] J. Sivic and A. Zisserman (2003). Video Google: a text retrieval approach to
       object matching in videos. ICCV. doi:10.1109/ICCV.2003.1238663
    .. [2] X. Yan, J. Li, X. Dai, H. Chen and J. Cheng (2018). Norm-ranging LSH for
       maximum inner product search. NeurIPS. arXiv:1809.08782

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.estimators._item_index import ItemIndex
    >>> index = ItemIndex(np.eye(3), np.array([0.0, 0.5, 0.0]))
    >>> index.search(np.array([[1.0, 0.0, 0.0]]), k=2)
    (array([[1, 2]]), array([[1. , 0.5]], dtype=float32))
    """

    def __init__(self, weight, bias=None, *, n_probes=None, random_state=0):
        faiss = load_faiss()
        weight, bias = _check_items(weight, bias)
        if n_probes is not None:
            n_probes = check_int("n_probes", n_probes, owner="ItemIndex")
        self.n_items, self.dim = weight.shape
        head, tail = _split_by_norm(weight, bias)
        self.n_lists = int(_LISTS * np.sqrt(self.n_items)) if len(tail) else 0
        default = max(_MIN_PROBES, self.n_lists // _PROBED)
        self.n_probes = min(n_probes or default, self.n_lists)
        with _one_thread(faiss):
            self._head = faiss.IndexFlatIP(self.dim + 1)
            self._head.add(_with_bias(weight, bias, head))
            if self.n_lists:
                rng = check_random_state(random_state)
                self._fill_lists(faiss, weight, bias, tail, rng)
        self._head_codes = head + 1

    def _fill_lists(self, faiss, weight, bias, tail, rng):
        """Divide the items at `tail` into lists, by the nearest centre."""
        dim, n_lists = self.dim + 1, self.n_lists
        sample = tail
        if len(tail) > n_lists * _LEARNED:
            sample = np.sort(rng.choice(tail, n_lists * _LEARNED, replace=False))
        means = faiss.Kmeans(
            dim,
            n_lists,
            niter=_ROUNDS,
            seed=int(rng.randint(1 << 30)),
            min_points_per_centroid=1,  # it warns on standard error below
            max_points_per_centroid=_LEARNED,
        )
        means.train(_with_bias(weight, bias, sample))
        nearest, largest = faiss.IndexFlatL2(dim), faiss.IndexFlatIP(dim)
        nearest.add(means.centroids)
        largest.add(means.centroids)
        lists = faiss.IndexIVFFlat(nearest, dim, n_lists, faiss.METRIC_INNER_PRODUCT)
        for start in range(0, len(tail), _ADDED):
            rows = tail[start : start + _ADDED]
            lists.add_with_ids(_with_bias(weight, bias, rows), rows + 1)
        lists.quantizer = largest  # items lie near a centre, states look along one
        self._lists = lists
        self._centres = largest  # which `lists` does not keep alive

    def search(self, states, k, *, n_probes=None):
        """Return the best items of each state, best first.

        Parameters
        ----------
        states : ndarray of shape (n, D)
            States, as the output vectors are multiplied with. Not changed.
        k : int
            How many items a state.
        n_probes : int or None, default=None
            Lists to scan, at most all; None takes that of the index.

        Returns
        -------
        codes : ndarray of shape (n, k), dtype=int64
            Item codes, 1 to V, of equal scores the lower code first; 0 where fewer
            than `k` were found. Where equal scores reach beyond the end of a row, any
            of them may stand in it.
        scores : ndarray of shape (n, k), dtype=float32
            Their scores, exact up to rounding; -inf where the code is 0.

        Raises
        ------
        TypeError
            If `k` or `n_probes` is no int.
        ValueError
            If `k` or `n_probes` is below 1, or `states` are not finite or have another
            shape.
        """
        k = check_int("k", k, owner="ItemIndex.search")
        if n_probes is None:
            n_probes = self.n_probes
        else:
            n_probes = check_int("n_probes", n_probes, owner="ItemIndex.search")
        states = _check_states(states, self.dim)
        codes = np.zeros((len(states), k), dtype=np.int64)
        scores = np.full((len(states), k), -np.inf, dtype=np.float32)
        queries = _with_bias(states, None, slice(None))
        queries[:, -1] = 1.0
        faiss = load_faiss()
        options = faiss.SearchParametersIVF(nprobe=min(n_probes, self.n_lists))
        n_asked = min(k, self.n_items)
        with _one_thread(faiss):
            for row in range(len(states)):  # a batch may round otherwise than its rows
                query = queries[row : row + 1]
                found, best = self._search_one(query, n_asked, options)
                codes[row, : len(found)] = found
                scores[row, : len(found)] = best
        return codes, scores

    def _search_one(self, query, k, options):
        """Return up to `k` codes and scores of one state (1, D + 1), best first."""
        best, places = self._head.search(query, min(k, len(self._head_codes)))
        scores, codes = best[0], self._head_codes[places[0]]
        if self.n_lists:
            best, found = self._lists.search(query, k, params=options)
            is_found = found[0] > 0  # -1 fills up
            scores = np.concatenate([scores, best[0, is_found]])
            codes = np.concatenate([codes, found[0, is_found]])
        order = np.lexsort((codes, -scores))[:k]
        return codes[order], scores[order]


def measured_recall(index, weight, bias, states, k=10, *, n_probes=None):
    """Return the share of the best items that an index finds.

    Parameters
    ----------
    index : ItemIndex
        The index to measure.
    weight : ndarray of shape (V, D)
        Output vectors that it was built from.
    bias : ndarray of shape (V,) or None
        Bias that it was built from.
    states : ndarray of shape (n, D)
        States to search for, of the kind that will be asked.
    k : int, default=10
        How many items a state, at most V.
    n_probes : int or None, default=None
        Lists to scan, as in `ItemIndex.search`.

    Returns
    -------
    recall : float
        Mean share of the `k` items of exact search, between 0 and 1. Scores are
        computed in blocks of bounded memory.

    Raises
    ------
    ValueError
        If there is no state, `k` is above V, or shapes do not match the index.
    """
    weight, bias = _check_items(weight, bias)
    if weight.shape != (index.n_items, index.dim):
        raise ValueError(
            f"weight must be what the index was built from, of shape "
            f"{(index.n_items, index.dim)}. Got shape {weight.shape}."
        )
    k = check_int("k", k, owner="measured_recall", high=index.n_items)
    states = _check_states(states, index.dim)
    if not len(states):
        raise ValueError("Recall needs at least one row to search for. Got none.")
    found, _ = index.search(states, k, n_probes=n_probes)
    step = 1024
    blocks = [
        _exact_search(weight, bias, states[start : start + step], k)
        for start in range(0, len(states), step)
    ]
    exact = np.concatenate(blocks)
    hits = [np.isin(row, best).sum() for row, best in zip(found, exact, strict=True)]
    return float(np.sum(hits) / exact.size)


def _exact_search(weight, bias, states, k):
    """Return the codes (n, k) of the largest scores, in no order."""
    step = max(k, _BLOCK // len(states))
    best = np.empty((len(states), 0), dtype=np.float32)
    codes = np.empty((len(states), 0), dtype=np.int64)
    for start in range(0, len(weight), step):
        scores = states @ weight[start : start + step].T
        if bias is not None:
            scores += bias[start : start + step]
        new = np.arange(start + 1, start + scores.shape[1] + 1)
        best = np.concatenate([best, scores], axis=1)
        codes = np.concatenate([codes, np.broadcast_to(new, scores.shape)], axis=1)
        if best.shape[1] > k:
            top = np.argpartition(best, -k, axis=1)[:, -k:]
            best = np.take_along_axis(best, top, axis=1)
            codes = np.take_along_axis(codes, top, axis=1)
    return codes


def _split_by_norm(weight, bias):
    """Return the rows that are always scored and those that go into lists, sorted."""
    n_items = len(weight)
    if n_items <= _FULL_SCAN:
        return np.arange(n_items), np.arange(0)
    norms = np.einsum("ij,ij->i", weight, weight)
    if bias is not None:
        norms += bias**2
    if not np.isfinite(norms).all():
        raise ValueError(
            f"{np.sum(~np.isfinite(norms))} output vectors are too long to be "
            f"compared. Look for the training that diverged."
        )
    order = np.argsort(-norms, kind="stable")
    n_head = n_items // _HEAD
    return np.sort(order[:n_head]), np.sort(order[n_head:])


def _with_bias(weight, bias, rows):
    """Return rows (m, D + 1) with the bias, or 0, as their last column."""
    picked = weight[rows]
    out = np.zeros((len(picked), weight.shape[1] + 1), dtype=np.float32)
    out[:, :-1] = picked
    if bias is not None:
        out[:, -1] = bias[rows]
    return out


def _check_items(weight, bias):
    weight = np.asarray(weight, dtype=np.float32)
    if weight.ndim != 2 or not weight.size:
        raise ValueError(
            f"weight must have shape (V, D), one row an item. Got shape {weight.shape}."
        )
    if bias is not None:
        bias = np.asarray(bias, dtype=np.float32)
        if bias.shape != weight.shape[:1]:
            raise ValueError(
                f"bias must have shape {weight.shape[:1]}, one number an item of "
                f"weight. Got shape {bias.shape}."
            )
    for name, values in (("weight", weight), ("bias", bias)):
        if values is not None and not np.isfinite(values).all():
            raise ValueError(
                f"{name} must be finite. Got {np.sum(~np.isfinite(values))} values "
                f"that are not; look for the training that diverged."
            )
    return weight, bias


def _check_states(states, dim):
    states = np.asarray(states, dtype=np.float32)
    if states.ndim != 2 or states.shape[1] != dim:
        raise ValueError(
            f"states must have shape (n, {dim}), as wide as the output vectors of the "
            f"index. Got shape {states.shape}."
        )
    if not np.isfinite(states).all():
        raise ValueError(
            f"states must be finite. Got {np.sum(~np.isfinite(states))} values that "
            f"are not."
        )
    return states


def load_faiss():
    """Return the module faiss; an error says how to install it."""
    try:
        import faiss
    except ImportError as exc:
        raise ImportError(
            "retrieval='approximate' needs faiss, which is not installed. Install it: "
            "pip install 'seqrec[ann]'"
        ) from exc
    return faiss


@contextlib.contextmanager
def _one_thread(faiss):
    """Let faiss compute on one thread, and set the number back afterwards."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
