"""What a recommender's scores are worth in a vote, whatever their scale."""

import numpy as np

from seqrec.estimators._network_recommender import NetworkRecommender

__all__ = ["cast_votes", "log_shares", "log_softmax", "reciprocal_ranks"]


def cast_votes(member, sequences, combine, rank_offset):
    """Return one recommender's votes for every item, (n_rows, n_items) in float64.

    Parameters
    ----------
    member : BaseRecommender
        A fitted recommender.
    sequences : Sequences
        Histories in its codes, few enough that their scores fit into memory.
    combine : {"scores", "ranks"}
        Log-probabilities made of the scores, or reciprocal ranks.
    rank_offset : float
        Added to ranks, used by "ranks".
    """
    # Rows side by side: a row's sums must not depend on the other rows.
    scores = np.ascontiguousarray(member._score_rows(sequences), dtype=np.float64)
    if combine == "ranks":
        return reciprocal_ranks(scores, rank_offset)
    if gives_logits(member):
        return log_softmax(scores)
    has_negative = scores.min(axis=1) < 0
    if not has_negative.any():
        return log_shares(scores)
    votes = np.empty_like(scores)
    votes[has_negative] = log_softmax(_z_scores(scores[has_negative]))
    votes[~has_negative] = log_shares(scores[~has_negative])
    return votes


def gives_logits(member):
    """Tell whether scores are logarithms of probabilities, up to a constant a row."""
    is_network = isinstance(member, NetworkRecommender)
    return getattr(member, "_gives_logits", is_network)


def log_shares(scores):
    """Return the logarithm of half each item's share of its row and half an even one.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_items)
        0 or more.

    Returns
    -------
    votes : ndarray of shape (n_rows, n_items)
        Log-probabilities; they grow with the scores.
    """
    total = scores.sum(axis=1, keepdims=True)
    votes = scores / np.where(total > 0, total, 1.0)
    votes += 1.0 / scores.shape[1]
    votes /= votes.sum(axis=1, keepdims=True)
    return np.log(votes, out=votes)


def log_softmax(scores):
    """Return the logarithm of the softmax of each row."""
    votes = scores - scores.max(axis=1, keepdims=True)
    votes -= np.log(np.exp(votes).sum(axis=1, keepdims=True))
    return votes


def reciprocal_ranks(scores, rank_offset):
    """Return ``1 / (rank_offset + rank)``; equal scores share the mean of their ranks.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_items)
        A larger one ranks higher; the best item has rank 1.
    rank_offset : float
        The larger, the less the first ranks count beside the others.
    """
    order = np.argsort(-scores, axis=1)
    falling = np.take_along_axis(scores, order, axis=1)
    is_new = np.ones(scores.shape, dtype=bool)
    is_new[:, 1:] = falling[:, 1:] != falling[:, :-1]
    place = np.flatnonzero(is_new)  # where the groups of equal scores begin
    size = np.diff(place, append=is_new.size)
    worth = 1.0 / (rank_offset + place % scores.shape[1] + (size + 1) / 2)
    votes = np.empty_like(scores)
    np.put_along_axis(votes, order, np.repeat(worth, size).reshape(order.shape), axis=1)
    return votes


def _z_scores(scores):
    spread = scores.std(axis=1, keepdims=True)
    centred = scores - scores.mean(axis=1, keepdims=True)
    return centred / np.where(spread > 0, spread, 1.0)
