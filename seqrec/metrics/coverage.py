"""Share of the catalogue that is recommended at all (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._list_checks import check_places

__all__ = ["catalogue_coverage"]


def catalogue_coverage(rankings, *, k, n_items):
    """Give the share of the catalogue that is in at least one row's first `k` places.

    A recommender may be accurate with a handful of favourites; then most of the
    catalogue is never shown to anybody [1]_.

    Parameters
    ----------
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    k : int
        Number of places counted from the top of the ranking, at least 1.
    n_items : int
        Number of items in the catalogue, at least 1.

    Returns
    -------
    coverage : float
        Between 0.0 (nothing is recommended) and 1.0 (every item is, to somebody).

    Raises
    ------
    TypeError
        If `k` or `n_items` is not an int, or `rankings` are not integers.
    ValueError
        If `k` or `n_items` is below 1, a code is negative or above `n_items`, or a row
        holds an item twice.

    See Also
    --------
    gini : How evenly the items are recommended, not only whether.

    Notes
    -----
    The value grows with the number of rows, so compare it over the same rows only; of
    `n` rows it is at most ``n * k / n_items``.

    References
    ----------
    .. [1] M. Ge, C. Delgado-Battenfeld and D. Jannach (2010). Beyond accuracy:
       evaluating recommender systems by coverage and serendipity. RecSys 2010.
       doi:10.1145/1864708.1864761

    Examples
    --------
    >>> from seqrec.metrics import catalogue_coverage
    >>> catalogue_coverage([[1, 2, 3], [1, 4, 5]], k=2, n_items=6)
    0.5
    """
    k = check_int("k", k, owner="catalogue_coverage")
    n_items = check_int("n_items", n_items, owner="catalogue_coverage")
    places = check_places(rankings, k=k, n_items=n_items)
    times = np.bincount(places.ravel(), minlength=n_items + 1)[1:]
    return float(np.count_nonzero(times) / n_items)
