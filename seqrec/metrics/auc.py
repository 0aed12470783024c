"""Area under the ROC curve of each ranking (floor 1: numpy alone)."""

import numpy as np

from seqrec.metrics._checks import check_ranks, count_targets

__all__ = ["auc_at_ranks"]


def auc_at_ranks(ranks, *, n_ranked):
    """Give the share of other items that stand below the targets of a row.

    Draw one target and one item that is no target: the value is the chance that the
    target stands higher, a tie counting half, which is the area under the ROC curve
    [1]_. It looks at the whole ranking and has no cut-off: with a large catalogue, a
    target in the middle of nowhere still comes close to 1.0.

    Parameters
    ----------
    ranks : array-like of shape (n,) or (n, m)
        Ranks of the targets of each row, from 1, as `target_ranks` with ``ties="mean"``
        gives them: fractions where scores tie, inf for a target that is not ranked, NaN
        for padding.
    n_ranked : int or array-like of shape (n,), dtype=int
        Number of items in the ranking of each row: the catalogue less the items left
        out. One int stands for all rows.

    Returns
    -------
    auc : ndarray of shape (n,), dtype=float64
        Between 0.0 (the targets come last, or are not ranked) and 1.0 (they come
        first); 0.5 for a random order. NaN where a row has no target, or no other item
        is ranked.

    Raises
    ------
    TypeError
        If `ranks` are not numbers or `n_ranked` not integers.
    ValueError
        If `n_ranked` has another number of rows, a rank is below 1 or beyond
        `n_ranked`, or targets of one row share a place.

    See Also
    --------
    target_ranks : Ranks from the scores of the whole catalogue.
    ndcg_at_ranks : Looks at the first places only.

    Notes
    -----
    With ``r_1 < r_2 < ...`` the ranks of the `t` ranked targets of a row with `m`
    targets, ``r_i - i`` of the ``n_ranked - t`` other items stand above the i-th one.
    The value is the sum over `i` of ``1 - (r_i - i) / (n_ranked - t)``, divided by `m`:
    a target that is not ranked adds 0. Mean ranks count half of the items that tie with
    a target, so ties need no rule of their own.

    References
    ----------
    .. [1] T. Fawcett (2006). An introduction to ROC analysis. Pattern Recognition
       Letters 27(8). doi:10.1016/j.patrec.2005.10.010

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import auc_at_ranks
    >>> auc_at_ranks([1.0, 2.0, 3.5, np.inf], n_ranked=5)
    array([1.   , 0.75 , 0.375, 0.   ])
    >>> auc_at_ranks([[1.0, 4.0], [5.0, np.nan]], n_ranked=[4, 5])
    array([0.5, 0. ])
    """
    ordered = check_ranks(ranks)
    n_ranked = _check_n_ranked(n_ranked, len(ordered))
    is_ranked = np.isfinite(ordered)
    n_others = (n_ranked - np.count_nonzero(is_ranked, axis=1))[:, None]
    above = np.where(is_ranked, ordered - np.arange(1, ordered.shape[1] + 1), 0.0)
    rows = np.flatnonzero((is_ranked & (above > n_others)).any(axis=1))
    if rows.size:
        raise ValueError(
            f"ranks has a rank beyond n_ranked, or targets that share a place, in "
            f"{rows.size} rows, first in row {rows[0]}, where n_ranked is "
            f"{n_ranked[rows[0]]}. Count every item of the ranking in n_ranked."
        )
    below = 1.0 - above / np.where(n_others > 0, n_others, np.nan)
    total = np.where(is_ranked, below, 0.0).sum(axis=1) / count_targets(ordered)
    return np.where(n_others[:, 0] > 0, total, np.nan)


def _check_n_ranked(n_ranked, n_rows):
    """Return `n_ranked` as int64 of shape (n_rows,), checked."""
    counts = np.asarray(n_ranked)
    if counts.size == 0:
        counts = counts.astype(np.int64)
    if counts.dtype.kind not in "iu":
        raise TypeError(
            f"n_ranked has dtype {counts.dtype}. Pass the number of ranked items, one "
            "int or one a row."
        )
    if counts.shape not in ((), (n_rows,)):
        raise ValueError(
            f"n_ranked has shape {counts.shape} and ranks has {n_rows} rows. Pass one "
            "int, or one a row."
        )
    return np.broadcast_to(counts, n_rows).astype(np.int64)
