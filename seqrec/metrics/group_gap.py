"""A metric by group of users, and the gap between the groups (floor 1: numpy alone)."""

import numpy as np

from seqrec.metrics._list_checks import check_numbers, check_same_length

__all__ = ["group_gap", "group_means"]


def group_gap(values, groups):
    """Give the largest minus the smallest mean of a metric over groups of rows.

    One mean over all users hides whom the recommender serves badly [1]_.

    Parameters
    ----------
    values : array-like of shape (n,)
        A metric of each row; rows with NaN are left out.
    groups : array-like of shape (n,)
        Group of each row, ids of any one type that can be sorted.

    Returns
    -------
    gap : float
        0.0 if all groups have the same mean, in the unit of `values`; NaN if no row has
        a value.

    Raises
    ------
    TypeError
        If `values` are not numbers, or `groups` cannot be sorted.
    ValueError
        If the two are not of one dimension and the same length.

    See Also
    --------
    group_means : The means themselves, and how many rows each is made of.

    Notes
    -----
    Means of small groups scatter, and with many small groups the gap is large by chance
    alone: look at the counts of `group_means` before believing it.

    References
    ----------
    .. [1] R. Mehrotra, A. Anderson, F. Diaz, A. Sharma, H. Wallach and E. Yilmaz
       (2017). Auditing search engines for differential satisfaction across
       demographics. WWW 2017 Companion. doi:10.1145/3041021.3054197

    Examples
    --------
    >>> from seqrec.metrics import group_gap
    >>> group_gap([1.0, 0.0, 0.25, 0.25], ["a", "a", "b", "b"])
    0.25
    """
    _, means, counts = group_means(values, groups)
    means = means[counts > 0]
    return float(means.max() - means.min()) if means.size else float("nan")


def group_means(values, groups):
    """Average a metric over each group of rows.

    Parameters
    ----------
    values : array-like of shape (n,)
        A metric of each row; rows with NaN are left out.
    groups : array-like of shape (n,)
        Group of each row, ids of any one type that can be sorted.

    Returns
    -------
    ids : ndarray of shape (n_groups,)
        Groups in rising order.
    means : ndarray of shape (n_groups,), dtype=float64
        Mean of each group; NaN where none of its rows has a value.
    counts : ndarray of shape (n_groups,), dtype=int64
        Number of rows with a value in each group.

    Raises
    ------
    TypeError
        If `values` are not numbers, or `groups` cannot be sorted.
    ValueError
        If the two are not of one dimension and the same length.

    See Also
    --------
    group_gap : Largest minus smallest mean.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import group_means
    >>> ids, means, counts = group_means([1.0, 0.0, np.nan, 0.25], [7, 7, 7, 3])
    >>> ids, means, counts
    (array([3, 7]), array([0.25, 0.5 ]), array([1, 2]))
    """
    values = check_numbers("values", values)
    groups = np.asarray(groups)
    if groups.ndim != 1:
        raise ValueError(f"groups has shape {groups.shape}. Pass ids of shape (n,).")
    check_same_length("values", values, "groups", groups)
    try:
        ids, number = np.unique(groups, return_inverse=True)
    except TypeError as exc:
        raise TypeError(
            "groups has ids of types that cannot be sorted together. Pass ids of one "
            "type, such as str."
        ) from exc
    has_value = ~np.isnan(values)
    counts = np.bincount(number[has_value], minlength=ids.size)
    total = np.bincount(
        number[has_value], weights=values[has_value], minlength=ids.size
    )
    return ids, total / np.where(counts == 0, np.nan, counts), counts
