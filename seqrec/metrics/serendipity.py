"""Hits that an obvious recommender would not have made (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import check_rankings, check_same_rows, check_targets
from seqrec.metrics._list_checks import check_under_name
from seqrec.metrics.ranks import ranking_ranks

__all__ = ["serendipity"]


def serendipity(targets, rankings, expected_rankings, *, k):
    """Give the share of the first `k` places that hold a hit nobody expected.

    A hit is a surprise if an obvious recommender, for example the most popular items,
    does not list it in its own first `k` places [1]_.

    Parameters
    ----------
    targets : array-like of shape (n,) or (n, m), dtype=int
        Item codes of the targets, each code at most once in its row: 1 to `n_items`,
        -1 for an item that is not in the catalogue, 0 for padding.
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    expected_rankings : array-like of shape (n, K) or (K,), dtype=int
        What the obvious recommender ranks, in the form of `rankings`, of any width; one
        ranking of shape (K,) stands for all rows.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Returns
    -------
    serendipity : ndarray of shape (n,), dtype=float64
        Between 0.0 (no hit, or expected ones only) and 1.0 (every place is a hit that
        was not expected), and never above `precision`; NaN where a row has no target.

    Raises
    ------
    TypeError
        If `k` is not an int, or `targets`, `rankings` or `expected_rankings` are not
        integers.
    ValueError
        If `k` is below 1, the numbers of rows differ, a code is negative (but for the
        -1 of `targets`) or a row holds an item twice.

    See Also
    --------
    precision : The same with all hits.
    novelty : Surprise by popularity alone, hit or not.

    Notes
    -----
    With `R` the items in the first `k` places, `T` the targets and `E` the items in the
    first `k` places of the obvious recommender, the value is the number of items in `R`
    and `T` but not in `E`, divided by `k`.

    References
    ----------
    .. [1] M. Ge, C. Delgado-Battenfeld and D. Jannach (2010). Beyond accuracy:
       evaluating recommender systems by coverage and serendipity. RecSys 2010.
       doi:10.1145/1864708.1864761

    Examples
    --------
    >>> from seqrec.metrics import serendipity
    >>> serendipity([[4, 7], [1, 0]], [[4, 7, 2], [1, 2, 3]], [1, 7, 5], k=2)
    array([0.5, 0. ])
    """
    k = check_int("k", k, owner="serendipity")
    targets = check_targets(targets)
    expected = _check_expected(expected_rankings, len(targets))
    check_same_rows(targets, expected, name="expected_rankings")
    is_hit = ranking_ranks(targets, rankings) <= k
    is_surprise = is_hit & ~(ranking_ranks(targets, expected) <= k)
    has_target = targets != 0
    if targets.ndim == 2:
        is_surprise, has_target = is_surprise.sum(axis=1), has_target.any(axis=1)
    return np.where(has_target, is_surprise / k, np.nan)


def _check_expected(expected_rankings, n_rows):
    """Return `expected_rankings` as codes of shape (n, K), one ranking for all rows."""
    expected = np.asarray(expected_rankings)
    is_one = expected.ndim == 1
    table = expected[None] if is_one else expected
    table = check_under_name("expected_rankings", check_rankings, table)
    return np.broadcast_to(table, (n_rows, expected.size)) if is_one else table
