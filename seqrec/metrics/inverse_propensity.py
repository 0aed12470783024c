"""Means that undo which rows were likely to be observed (floor 1: numpy alone)."""

from typing import NamedTuple

import numpy as np

from seqrec._validation.params import check_real
from seqrec.metrics._list_checks import (
    check_numbers,
    check_popularity,
    check_same_length,
)

__all__ = ["WeightedMean", "inverse_propensity_mean", "popularity_propensities"]


class WeightedMean(NamedTuple):
    """A mean with weights, and how far it can be trusted.

    Attributes
    ----------
    mean : float
        Weighted mean; NaN without any row.
    standard_error : float
        Standard error of `mean`; NaN with fewer than two rows.
    n_effective : float
        Number of rows with equal weights that would be as precise; 0.0 without any
        row.
    """

    mean: float
    standard_error: float
    n_effective: float


def inverse_propensity_mean(values, propensities, *, clip=None):
    """Average a metric as if every target had been equally likely to be observed.

    Popular items are observed far more often than others, so a plain mean is mostly
    about them. Each row is weighted by one over the chance that its target was
    observed, and the weights are divided by their own sum [1]_ [2]_.

    Parameters
    ----------
    values : array-like of shape (n,)
        A metric of each row; rows with NaN are left out.
    propensities : array-like of shape (n,)
        Chance that the target of each row was observed, above 0 and at most 1, known up
        to a common factor. `popularity_propensities` gives one an item.
    clip : float, default=None
        Largest weight, as a multiple of the mean weight, at least 1: lowers the
        variance, and lets some of the bias back in. None leaves the weights as they
        are.

    Returns
    -------
    result : WeightedMean
        The mean, its standard error and the effective number of rows.

    Raises
    ------
    TypeError
        If `values` or `propensities` are not numbers, or `clip` is no float.
    ValueError
        If the two differ in length, a propensity is outside (0, 1], or `clip` is below
        1.

    See Also
    --------
    popularity_propensities : Propensities from how often each item was observed.
    group_means : The metric by group, for example of popular and rare targets.

    Notes
    -----
    With weights ``w_i = 1 / propensity_i`` the mean is
    ``M = sum of w_i v_i / sum of w_i``. Its standard error, by the delta method, is the
    root of ``n / (n - 1) * sum of w_i ** 2 (v_i - M) ** 2``, divided by the sum of
    `w_i`; with equal weights, that is the ordinary standard error of the mean. The
    effective number of rows is ``(sum of w_i) ** 2 / sum of w_i ** 2`` [3]_.

    References
    ----------
    .. [1] A. Swaminathan and T. Joachims (2015). The self-normalized estimator for
       counterfactual learning. NeurIPS 2015.
    .. [2] L. Yang, Y. Cui, Y. Xuan, C. Wang, S. Belongie and D. Estrin (2018). Unbiased
       offline recommender evaluation for missing-not-at-random implicit feedback.
       RecSys 2018. doi:10.1145/3240323.3240355
    .. [3] L. Kish (1965). Survey Sampling. Wiley.

    Examples
    --------
    >>> from seqrec.metrics import inverse_propensity_mean
    >>> result = inverse_propensity_mean([1.0, 1.0, 0.0], [1.0, 1.0, 0.5])
    >>> result.mean
    0.5
    >>> round(result.n_effective, 2)
    2.67
    """
    values = check_numbers("values", values)
    propensities = check_numbers("propensities", propensities)
    check_same_length("values", values, "propensities", propensities)
    if clip is not None:
        clip = check_real("clip", clip, owner="inverse_propensity_mean", low=1.0)
    rows = np.flatnonzero(~((propensities > 0) & (propensities <= 1)))
    if rows.size:
        raise ValueError(
            f"propensities has {rows.size} entries outside (0, 1], first in row "
            f"{rows[0]}. Pass the chance that the target of each row was observed."
        )
    has_value = ~np.isnan(values)
    values, weights = values[has_value], 1.0 / propensities[has_value]
    if values.size == 0:
        return WeightedMean(float("nan"), float("nan"), 0.0)
    if clip is not None:
        weights = np.minimum(weights, clip * weights.mean())
    weights /= weights.sum()
    mean = weights @ values
    n = values.size
    error = np.sqrt(((weights * (values - mean)) ** 2).sum())
    error *= np.sqrt(n / (n - 1)) if n > 1 else np.nan
    return WeightedMean(float(mean), float(error), float(1.0 / (weights @ weights)))


def popularity_propensities(popularity, *, power=1.0):
    """Estimate how likely each item was to be observed from how often it was.

    Parameters
    ----------
    popularity : array-like of shape (n_items,)
        Number of events of each item in training, entry ``c - 1`` for item code ``c``.
        A count of 0 counts as 1.
    power : float, default=1.0
        Exponent of the counts, 0 or more. 0.0 makes all items equally likely; 1.0 says
        that items are observed in proportion to their counts; in between, the more
        popular items are taken to be liked more too.

    Returns
    -------
    propensities : ndarray of shape (n_items,), dtype=float64
        Proportional to ``counts ** power``; 1.0 for the most popular item.

    Raises
    ------
    TypeError
        If `popularity` are not numbers or `power` is no float.
    ValueError
        If `popularity` are not counts or all 0, or `power` is negative or not finite.

    See Also
    --------
    inverse_propensity_mean : What they are for; take those of the targets, one a row.

    References
    ----------
    .. [1] L. Yang, Y. Cui, Y. Xuan, C. Wang, S. Belongie and D. Estrin (2018). Unbiased
       offline recommender evaluation for missing-not-at-random implicit feedback.
       RecSys 2018. doi:10.1145/3240323.3240355

    Examples
    --------
    >>> from seqrec.metrics import popularity_propensities
    >>> popularity_propensities([16, 4, 0], power=0.5)
    array([1.  , 0.5 , 0.25])
    """
    power = check_real(
        "power", power, owner="popularity_propensities", low=0.0, finite=True
    )
    counts = np.maximum(check_popularity(popularity), 1.0)
    return (counts / counts.max()) ** power
