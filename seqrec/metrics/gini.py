"""How unevenly the items are recommended (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._list_checks import check_places

__all__ = ["gini"]


def gini(rankings, *, k, n_items):
    """Give the Gini index of how often each item is recommended.

    Line up the items from the least to the most recommended and watch their share of
    all recommendations grow: the further this curve hangs below the straight line of
    equal shares, the higher the index [1]_.

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
    gini : float
        0.0 if all items are recommended equally often, ``1 - 1 / n_items`` if one item
        takes everything; NaN if nothing is recommended.

    Raises
    ------
    TypeError
        If `k` or `n_items` is not an int, or `rankings` are not integers.
    ValueError
        If `k` or `n_items` is below 1, a code is negative or above `n_items`, or a row
        holds an item twice.

    See Also
    --------
    catalogue_coverage : Share of the items recommended at all.

    Notes
    -----
    With ``x_1 <= x_2 <= ...`` how often each of the `n_items` items stands in a first
    `k` places, never recommended items included, the value is
    ``sum over i of (2 i - n_items - 1) x_i``, divided by ``n_items * sum of x_i``. Some
    authors divide by ``n_items - 1`` instead, which stretches the range to 1.

    References
    ----------
    .. [1] D. Fleder and K. Hosanagar (2009). Blockbuster culture's next rise or fall:
       the impact of recommender systems on sales diversity. Management Science 55(5).
       doi:10.1287/mnsc.1080.0974

    Examples
    --------
    >>> from seqrec.metrics import gini
    >>> gini([[1, 2], [3, 4]], k=2, n_items=4)
    0.0
    >>> gini([[1, 2], [1, 4]], k=1, n_items=4)
    0.75
    """
    k = check_int("k", k, owner="gini")
    n_items = check_int("n_items", n_items, owner="gini")
    places = check_places(rankings, k=k, n_items=n_items)
    times = np.sort(np.bincount(places.ravel(), minlength=n_items + 1)[1:])
    total = int(times.sum())
    if total == 0:
        return float("nan")
    weights = 2 * np.arange(1, n_items + 1) - n_items - 1
    return float((weights @ times) / (n_items * total))
