"""How much more popular the recommended items are than the catalogue (floor 1)."""

from seqrec._validation.params import check_int
from seqrec.metrics._list_checks import check_places, check_popularity, mean_over_places

__all__ = ["popularity_bias"]


def popularity_bias(rankings, popularity, *, k):
    """Compare the popularity of the first `k` places with that of the catalogue.

    The mean number of events of the recommended items is the average recommendation
    popularity of [1]_ and [2]_; divided by the mean over the catalogue, it says how
    many times more popular than an item drawn at random they are.

    Parameters
    ----------
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    popularity : array-like of shape (n_items,)
        Number of events of each item in training, entry ``c - 1`` for item code ``c``.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Returns
    -------
    popularity_bias : ndarray of shape (n,), dtype=float64
        From 0.0 (only items without events) to the largest count over the mean count;
        1.0 is neutral. NaN where a ranking is empty.

    Raises
    ------
    TypeError
        If `k` is not an int, `rankings` are not integers or `popularity` not numbers.
    ValueError
        If `k` is below 1, `popularity` are not counts or all 0, a code is negative or
        has no entry in `popularity`, or a row holds an item twice.

    See Also
    --------
    novelty : Bits instead of counts, so that the favourites weigh less.

    Notes
    -----
    With `c_i` the count of item `i`, the value is the mean of `c_i` over the items in
    the first `k` places, divided by the mean of `c_i` over the catalogue.

    References
    ----------
    .. [1] H. Yin, B. Cui, J. Li, J. Yao and C. Chen (2012). Challenging the long tail
       recommendation. PVLDB 5(9). doi:10.14778/2311906.2311916
    .. [2] H. Abdollahpouri, R. Burke and B. Mobasher (2019). Managing popularity bias
       in recommender systems with personalized re-ranking. FLAIRS 2019.
       arXiv:1901.07555

    Examples
    --------
    >>> from seqrec.metrics import popularity_bias
    >>> popularity_bias([[1, 2], [2, 3]], [6, 2, 1], k=2)
    array([1.33333333, 0.5       ])
    """
    k = check_int("k", k, owner="popularity_bias")
    counts = check_popularity(popularity)
    places = check_places(rankings, k=k, n_items=counts.size)
    return mean_over_places(counts / counts.mean(), places)
