"""Normalised discounted cumulative gain with binary gains (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import check_ranks
from seqrec.metrics.ranks import ranking_ranks

__all__ = ["ndcg", "ndcg_at_ranks"]


def ndcg(targets, rankings, *, k):
    """Weigh each target by its place, relative to the best possible order.

    A target in the first place is worth 1, and less the further down it stands; the sum
    is divided by the sum that the best ranking of the row would have [1]_.

    Parameters
    ----------
    targets : array-like of shape (n,) or (n, m), dtype=int
        Item codes of the targets, each code at most once in its row: 1 to `n_items`,
        -1 for an item that is not in the catalogue, 0 for padding.
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Returns
    -------
    ndcg : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (the best order); NaN
        where a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `targets` or `rankings` are not integers.
    ValueError
        If `k` is below 1, the numbers of rows differ, a code is negative (but for the
        -1 of `targets`) or a row holds an item twice.

    See Also
    --------
    ndcg_at_ranks : The same from ranks, with honest ties.
    average_precision : Discounts by the share of targets down to each place.
    mrr : Only the best target of a row.

    Notes
    -----
    With `r_i` the ranks of the `m` targets of a row, the value is
    ``sum over r_i <= k of 1 / log2(1 + r_i)``, divided by
    ``sum over i = 1 .. min(m, k) of 1 / log2(1 + i)``. With one target a row that is
    ``1 / log2(1 + r)`` inside the first `k` places. Gains are binary, and the discount
    starts at the second place.

    References
    ----------
    .. [1] K. Järvelin and J. Kekäläinen (2002). Cumulated gain-based evaluation of IR
       techniques. ACM Transactions on Information Systems 20(4).
       doi:10.1145/582415.582418

    Examples
    --------
    >>> from seqrec.metrics import ndcg
    >>> ndcg([4, 9, 6], [[3, 7, 4], [9, 1, 2], [7, 8, 5]], k=3)
    array([0.5, 1. , 0. ])

    The mean over the rows is a line of its own; `numpy.nanmean` leaves out the rows
    without a target.

    >>> import numpy as np
    >>> float(np.nanmean(ndcg([4, 9, 0], [[3, 7, 4], [9, 1, 2], [7, 8, 5]], k=3)))
    0.75
    """
    k = check_int("k", k, owner="ndcg")
    return ndcg_at_ranks(ranking_ranks(targets, rankings), k=k)


def ndcg_at_ranks(ranks, *, k):
    """Weigh each rank by its place, relative to the best possible ranks.

    Parameters
    ----------
    ranks : array-like of shape (n,) or (n, m)
        Ranks of the targets of each row, from 1, as `target_ranks` or `ranking_ranks`
        give them: fractions where scores tie, inf for a target that is not ranked, NaN
        for padding.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Returns
    -------
    ndcg : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (the best order); NaN
        where a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `ranks` are not numbers.
    ValueError
        If `k` is below 1, a rank is below 1 or targets of one row share a place.

    See Also
    --------
    ndcg : The same from rankings, with the formula.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import ndcg_at_ranks
    >>> ndcg_at_ranks([[1.0, np.nan], [3.0, np.nan], [2.0, 1.0]], k=10)
    array([1. , 0.5, 1. ])
    """
    k = check_int("k", k, owner="ndcg_at_ranks")
    ordered = check_ranks(ranks)
    gains = np.where(ordered <= k, 1.0 / np.log2(1.0 + ordered), 0.0)
    places = np.arange(1, min(ordered.shape[1], k) + 1)
    # Both sums add term by term from the top, so the best order gives exactly 1.
    ideal = np.append(np.nan, np.cumsum(1.0 / np.log2(1.0 + places)))
    n_targets = np.count_nonzero(~np.isnan(ordered), axis=1)
    return np.cumsum(gains, axis=1)[:, -1] / ideal[np.minimum(n_targets, k)]
