"""Intervals and tests for means over users, by resampling the users."""

import numpy as np

__all__ = ["bootstrap_intervals", "holm", "sign_flip_p_values", "user_sums"]

_BLOCK = 1 << 23  # entries of the table of resamples that are in memory at once


def user_sums(values, users, n_users):
    """Add up values and their number by user.

    Parameters
    ----------
    values : ndarray of shape (n_targets,)
        NaN where a target does not count.
    users : ndarray of shape (n_targets,), dtype=int
        Number of the user of each target, from 0.
    n_users : int
        How many users there are.

    Returns
    -------
    sums, counts : ndarray of shape (n_users,)
        Sum of the values of each user, and how many count.
    """
    known = ~np.isnan(values)
    sums = np.bincount(users[known], weights=values[known], minlength=n_users)
    return sums, np.bincount(users[known], minlength=n_users).astype(np.float64)


def bootstrap_intervals(sums, weights, *, n_resamples, confidence, rng):
    """Return percentile intervals of ratios of sums over users [1]_.

    Parameters
    ----------
    sums, weights : ndarray of shape (n_users, n_columns)
        What each user adds to the numerator and to the denominator of each column.
    n_resamples : int
        How often the users are drawn anew, with replacement.
    confidence : float
        Between 0 and 1.
    rng : numpy.random.Generator
        Source of the draws; all columns see the same ones.

    Returns
    -------
    low, high : ndarray of shape (n_columns,)
        Ends of the intervals; NaN where a column has no weight.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani (1993). An introduction to the bootstrap.
       Chapman and Hall. doi:10.1201/9780429246593
    """
    n_users, n_columns = sums.shape
    both = np.hstack([sums, weights])
    ratios = np.empty((n_resamples, n_columns))
    for start, stop in _blocks(n_resamples, n_users):
        drawn = rng.integers(0, n_users, size=(stop - start, n_users))
        drawn += np.arange(stop - start)[:, None] * n_users
        times = np.bincount(drawn.ravel(), minlength=(stop - start) * n_users)
        found = times.reshape(stop - start, n_users).astype(np.float64) @ both
        ratios[start:stop] = _divide(found[:, :n_columns], found[:, n_columns:])
    ends = np.full((2, n_columns), np.nan)
    tail = (1 - confidence) / 2
    for column in np.flatnonzero(~np.isnan(ratios).all(axis=0)):
        known = ratios[:, column][~np.isnan(ratios[:, column])]
        ends[:, column] = np.quantile(known, [tail, 1 - tail])
    return ends[0], ends[1]


def sign_flip_p_values(differences, *, n_resamples, rng):
    """Return how probable sums as far from zero are if their signs were chance [1]_.

    Parameters
    ----------
    differences : ndarray of shape (n_users, n_columns)
        What each user adds to the difference of two models.
    n_resamples : int
        How often each user's sign is drawn anew.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    p_values : ndarray of shape (n_columns,)
        Two-sided, at least ``1 / (n_resamples + 1)``.

    References
    ----------
    .. [1] M. D. Smucker, J. Allan and B. Carterette (2007). A comparison of statistical
       significance tests for information retrieval evaluation. CIKM.
       doi:10.1145/1321440.1321528
    """
    n_users, n_columns = differences.shape
    bound = np.abs(differences.sum(axis=0)) * (1 - 1e-12)
    as_far = np.zeros(n_columns)
    for start, stop in _blocks(n_resamples, n_users):
        signs = rng.integers(0, 2, size=(stop - start, n_users)) * 2.0 - 1.0
        as_far += (np.abs(signs @ differences) >= bound).sum(axis=0)
    return (1 + as_far) / (1 + n_resamples)


def holm(p_values):
    """Correct p-values for how many there are [1]_.

    Parameters
    ----------
    p_values : ndarray of shape (n,)
        NaN is no test.

    Returns
    -------
    corrected : ndarray of shape (n,)
        At most 1.0, and in the order of `p_values`.

    References
    ----------
    .. [1] S. Holm (1979). A simple sequentially rejective multiple test procedure.
       Scandinavian Journal of Statistics 6(2).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    corrected = np.full(len(p_values), np.nan)
    order = np.argsort(p_values, kind="stable")  # NaN last
    order = order[: np.count_nonzero(~np.isnan(p_values))]
    times = np.arange(len(order), 0, -1)
    grown = np.maximum.accumulate(p_values[order] * times)
    corrected[order] = np.minimum(grown, 1.0)
    return corrected


def _blocks(n_resamples, n_users):
    step = max(1, _BLOCK // max(1, n_users))
    for start in range(0, n_resamples, step):
        yield start, min(start + step, n_resamples)


def _divide(sums, weights):
    return np.divide(sums, weights, out=np.full(sums.shape, np.nan), where=weights > 0)
