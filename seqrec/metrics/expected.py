"""Expected value of a metric when tied items stand in random order (floor 1)."""

from typing import NamedTuple

import numpy as np

from seqrec._types import Array
from seqrec._validation.params import check_int, check_option
from seqrec.metrics._checks import check_ranks, row_blocks
from seqrec.metrics._list_checks import check_under_name
from seqrec.metrics.registry import RANK_METRICS

__all__ = ["expected_at_ranks"]


def expected_at_ranks(metric, best, worst, *, k):
    """Average a metric over all orders of the items that tie with a target.

    The mean rank of a target is one place, and the metric there is not the mean of the
    metric over the places that the target may take: a target tied with nine others for
    the first ten places is a hit at 5 in half of the orders, although its mean rank,
    5.5, is none. This is the mean over the orders, without trying any [1]_.

    Parameters
    ----------
    metric : str
        Key of `RANK_METRICS`: "hit_rate", "map", "mrr", "ndcg", "precision" or
        "recall".
    best, worst : array-like of shape (n,) or (n, m)
        Ranks of the same targets as `rank_bounds` gives them, with every tie won and
        with every tie lost: whole numbers from 1, inf for a target that is not ranked,
        NaN for padding.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Returns
    -------
    expected : ndarray of shape (n,), dtype=float64
        Between 0.0 and 1.0; NaN where a row has no target. Where no target of a row
        ties with another item, the value of the metric itself.

    Raises
    ------
    TypeError
        If `metric` is not a str, `k` is not an int, or the ranks are not numbers.
    ValueError
        If `metric` is not a key of `RANK_METRICS`, `k` is below 1, or `best` and
        `worst` are not the two ranks of the same targets.

    See Also
    --------
    rank_bounds : Gives both ranks from scores.
    target_ranks : One rank a target, by a tie rule.

    Notes
    -----
    Of `g` targets and `u` other items that tie for the places ``b + 1`` to ``b + s``,
    ``s = g + u``, with `t` targets above them:

    - NDCG, precision and recall are sums over the targets, and each target gets the
      mean of its term over the `s` places;
    - hit rate and MRR depend on the first target of the first tie, which stands below
      place ``b + j`` with probability ``C(s - j, g) / C(s, g)``;
    - MAP is a sum over the places, and a target in place `p` is expected to have
      ``t + (p - b - 1) (g - 1) / (s - 1)`` targets above it.

    Sums over places come from running sums over the first `k` places, so ties of any
    length cost the same.

    References
    ----------
    .. [1] F. McSherry and M. Najork (2008). Computing information retrieval performance
       measures efficiently in the presence of tied scores. ECIR 2008.
       doi:10.1007/978-3-540-78646-7_38

    Examples
    --------
    >>> from seqrec.metrics import expected_at_ranks, rank_bounds
    >>> best, worst = rank_bounds([[0.7, 0.7, 0.7, 0.7]], [3])
    >>> best, worst
    (array([1.]), array([4.]))
    >>> expected_at_ranks("hit_rate", best, worst, k=2)
    array([0.5])
    >>> expected_at_ranks("mrr", best, worst, k=2)
    array([0.375])
    """
    check_option("metric", metric, RANK_METRICS, owner="expected_at_ranks")
    k = check_int("k", k, owner="expected_at_ranks")
    best, worst = _check_pair(best, worst)
    at_best = RANK_METRICS[metric](best, k=k)
    n_places = int(min(k, worst.max(initial=0.0, where=np.isfinite(worst))))
    if n_places == 0:
        return at_best
    ties = _find_ties(best, worst)
    of_place = RANK_METRICS[metric](np.arange(1, n_places + 1), k=k)
    expected = _RULES[metric](ties, of_place)
    # What the targets of a row are divided by: with one on top and the others missed.
    on_top = np.where(np.isnan(best), np.nan, np.inf)
    on_top[:, 0] = np.where(np.isnan(best[:, 0]), np.nan, 1.0)
    expected *= RANK_METRICS[metric](on_top, k=k) / of_place[0]
    is_tied = (best < worst).any(axis=1)
    return np.where(is_tied, np.minimum(expected, 1.0), at_best)


class _Ties(NamedTuple):
    """The ties that targets stand in, four int64 arrays of shape (n, m).

    A tie takes the places ``start + 1`` to ``stop``, no place if its target is not
    ranked; `above` targets stand above it and `together` in it.
    """

    start: Array
    stop: Array
    above: Array
    together: Array


def _find_ties(best, worst):
    """Find the tie of each target from sorted ranks."""
    is_ranked = np.isfinite(best)
    column = np.arange(best.shape[1])
    edge = np.ones((len(best), 1), dtype=bool)
    apart = ~_are_tied(best, worst)
    is_first, is_last = np.hstack([edge, apart]), np.hstack([apart, edge])
    first = np.maximum.accumulate(np.where(is_first, column, 0), axis=1)
    last = np.where(is_last, column, column[-1])[:, ::-1]
    last = np.minimum.accumulate(last, axis=1)[:, ::-1]
    start = np.where(is_ranked, np.take_along_axis(best, first, axis=1) - 1, 0)
    stop = np.where(is_ranked, np.take_along_axis(worst, last, axis=1), 0)
    return _Ties(start.astype(np.int64), stop.astype(np.int64), first, last - first + 1)


def _are_tied(best, worst):
    """Say of each sorted target but the first whether it ties with the one before.

    The targets of a tie have its first places in `best` and its last ones in `worst`:
    both go up by 1 from one target to the next.
    """
    return (best[:, 1:] == best[:, :-1] + 1) & (worst[:, 1:] == worst[:, :-1] + 1)


def _mean_of_places(ties, of_place):
    """Average `of_place`, 0 below the places it has, over the places of each tie."""
    running = np.append(0.0, np.cumsum(of_place))
    start, stop = (np.minimum(place, len(of_place)) for place in ties[:2])
    return (running[stop] - running[start]) / np.maximum(ties.stop - ties.start, 1)


def _of_each_target(ties, of_place):
    """Sum over the targets: each has the mean of its places."""
    return np.cumsum(_mean_of_places(ties, of_place), axis=1)[:, -1]


def _of_targets_above(ties, of_place):
    """Sum over the targets: the targets down to each place, over the place."""
    rate = (ties.together - 1) / np.maximum(ties.stop - ties.start - 1, 1)
    # The targets down to place p, if p is a target: a line with the slope `rate`.
    at_zero = ties.above + 1 - rate * (ties.start + 1)
    mean = at_zero * _mean_of_places(ties, of_place)  # `of_place` is 1 / p
    mean += rate * _mean_of_places(ties, np.ones(len(of_place)))
    return np.cumsum(mean, axis=1)[:, -1]


def _of_first_target(ties, of_place):
    """Average over the places of the first target of each row."""
    first = _Ties(*(array[:, :1] for array in ties))
    expected = _mean_of_places(first, of_place)[:, 0]
    rows = np.flatnonzero((first.together[:, 0] > 1) & (first.stop[:, 0] > 0))
    for begin, end in row_blocks(rows.size, len(of_place)):
        block = rows[begin:end]
        of_block = _Ties(*(array[block] for array in first))
        expected[block] = _of_first_of_many(of_block, of_place)
    return expected


def _of_first_of_many(first, of_place):
    """Average over the places of the first of several tied targets; ties (b, 1)."""
    size = first.stop - first.start
    n_others = size - first.together
    width = min(n_others.max() + 1, max(len(of_place) - first.start.min(), 1))
    passed = np.arange(width)  # items above the place that is looked at
    left = np.maximum(size - passed, 1)  # (b, width)
    is_missed = np.cumprod(np.maximum(n_others - passed, 0) / left, axis=1)
    chance = np.ones(left.shape)
    chance[:, 1:] = is_missed[:, :-1]
    chance *= first.together / left
    place = np.minimum(first.start + passed, len(of_place))
    return np.cumsum(chance * np.append(of_place, 0.0)[place], axis=1)[:, -1]


_RULES = {
    "hit_rate": _of_first_target,
    "map": _of_targets_above,
    "mrr": _of_first_target,
    "ndcg": _of_each_target,
    "precision": _of_each_target,
    "recall": _of_each_target,
}


def _check_pair(best, worst):
    """Return both ranks as `check_ranks` does, if they can be of the same targets."""
    low = check_under_name("best", check_ranks, best)
    high = check_under_name("worst", check_ranks, worst)
    best, worst = np.asarray(best), np.asarray(worst)
    if best.shape != worst.shape:
        raise ValueError(
            f"best has shape {best.shape} and worst has shape {worst.shape}. Pass two "
            "arrays of one shape."
        )
    is_pair = (best <= worst) & (np.isinf(best) == np.isinf(worst))
    is_pair &= (np.floor(best) == best) & (np.floor(worst) == worst)
    is_pair |= np.isnan(best) & np.isnan(worst)
    crossed = np.isfinite(low[:, 1:]) & (low[:, 1:] <= high[:, :-1])
    crossed &= ~_are_tied(low, high)
    of_row = is_pair.all(axis=1) if is_pair.ndim == 2 else is_pair
    rows = np.flatnonzero(~of_row | crossed.any(axis=1))
    if rows.size:
        raise ValueError(
            f"best and worst are not ranks of the same targets in {rows.size} rows, "
            f"first in row {rows[0]}. Pass what rank_bounds gives."
        )
    return low, high
