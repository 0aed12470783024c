"""How far the recommended items are from what everybody knows (floor 1: numpy)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._list_checks import check_places, check_popularity, mean_over_places

__all__ = ["novelty"]


def novelty(rankings, popularity, *, k):
    """Average the self-information of the items in the first `k` places, in bits.

    Guess which item a random event is about: an item in half of the events is worth 1
    bit, in a thousandth of them 10 bits. The rarer what is recommended, the less likely
    the user knows it already [1]_ [2]_.

    Parameters
    ----------
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    popularity : array-like of shape (n_items,)
        Number of events of each item in training, entry ``c - 1`` for item code ``c``.
        A count of 0 counts as 1.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Returns
    -------
    novelty : ndarray of shape (n,), dtype=float64
        Bits, from 0.0 (all events are about the one item recommended); NaN where a
        ranking is empty.

    Raises
    ------
    TypeError
        If `k` is not an int, `rankings` are not integers or `popularity` not numbers.
    ValueError
        If `k` is below 1, `popularity` are not counts or all 0, a code is negative or
        has no entry in `popularity`, or a row holds an item twice.

    See Also
    --------
    popularity_bias : Counts the events of the items instead of the bits.

    Notes
    -----
    With `p_i` the count of item `i`, at least 1, over the sum of these counts, the
    value is the mean of ``-log2(p_i)`` over the items in the first `k` places. [1]_
    divides by the number of users: where a user has each item once, that is
    ``log2(n_events / n_users)`` less for every item. An item that nobody has taken yet
    counts as one that was taken once, as its share would have infinitely many bits.

    References
    ----------
    .. [1] T. Zhou, Z. Kuscsik, J.-G. Liu, M. Medo, J. R. Wakeling and Y.-C. Zhang
       (2010). Solving the apparent diversity-accuracy dilemma of recommender systems.
       PNAS 107(10). doi:10.1073/pnas.1000488107
    .. [2] S. Vargas and P. Castells (2011). Rank and relevance in novelty and diversity
       metrics for recommender systems. RecSys 2011. doi:10.1145/2043932.2043955

    Examples
    --------
    >>> from seqrec.metrics import novelty
    >>> novelty([[1, 2], [2, 3]], [4, 2, 2], k=2)
    array([1.5, 2. ])
    """
    k = check_int("k", k, owner="novelty")
    counts = np.maximum(check_popularity(popularity), 1.0)
    places = check_places(rankings, k=k, n_items=counts.size)
    return mean_over_places(np.log2(counts.sum() / counts), places)
