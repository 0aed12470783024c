"""How unlike each other the items of one ranking are (floor 1: numpy alone)."""

import numpy as np

from seqrec._validation.params import check_int
from seqrec.metrics._checks import row_blocks
from seqrec.metrics._list_checks import check_places

__all__ = ["intra_list_diversity"]


def intra_list_diversity(rankings, item_features, *, k):
    """Average how unlike the items in the first `k` places are, over their pairs.

    Ten films of one series fit the taste and bore all the same: the value is the mean
    of one minus the cosine similarity over all pairs of the list [1]_.

    Parameters
    ----------
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.
    item_features : array-like of shape (n_items, d)
        Features of the catalogue, row ``c - 1`` of item code ``c``: genres, or vectors
        that the judged model has not made itself. Not changed.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Returns
    -------
    diversity : ndarray of shape (n,), dtype=float64
        0.0 (all features point the same way), 1.0 (nothing in common), up to 2.0 for
        features of opposite sign. NaN where a row ranks fewer than two items.

    Raises
    ------
    TypeError
        If `k` is not an int, `rankings` are not integers or `item_features` not
        numbers.
    ValueError
        If `k` is below 1, `item_features` are not of two dimensions or not finite, a
        code is negative or has no row in `item_features`, or a row holds an item twice.

    See Also
    --------
    catalogue_coverage : Diversity over all users together.

    Notes
    -----
    With `u_i` the features of the `c` items of a row, each divided by its length, the
    mean similarity over the pairs is
    ``(|sum of u_i| ** 2 - sum of |u_i| ** 2) / (c (c - 1))``, so that no pair is
    visited. An item whose features are all 0 is like no other, itself included:
    similarity 0. Rows are worked on in blocks.

    References
    ----------
    .. [1] C.-N. Ziegler, S. M. McNee, J. A. Konstan and G. Lausen (2005). Improving
       recommendation lists through topic diversification. WWW 2005.
       doi:10.1145/1060745.1060754

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import intra_list_diversity
    >>> genres = np.array([[1, 0], [2, 0], [0, 1]])
    >>> intra_list_diversity([[1, 2], [1, 3], [3, 0]], genres, k=2)
    array([ 0.,  1., nan])
    """
    k = check_int("k", k, owner="intra_list_diversity")
    features = _check_features(item_features)
    places = check_places(rankings, k=k, n_items=len(features))
    diversity = np.full(len(places), np.nan)
    rows = np.flatnonzero(np.count_nonzero(places, axis=1) > 1)
    for start, stop in row_blocks(rows.size, places.shape[1] * features.shape[1]):
        block = rows[start:stop]
        diversity[block] = _diversity(places[block], features)
    return diversity


def _diversity(places, features):
    """Return the diversity of rows that hold two items or more."""
    is_item = places > 0
    units = features[np.maximum(places, 1) - 1].astype(np.float64)  # (b, k, d)
    lengths = np.sqrt(np.einsum("bkd,bkd->bk", units, units))
    is_unit = is_item & (lengths > 0)
    units *= (is_unit / np.where(is_unit, lengths, 1.0))[:, :, None]
    total = units.sum(axis=1)  # (b, d)
    squared = np.einsum("bd,bd->b", total, total) - np.count_nonzero(is_unit, axis=1)
    n_places = np.count_nonzero(is_item, axis=1)
    return np.clip(1.0 - squared / (n_places * (n_places - 1)), 0.0, 2.0)


def _check_features(item_features):
    features = np.asarray(item_features)
    if features.dtype.kind not in "fiub":
        raise TypeError(
            f"item_features has dtype {features.dtype}. Pass real numbers, one row an "
            "item."
        )
    if features.ndim != 2:
        raise ValueError(
            f"item_features has shape {features.shape}. Pass an array of shape "
            "(n_items, d); row c - 1 holds the features of item code c."
        )
    rows = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if rows.size:
        raise ValueError(
            f"item_features has NaN or inf for {rows.size} items, first for item code "
            f"{rows[0] + 1}. Give every item finite features; all 0 is like no other."
        )
    return features
