"""Whether the ranking holds a target at all (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import check_ranks, count_targets
from seqrec.metrics.ranks import ranking_ranks

__all__ = ["hit_rate", "hit_rate_at_ranks"]


def hit_rate(targets, rankings, *, k):
    """Say for each row whether a target is among its first `k` places.

    One target is enough, wherever it stands; the mean over the rows is the hit rate of
    [1]_. With one target a row it equals recall.

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
    hit_rate : ndarray of shape (n,), dtype=float64
        1.0 if a target stands in the first `k` places, 0.0 if not; NaN where a row has
        no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `targets` or `rankings` are not integers.
    ValueError
        If `k` is below 1, the numbers of rows differ, a code is negative (but for the
        -1 of `targets`) or a row holds an item twice.

    See Also
    --------
    hit_rate_at_ranks : The same from ranks, with honest ties.
    recall : Share of the targets found.

    Notes
    -----
    With `r_i` the ranks of the targets of a row, the value is 1 if ``min_i r_i <= k``
    and 0 otherwise.

    References
    ----------
    .. [1] M. Deshpande and G. Karypis (2004). Item-based top-N recommendation
       algorithms. ACM Transactions on Information Systems 22(1).
       doi:10.1145/963770.963776

    Examples
    --------
    >>> from seqrec.metrics import hit_rate
    >>> hit_rate([4, 9], [[3, 4, 5], [9, 1, 2]], k=1)
    array([0., 1.])
    >>> hit_rate([[4, 7], [8, 6]], [[3, 4, 5], [9, 1, 2]], k=3)
    array([1., 0.])
    """
    k = check_int("k", k, owner="hit_rate")
    return hit_rate_at_ranks(ranking_ranks(targets, rankings), k=k)


def hit_rate_at_ranks(ranks, *, k):
    """Say for each row of ranks whether one of them is `k` or better.

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
    hit_rate : ndarray of shape (n,), dtype=float64
        1.0 if a target stands in the first `k` places, 0.0 if not; NaN where a row has
        no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `ranks` are not numbers.
    ValueError
        If `k` is below 1, a rank is below 1 or targets of one row share a place.

    See Also
    --------
    hit_rate : The same from rankings, with the formula.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import hit_rate_at_ranks
    >>> hit_rate_at_ranks([[1.5, np.inf], [4.0, np.nan]], k=2)
    array([1., 0.])
    """
    k = check_int("k", k, owner="hit_rate_at_ranks")
    ordered = check_ranks(ranks)
    is_hit = ordered[:, 0] <= k
    return np.where(np.isnan(count_targets(ordered)), np.nan, is_hit)
