"""Which groups of items get the attention of the users (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._list_checks import check_numbers, check_places

__all__ = ["exposure", "exposure_gap"]


def exposure(rankings, item_groups, *, k, n_groups=None):
    """Give the share of the users' attention that each group of items gets.

    A place further down is looked at less: the attention that a place gives is taken to
    fall as the discount of NDCG does, and is summed over all rows [1]_.

    Parameters
    ----------
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    item_groups : array-like of shape (n_items,), dtype=int
        Group of each item, 0 to ``n_groups - 1``; entry ``c - 1`` for item code ``c``.
    k : int
        Number of places counted from the top of the ranking, at least 1.
    n_groups : int, default=None
        Number of groups. None takes the largest in `item_groups`, plus 1.

    Returns
    -------
    exposure : ndarray of shape (n_groups,), dtype=float64
        Shares that sum to 1.0; NaN if no item is ranked.

    Raises
    ------
    TypeError
        If `k` or `n_groups` is not an int, or `rankings` or `item_groups` are not
        integers.
    ValueError
        If `k` is below 1, a group is outside 0 to ``n_groups - 1``, a code is negative
        or has no entry in `item_groups`, or a row holds an item twice.

    See Also
    --------
    exposure_gap : How far the shares are from those deserved.

    Notes
    -----
    An item in place `p` gets ``1 / log2(1 + p)``; places below `k` and empty slots give
    nothing.

    References
    ----------
    .. [1] A. Singh and T. Joachims (2018). Fairness of exposure in rankings. KDD 2018.
       doi:10.1145/3219819.3220088

    Examples
    --------
    >>> from seqrec.metrics import exposure
    >>> exposure([[1, 3, 2], [1, 3, 2]], [0, 0, 1], k=3)
    array([0.70391809, 0.29608191])
    """
    k = check_int("k", k, owner="exposure")
    if n_groups is not None:
        n_groups = check_int("n_groups", n_groups, owner="exposure")
    groups, n_groups = _check_groups(item_groups, n_groups)
    places = check_places(rankings, k=k, n_items=groups.size)
    return _shares(places, groups, n_groups)


def exposure_gap(rankings, item_groups, *, k, deserved=None):
    """Say how far the exposure of the groups is from what they deserve.

    The value is the share of all attention that would have to move from one group to
    another to give each what it deserves [1]_.

    Parameters
    ----------
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    item_groups : array-like of shape (n_items,), dtype=int
        Group of each item, 0 to ``n_groups - 1``; entry ``c - 1`` for item code ``c``.
    k : int
        Number of places counted from the top of the ranking, at least 1.
    deserved : array-like of shape (n_groups,), default=None
        What each group deserves, in any unit, 0 or more: it is divided by its sum. None
        takes the number of items of each group.

    Returns
    -------
    gap : float
        0.0 if each group gets what it deserves, up to 1.0 if everything goes to groups
        that deserve nothing; NaN if no item is ranked.

    Raises
    ------
    TypeError
        If `k` is not an int, `rankings` or `item_groups` are not integers or `deserved`
        are not numbers.
    ValueError
        If `k` is below 1, a group is negative or has no entry in `deserved`, `deserved`
        are negative or all 0, a code is negative or has no entry in `item_groups`, or a
        row holds an item twice.

    See Also
    --------
    exposure : The shares themselves.

    Notes
    -----
    With `e_g` the share of exposure and `d_g` the deserved share of group `g`, the
    value is half the sum over `g` of ``|e_g - d_g|``, the total variation distance.

    References
    ----------
    .. [1] A. Singh and T. Joachims (2018). Fairness of exposure in rankings. KDD 2018.
       doi:10.1145/3219819.3220088

    Examples
    --------
    >>> from seqrec.metrics import exposure_gap
    >>> exposure_gap([[1, 2], [2, 1]], [0, 0, 1, 1], k=2)
    0.5
    >>> exposure_gap([[1, 2], [2, 1]], [0, 0, 1, 1], k=2, deserved=[3, 1])
    0.25
    """
    k = check_int("k", k, owner="exposure_gap")
    if deserved is not None:
        deserved = _check_deserved(deserved)
    n_groups = None if deserved is None else deserved.size
    groups, n_groups = _check_groups(item_groups, n_groups)
    places = check_places(rankings, k=k, n_items=groups.size)
    if deserved is None:
        deserved = np.bincount(groups, minlength=n_groups)
    shares = _shares(places, groups, n_groups)
    return float(np.abs(shares - deserved / deserved.sum()).sum() / 2)


def _shares(places, groups, n_groups):
    """Return the share of exposure of each group."""
    is_item = places > 0
    discount = 1.0 / np.log2(np.arange(2, places.shape[1] + 2))
    weights = np.broadcast_to(discount, places.shape)[is_item]
    of_group = groups[places[is_item] - 1]
    total = np.bincount(of_group, weights=weights, minlength=n_groups)
    return total / total.sum() if weights.size else np.full(total.size, np.nan)


def _check_groups(item_groups, n_groups):
    """Return `item_groups` as int64 of shape (n_items,), checked, and their number."""
    groups = np.asarray(item_groups)
    if groups.dtype.kind not in "iu":
        raise TypeError(
            f"item_groups has dtype {groups.dtype}. Pass one integer an item, 0 to "
            "n_groups - 1."
        )
    if groups.ndim != 1:
        raise ValueError(
            f"item_groups has shape {groups.shape}. Pass groups of shape (n_items,)."
        )
    if n_groups is None:
        n_groups = int(groups.max(initial=-1)) + 1
    outside = (groups < 0) | (groups >= n_groups)
    if outside.any():
        shown = ", ".join(str(group) for group in np.unique(groups[outside])[:5])
        raise ValueError(
            f"item_groups has {np.count_nonzero(outside)} groups outside "
            f"[0, {n_groups - 1}], among them {shown}. Groups run from 0 to "
            "n_groups - 1."
        )
    return groups.astype(np.int64), n_groups


def _check_deserved(deserved):
    """Return `deserved` as float64 of shape (n_groups,), checked."""
    shares = check_numbers("deserved", deserved, axes="n_groups")
    if not np.isfinite(shares).all() or (shares < 0).any() or not shares.any():
        raise ValueError(
            "deserved has entries that are negative or not finite, or no entry above "
            "0. Pass one number a group, 0 or more."
        )
    return shares
