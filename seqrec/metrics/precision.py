"""Share of the places that hold a target (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import check_ranks, count_targets
from seqrec.metrics.ranks import ranking_ranks

__all__ = ["precision", "precision_at_ranks"]


def precision(targets, rankings, *, k):
    """Give the share of the first `k` places of a row that hold a target.

    It asks how much of what was offered the user went on to want; an empty place counts
    as a wrong one [1]_.

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
    precision : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (all places are
        targets); NaN where a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `targets` or `rankings` are not integers.
    ValueError
        If `k` is below 1, the numbers of rows differ, a code is negative (but for the
        -1 of `targets`) or a row holds an item twice.

    See Also
    --------
    precision_at_ranks : The same from ranks, with honest ties.
    recall : Share of the targets found.

    Notes
    -----
    With `r_i` the ranks of the targets of a row, the value is ``|{i : r_i <= k}| / k``.
    A row with `m` targets cannot exceed ``m / k``.

    References
    ----------
    .. [1] P. Cremonesi, Y. Koren and R. Turrin (2010). Performance of recommender
       algorithms on top-N recommendation tasks. RecSys 2010.
       doi:10.1145/1864708.1864721

    Examples
    --------
    >>> from seqrec.metrics import precision
    >>> precision([[4, 7], [8, 1]], [[3, 4, 5, 6], [8, 1, 2, 3]], k=4)
    array([0.25, 0.5 ])
    """
    k = check_int("k", k, owner="precision")
    return precision_at_ranks(ranking_ranks(targets, rankings), k=k)


def precision_at_ranks(ranks, *, k):
    """Count the ranks of a row that are `k` or better, as a share of `k`.

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
    precision : ndarray of shape (n,), dtype=float64
        Between 0.0 (no target in the first `k` places) and 1.0 (all places are
        targets); NaN where a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `ranks` are not numbers.
    ValueError
        If `k` is below 1, a rank is below 1 or targets of one row share a place.

    See Also
    --------
    precision : The same from rankings, with the formula.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import precision_at_ranks
    >>> precision_at_ranks([[1.5, 2.0], [4.0, np.nan]], k=4)
    array([0.5 , 0.25])
    """
    k = check_int("k", k, owner="precision_at_ranks")
    ordered = check_ranks(ranks)
    share = np.count_nonzero(ordered <= k, axis=1) / k
    return np.where(np.isnan(count_targets(ordered)), np.nan, share)
