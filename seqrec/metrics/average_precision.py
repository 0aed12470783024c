"""Average precision, whose mean over rows is MAP (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import check_ranks, count_targets
from seqrec.metrics.ranks import ranking_ranks

__all__ = ["average_precision", "average_precision_at_ranks"]


def average_precision(targets, rankings, *, k):
    """Average the precision at the places where the targets of a row stand.

    Walking down the ranking, each target found is worth the share of targets met so
    far, so targets near the top count more. The mean over the rows is the mean average
    precision (MAP) [1]_, and ``"map"`` is the name of this metric in `METRICS`.

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
    average_precision : ndarray of shape (n,), dtype=float64
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
    average_precision_at_ranks : The same from ranks, with honest ties.
    mrr : Only the best target of a row.
    ndcg : Discounts by the logarithm of the place.

    Notes
    -----
    With ``r_1 < r_2 < ...`` the ranks of the `m` targets of a row, the value is
    ``sum over r_i <= k of i / r_i``, divided by ``min(m, k)``, so that the best ranking
    of a row reaches 1.0 also where it has more than `k` targets. With one target a row
    it equals the reciprocal rank.

    References
    ----------
    .. [1] C. Buckley and E. M. Voorhees (2000). Evaluating evaluation measure
       stability. SIGIR 2000. doi:10.1145/345508.345543

    Examples
    --------
    >>> from seqrec.metrics import average_precision
    >>> average_precision([[4, 5], [9, 1]], [[3, 4, 6, 5], [9, 1, 2, 3]], k=4)
    array([0.5, 1. ])
    """
    k = check_int("k", k, owner="average_precision")
    return average_precision_at_ranks(ranking_ranks(targets, rankings), k=k)


def average_precision_at_ranks(ranks, *, k):
    """Average the precision at the ranks of a row.

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
    average_precision : ndarray of shape (n,), dtype=float64
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
    average_precision : The same from rankings, with the formula.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import average_precision_at_ranks
    >>> average_precision_at_ranks([[4.0, 2.0], [1.0, np.nan]], k=4)
    array([0.5, 1. ])
    """
    k = check_int("k", k, owner="average_precision_at_ranks")
    ordered = check_ranks(ranks)
    found = np.arange(1, ordered.shape[1] + 1)
    precisions = np.where(ordered <= k, found / ordered, 0.0)
    return precisions.sum(axis=1) / np.minimum(count_targets(ordered), k)
