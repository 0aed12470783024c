"""Share of the targets that the ranking holds (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import check_ranks, count_targets
from seqrec.metrics.ranks import ranking_ranks

__all__ = ["recall", "recall_at_ranks"]


def recall(targets, rankings, *, k):
    """Give the share of the targets of a row found in its first `k` places.

    It asks how much of what the user went on to do was offered, whatever else was
    offered beside it [1]_.

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
    recall : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (all of them); NaN where
        a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `targets` or `rankings` are not integers.
    ValueError
        If `k` is below 1, the numbers of rows differ, a code is negative (but for the
        -1 of `targets`) or a row holds an item twice.

    See Also
    --------
    recall_at_ranks : The same from ranks, with honest ties.
    precision : Share of the places filled with targets.
    hit_rate : Whether there is a target at all.

    Notes
    -----
    With `r_i` the ranks of the `m` targets of a row, the value is
    ``|{i : r_i <= k}| / m``. A row with more than `k` targets cannot reach 1.0.

    References
    ----------
    .. [1] P. Cremonesi, Y. Koren and R. Turrin (2010). Performance of recommender
       algorithms on top-N recommendation tasks. RecSys 2010.
       doi:10.1145/1864708.1864721

    Examples
    --------
    >>> from seqrec.metrics import recall
    >>> recall([[4, 7], [8, 1]], [[3, 4, 5], [8, 1, 2]], k=3)
    array([0.5, 1. ])
    """
    k = check_int("k", k, owner="recall")
    return recall_at_ranks(ranking_ranks(targets, rankings), k=k)


def recall_at_ranks(ranks, *, k):
    """Give the share of the ranks of a row that are `k` or better.

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
    recall : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (all of them); NaN where
        a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `ranks` are not numbers.
    ValueError
        If `k` is below 1, a rank is below 1 or targets of one row share a place.

    See Also
    --------
    recall : The same from rankings, with the formula.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import recall_at_ranks
    >>> recall_at_ranks([[1.5, np.inf], [2.0, np.nan]], k=2)
    array([0.5, 1. ])
    """
    k = check_int("k", k, owner="recall_at_ranks")
    ordered = check_ranks(ranks)
    return np.count_nonzero(ordered <= k, axis=1) / count_targets(ordered)
