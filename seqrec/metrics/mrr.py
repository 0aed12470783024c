"""Reciprocal rank of the first target (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import check_ranks, count_targets
from seqrec.metrics.ranks import ranking_ranks

__all__ = ["mrr", "mrr_at_ranks"]


def mrr(targets, rankings, *, k):
    """Give one over the rank of the best target, if it is `k` or better.

    It asks how far a user reads down to the first item wanted: 1 for the first place, a
    half for the second. The mean over the rows is the mean reciprocal rank of [1]_.

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
    mrr : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (a target comes first);
        NaN where a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `targets` or `rankings` are not integers.
    ValueError
        If `k` is below 1, the numbers of rows differ, a code is negative (but for the
        -1 of `targets`) or a row holds an item twice.

    See Also
    --------
    mrr_at_ranks : The same from ranks, with honest ties.
    average_precision : Counts every target of a row, not only the first.

    Notes
    -----
    With `r` the best rank among the targets of a row, the value is ``1 / r`` if
    ``r <= k`` and 0 otherwise.

    References
    ----------
    .. [1] E. M. Voorhees and D. M. Tice (2000). Building a question answering test
       collection. SIGIR 2000. doi:10.1145/345508.345577

    Examples
    --------
    >>> from seqrec.metrics import mrr
    >>> mrr([4, 9, 6], [[3, 4, 5], [9, 1, 2], [7, 8, 6]], k=2)
    array([0.5, 1. , 0. ])
    """
    k = check_int("k", k, owner="mrr")
    return mrr_at_ranks(ranking_ranks(targets, rankings), k=k)


def mrr_at_ranks(ranks, *, k):
    """Give one over the best rank of a row, if it is `k` or better.

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
    mrr : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (a target comes first);
        NaN where a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `ranks` are not numbers.
    ValueError
        If `k` is below 1, a rank is below 1 or targets of one row share a place.

    See Also
    --------
    mrr : The same from rankings, with the formula.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import mrr_at_ranks
    >>> mrr_at_ranks([[4.0, 2.5], [1.0, np.nan], [np.inf, np.nan]], k=10)
    array([0.4, 1. , 0. ])
    """
    k = check_int("k", k, owner="mrr_at_ranks")
    ordered = check_ranks(ranks)
    first = ordered[:, 0]
    value = np.where(first <= k, 1.0 / first, 0.0)
    return np.where(np.isnan(count_targets(ordered)), np.nan, value)
