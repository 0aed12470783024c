"""What a recommender makes of targets: their ranks, and the lists it would show."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from seqrec._types import Array

__all__ = ["Judged", "judge", "reach_recommender"]


class Judged(NamedTuple):
    """Ranks of targets, one row a target.

    Attributes
    ----------
    users : ndarray of shape (n,)
        Whose target it is.
    targets : ndarray of shape (n,), dtype=int
        Item codes; -1 for an item that is not in the catalogue.
    best, worst : ndarray of shape (n,), dtype=float64
        Ranks before and behind all other items of equal score; inf where the target is
        not in the ranking.
    n_ranked : ndarray of shape (n,), dtype=int64
        How many items are in the ranking of the row.
    lists : ndarray of shape (n, k), dtype=int, or None
        Codes of the best items, best first; None where nobody asked for them.
    recommender : BaseRecommender
        Who was asked.
    items : ndarray of shape (n_items,)
        Item ids in the order of the codes.
    popularity : ndarray of shape (n_items,)
        Events of each item that were learned from.
    """

    users: Array
    targets: Array
    best: Array
    worst: Array
    n_ranked: Array
    lists: Array | None
    recommender: Any
    items: Array
    popularity: Array


def judge(estimator, X, y=None, *, k=None, counts_cold=False, owner="judge"):
    """Rank the target of every row that has one.

    Parameters
    ----------
    estimator : estimator
        A fitted recommender, pipeline or search.
    X : table, Sequences or list of lists of item ids
        What `estimator` takes.
    y : array-like of shape (n_rows,) or None
        Item id that follows each row. None: the last event of each row is its target.
    k : int or None
        Length of the lists; None makes none.
    counts_cold : bool
        With ``y=None``, rank the last event of a row too whose history holds no known
        item; otherwise such a row does not count.
    owner : str
        Who asks, for errors.

    Returns
    -------
    judged : Judged
        One row for each row of `X` that has a target.
    """
    model, X = reach_recommender(estimator, X, owner)
    if counts_cold and y is None:
        check_is_fitted(model)
        sequences, codes = model._as_sequences(X).split_last()
    else:
        sequences, codes = model._histories_and_targets(X, y)
    ranked = codes != 0
    if not ranked.any():
        raise ValueError(
            f"No row has a target to rank: {sequences!r}. With y=None a row needs two "
            f"events or more, the last of which is held out."
        )
    sequences, codes = sequences[ranked], codes[ranked]
    best, worst = model._rank_bounds(sequences, codes)
    seen = model.exclude_seen_
    lists = None
    if k is not None:
        k = min(k, model.n_items_)
        lists, _ = model._best_codes(sequences, k, exclude_seen=seen)
    n_out = _count_distinct(sequences) if seen else np.zeros(len(codes), dtype=np.int64)
    return Judged(
        users=np.asarray(sequences.users),
        targets=np.asarray(codes, dtype=np.int64),
        best=best,
        worst=worst,
        n_ranked=model.n_items_ - n_out,
        lists=lists,
        recommender=model,
        items=model.items_,
        popularity=model.item_counts_,
    )


def reach_recommender(estimator, X, owner):
    """Return the recommender inside pipelines and searches, and what it is given."""
    final = estimator
    while not hasattr(final, "_target_bounds"):
        if hasattr(final, "best_estimator_"):
            final = final.best_estimator_
        elif hasattr(final, "steps"):
            for _, step in final.steps[:-1]:
                if step is not None and step != "passthrough":
                    X = step.transform(X)
            final = final.steps[-1][1]
        else:
            _raise_no_recommender(final, owner)
    check_is_fitted(final)
    return final, X


def _raise_no_recommender(final, owner):
    if hasattr(final, "fit") and hasattr(final, "get_params"):
        check_is_fitted(final)  # a search that is not fitted has no best estimator yet
    raise TypeError(
        f"{owner} needs a recommender (an estimator that inherits seqrec's "
        f"BaseRecommender), alone, at the end of a Pipeline or in a search with refit. "
        f"Got {final!r}. For a classifier use a scorer of scikit-learn, for example "
        f"'top_k_accuracy'."
    )


def _count_distinct(sequences):
    """Return how many different items each row holds, shape (n_rows,)."""
    rows = np.repeat(np.arange(len(sequences)), sequences.lengths)
    keys = rows * np.int64(sequences.n_items + 1)
    keys += sequences.codes[sequences.positions()]
    rows = np.unique(keys) // (sequences.n_items + 1)
    return np.bincount(rows, minlength=len(sequences))
