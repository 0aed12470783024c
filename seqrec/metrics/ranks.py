"""Ranks of targets and the top of the catalogue, by counting (floor 1: numpy alone).

Everything else in this package is a formula on ranks. The ranks come either from the
scores of the whole catalogue (`target_ranks`) or from rankings that somebody already
made (`ranking_ranks`). A target code means the same to both:

- ``1`` to ``n_items``: an item of the catalogue, its rank is a number from 1 up;
- ``-1``: an item that is not in the catalogue, so nothing could rank it: rank inf, and
  a metric counts it as a target that was missed;
- ``0``: padding, no target at all: rank NaN.
"""

from typing import NamedTuple

import numpy as np

from seqrec._types import Array
from seqrec._validation.params import check_int, check_option
from seqrec.metrics._checks import (
    NOT_IN_CATALOGUE,
    check_excluded,
    check_rankings,
    check_same_rows,
    check_scores,
    check_targets,
    row_blocks,
)

__all__ = ["rank_bounds", "ranking_ranks", "target_ranks", "top_k"]

_TIES = ("mean", "optimistic", "pessimistic")


class _Counted(NamedTuple):
    """What is known of each target that is an item, in row order."""

    blank: Array  # ranks of the shape of the targets, without those of items
    is_item: Array  # where those belong
    is_ranked: Array
    better: Array  # items above it
    equal: Array  # items with its score, itself included
    place: Array  # its number among the targets it ties with, from 1
    group: Array  # how many those are

    def ranks(self, found):
        """Return ranks of the shape of the targets."""
        ranks = self.blank.copy()
        ranks[self.is_item] = np.where(self.is_ranked, found, np.inf)
        return ranks


def target_ranks(scores, targets, *, ties="mean", excluded=None):
    """Rank each target among the scores of the whole catalogue.

    The best item has rank 1. Items with equal scores have no order of their own, and
    letting the target win them all rewards a model that scores everything alike; the
    default puts the target in the middle of its ties [1]_.

    Parameters
    ----------
    scores : array-like of shape (n, n_items)
        Scores of the catalogue, higher is better; column ``c - 1`` holds item code
        ``c``. -inf leaves an item out of the ranking. Not changed.
    targets : array-like of shape (n,) or (n, m), dtype=int
        Item codes of the targets, each code at most once in its row: 1 to `n_items`,
        -1 for an item that is not in the catalogue, 0 for padding.
    ties : {"mean", "optimistic", "pessimistic"}, default="mean"
        Place of a target among the other items with its score: in the middle, before
        them all, or behind them all.
    excluded : array-like of shape (n, n_items), dtype=bool, default=None
        True where an item is left out of the ranking, for example because the user
        has seen it. None leaves no item out.

    Returns
    -------
    ranks : ndarray of the shape of `targets`, dtype=float64
        Rank of each target, from 1; fractions are possible with ``ties="mean"``. inf
        for a target that is not in the ranking: code -1, excluded, or with score -inf.
        NaN for padding.

    Raises
    ------
    TypeError
        If `targets` are not integers, `scores` not numbers or `excluded` not bool.
    ValueError
        If `scores` hold NaN, shapes do not match, a code is outside the catalogue or
        stands twice in a row, or `ties` is not one of the three rules.

    See Also
    --------
    ranking_ranks : The same from rankings instead of scores.

    Notes
    -----
    With `better` items above the target and `tied` other items of equal score, the
    rank is ``1 + better`` (optimistic), ``1 + better + tied`` (pessimistic) or their
    mean ``1 + better + tied / 2``.

    Targets of one row that tie with each other cannot all stand in the same place, so
    `g` of them, tied with `u` items that are no targets, get the places that a random
    order of the tied items gives them on average: ``better + i (g + u + 1) / (g + 1)``
    for ``i = 1 .. g``. Their mean is ``1 + better + tied / 2`` again, and a metric
    computed from them never exceeds 1. The optimistic places are ``better + i`` and the
    pessimistic ones ``better + u + i``.

    The items are counted, not sorted, in blocks of rows: beyond the arguments, memory
    does not grow with the size of `scores`. Integer scores are compared as float64.

    References
    ----------
    .. [1] M. Berrendorf, E. Faerman, L. Vermue and V. Tresp (2020). On the ambiguity of
       rank-based evaluation of entity alignment or link prediction methods.
       arXiv:2002.06914

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import target_ranks
    >>> scores = np.array([[0.1, 0.9, 0.5, 0.5], [3.0, 2.0, 1.0, 0.0]])
    >>> target_ranks(scores, [3, 1])
    array([2.5, 1. ])
    >>> target_ranks(scores, [3, 1], ties="pessimistic")
    array([3., 1.])
    >>> target_ranks(scores, [[3, 2, 0], [4, -1, 1]])
    array([[2.5, 1. , nan],
           [4. , inf, 1. ]])
    """
    check_option("ties", ties, _TIES, owner="target_ranks")
    counted = _count(scores, targets, excluded)
    if ties == "optimistic":
        return counted.ranks(counted.better + counted.place)
    if ties == "pessimistic":
        behind = counted.equal - counted.group
        return counted.ranks(counted.better + behind + counted.place)
    step = (counted.equal + 1) / (counted.group + 1)
    return counted.ranks(counted.better + counted.place * step)


def rank_bounds(scores, targets, *, excluded=None):
    """Rank each target as well and as badly as its ties allow, in one pass.

    Parameters
    ----------
    scores : array-like of shape (n, n_items)
        Scores of the catalogue, higher is better; column ``c - 1`` holds item code
        ``c``. -inf leaves an item out of the ranking. Not changed.
    targets : array-like of shape (n,) or (n, m), dtype=int
        Item codes of the targets, each code at most once in its row: 1 to `n_items`,
        -1 for an item that is not in the catalogue, 0 for padding.
    excluded : array-like of shape (n, n_items), dtype=bool, default=None
        True where an item is left out of the ranking, for example because the user
        has seen it. None leaves no item out.

    Returns
    -------
    best, worst : ndarray of the shape of `targets`, dtype=float64
        `target_ranks` with ``ties="optimistic"`` and with ``ties="pessimistic"``.

    Raises
    ------
    TypeError
        If `targets` are not integers, `scores` not numbers or `excluded` not bool.
    ValueError
        If `scores` hold NaN, shapes do not match, or a code is outside the catalogue or
        stands twice in a row.

    See Also
    --------
    expected_at_ranks : What a metric is worth between the two.

    Examples
    --------
    >>> from seqrec.metrics import rank_bounds
    >>> rank_bounds([[0.1, 0.9, 0.5, 0.5]], [3])
    (array([2.]), array([3.]))
    """
    counted = _count(scores, targets, excluded)
    best = counted.better + counted.place
    return counted.ranks(best), counted.ranks(best + counted.equal - counted.group)


def ranking_ranks(targets, rankings):
    """Find the rank at which each target stands in the ranking of its row.

    Parameters
    ----------
    targets : array-like of shape (n,) or (n, m), dtype=int
        Item codes of the targets, each code at most once in its row: 1 to `n_items`,
        -1 for an item that is not in the catalogue, 0 for padding.
    rankings : array-like of shape (n, K), dtype=int
        Item codes in order of score, best first, each code at most once in its row; 0
        is an empty slot.

    Returns
    -------
    ranks : ndarray of the shape of `targets`, dtype=float64
        Rank of each target, from 1; inf for a target that its ranking does not hold;
        NaN for padding.

    Raises
    ------
    TypeError
        If `targets` or `rankings` are not integers.
    ValueError
        If the numbers of rows differ, a code is negative (but for the -1 of `targets`)
        or a row holds an item twice.

    See Also
    --------
    target_ranks : The same from scores instead of rankings, with honest ties.

    Examples
    --------
    >>> from seqrec.metrics import ranking_ranks
    >>> ranking_ranks([2, 5], [[7, 2, 4], [1, 2, 0]])
    array([ 2., inf])
    >>> ranking_ranks([[2, 7], [1, 0]], [[7, 2, 4], [1, 2, 0]])
    array([[ 2.,  1.],
           [ 1., nan]])
    """
    targets = check_targets(targets)
    rankings = check_rankings(rankings)
    check_same_rows(targets, rankings, name="rankings")
    ranks, rows, codes = _unranked(targets)
    found = np.full(rows.size, np.inf)
    if rankings.shape[1] > 0:
        for start, stop in row_blocks(rows.size, rankings.shape[1]):
            hits = rankings[rows[start:stop]] == codes[start:stop, None]
            place = hits.argmax(axis=1)
            is_ranked = hits[np.arange(place.size), place]
            found[start:stop] = np.where(is_ranked, place + 1.0, np.inf)
    ranks[targets > 0] = found
    return ranks


def top_k(scores, k, *, excluded=None):
    """List the best items of each row, best first.

    Of two items with equal scores the one with the lower code comes first, so the
    answer is exactly the beginning of a stable sort from high to low, and a row gives
    the same answer alone as in any batch.

    Parameters
    ----------
    scores : array-like of shape (n, n_items)
        Scores of the catalogue, higher is better; column ``c - 1`` holds item code
        ``c``. -inf leaves an item out of the ranking. Not changed.
    k : int
        Number of places counted from the top of the ranking, at least 1.
    excluded : array-like of shape (n, n_items), dtype=bool, default=None
        True where an item is left out of the ranking, for example because the user
        has seen it. None leaves no item out.

    Returns
    -------
    rankings : ndarray of shape (n, k), dtype=int64
        Item codes, best first; 0 where a row has no more items to rank.
    top_scores : ndarray of shape (n, k)
        Their scores, in the dtype of `scores` (float64 if that is not a float type);
        -inf where the code is 0.

    Raises
    ------
    TypeError
        If `k` is not an int, `scores` not numbers or `excluded` not bool.
    ValueError
        If `k` is below 1, `scores` hold NaN, or the shapes do not match.

    See Also
    --------
    ranking_ranks : Where targets stand in such rankings.

    Notes
    -----
    A partial sort finds the k-th largest score of each row, and only the k items kept
    are sorted; rows are worked on in blocks. Integer scores are compared as float64.

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.metrics import top_k
    >>> rankings, top_scores = top_k(np.array([[0.5, 0.9, 0.5, -np.inf]]), k=4)
    >>> rankings
    array([[2, 1, 3, 0]])
    >>> top_scores
    array([[ 0.9,  0.5,  0.5, -inf]])
    """
    k = check_int("k", k, owner="top_k")
    scores = check_scores(scores)
    excluded = check_excluded(excluded, scores.shape)
    n, n_items = scores.shape
    dtype = scores.dtype if scores.dtype.kind == "f" else np.float64
    rankings = np.zeros((n, k), dtype=np.int64)
    top_scores = np.full((n, k), -np.inf, dtype=dtype)
    width = min(k, n_items)
    if width == 0:
        return rankings, top_scores
    for start, stop in row_blocks(n, n_items):
        block = _scores_of(scores, np.arange(start, stop), excluded)
        columns = _best_columns(block, width)
        best = np.take_along_axis(block, columns, axis=1)
        rankings[start:stop, :width] = np.where(best == -np.inf, 0, columns + 1)
        top_scores[start:stop, :width] = best
    return rankings, top_scores


def _unranked(targets):
    """Return ranks without a number, and row and code of each target that needs one."""
    ranks = np.where(targets == NOT_IN_CATALOGUE, np.inf, np.nan)
    is_item = targets > 0
    return ranks, np.nonzero(is_item)[0], targets[is_item]


def _scores_of(scores, rows, excluded):
    """Return the floating scores of ascending `rows`, -inf where `excluded`."""
    if rows[-1] - rows[0] == rows.size - 1 and (np.diff(rows) == 1).all():
        rows = slice(rows[0], rows[-1] + 1)
    block = scores[rows]
    if block.dtype.kind != "f":
        block = block.astype(np.float64)
    if excluded is not None:
        block = np.where(excluded[rows], block.dtype.type(-np.inf), block)
    return block


def _count(scores, targets, excluded):
    """Count, for each target, the better and the equal items of its row."""
    scores = check_scores(scores)
    targets = check_targets(targets, n_items=scores.shape[1])
    check_same_rows(targets, scores, name="scores")
    excluded = check_excluded(excluded, scores.shape)
    blank, rows, codes = _unranked(targets)
    better = np.empty(rows.size, dtype=np.int64)
    equal = np.empty(rows.size, dtype=np.int64)
    is_ranked = np.empty(rows.size, dtype=bool)
    for start, stop in row_blocks(rows.size, scores.shape[1]):
        block = _scores_of(scores, rows[start:stop], excluded)
        own = block[np.arange(stop - start), codes[start:stop] - 1][:, None]
        (block > own).sum(axis=1, out=better[start:stop])
        (block == own).sum(axis=1, out=equal[start:stop])
        is_ranked[start:stop] = own[:, 0] > -np.inf
    place, group = _places_among_tied_targets(rows, better)
    return _Counted(blank, targets > 0, is_ranked, better, equal, place, group)


def _places_among_tied_targets(rows, better):
    """Return each target's number among its row's tied targets, and their count."""
    order = np.lexsort((better, rows))
    is_first = np.ones(rows.size, dtype=bool)
    is_first[1:] = (np.diff(rows[order]) != 0) | (np.diff(better[order]) != 0)
    starts = np.flatnonzero(is_first)
    sizes = np.diff(starts, append=rows.size)
    place, group = np.empty_like(order), np.empty_like(order)
    place[order] = np.arange(1, rows.size + 1) - np.repeat(starts, sizes)
    group[order] = np.repeat(sizes, sizes)
    return place, group


def _best_columns(block, k):
    """Return the columns of the k largest scores, best first, ties by lower column."""
    kth = block.shape[1] - k
    threshold = np.partition(block, kth, axis=1)[:, kth, None]
    is_kept = block >= threshold
    crowded = np.flatnonzero(is_kept.sum(axis=1) > k)
    if crowded.size:
        # More items tie at the threshold than there are places: the first ones stay.
        above = block[crowded] > threshold[crowded]
        places_left = k - above.sum(axis=1)
        at = is_kept[crowded] & ~above
        at &= at.cumsum(axis=1, dtype=np.int32) <= places_left[:, None]
        is_kept[crowded] = above | at
    columns = np.flatnonzero(is_kept).reshape(len(block), k) % block.shape[1]
    order = np.argsort(-np.take_along_axis(block, columns, axis=1), kind="stable")
    return np.take_along_axis(columns, order, axis=1)
