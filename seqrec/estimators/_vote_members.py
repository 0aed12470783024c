"""The recommenders of a vote and their given weights: checked and cloned before fit."""

import numpy as np
from sklearn.base import clone

from seqrec._compat import validate_parameters
from seqrec.estimators._base import BaseRecommender

__all__ = ["check_members", "check_weights", "seeded_clone"]

_EXAMPLE = "[('popular', PopularityRecommender()), ('rules', ...)]"


def check_members(voting):
    """Return names and recommenders of a vote, or say what is wrong with them.

    Parameters
    ----------
    voting : VotingRecommender
        Fitted or not.

    Returns
    -------
    members : list of (str, BaseRecommender) tuples
        Those that are not dropped.

    Raises
    ------
    ValueError
        If there is none, a name is not usable, or a recommender's parameter is out of
        range.
    TypeError
        If something else stands in the place of a recommender.
    """
    owner, pairs = type(voting).__name__, voting.estimators
    if not pairs or not all(map(_is_pair, pairs)):
        raise ValueError(
            f"estimators of {owner} must be a list of (name, recommender) pairs, at "
            f"least one. Got {pairs!r}; give it like {_EXAMPLE}."
        )
    _check_names([name for name, _ in pairs], voting.get_params(deep=False), owner)
    members = [(name, one) for name, one in pairs if not _is_drop(one)]
    if not members:
        raise ValueError(
            f"The estimators of {owner} are all 'drop'. Keep one recommender at least."
        )
    for name, one in members:
        _check_recommender(name, one, owner)
    return members


def check_weights(voting):
    """Return the weights given to a vote, (n_members,), as shares of 1.

    Parameters
    ----------
    voting : VotingRecommender
        Its `weights` are numbers, or None, which weighs all alike.

    Raises
    ------
    ValueError
        If their number is another one, one is negative or no number, or all are 0.
    """
    owner, pairs, weights = type(voting).__name__, voting.estimators, voting.weights
    try:
        weights = np.ones(len(pairs)) if weights is None else np.asarray(weights, float)
    except (TypeError, ValueError) as exc:
        raise ValueError(
            f"weights of {owner} must be numbers. Got {weights!r}."
        ) from exc
    if weights.shape != (len(pairs),):
        raise ValueError(
            f"weights of {owner} must be one number for each of the {len(pairs)} "
            f"estimators, dropped ones included. Got shape {weights.shape}."
        )
    wrong = np.flatnonzero(~(weights >= 0) | np.isinf(weights))
    if len(wrong):
        raise ValueError(
            f"weights of {owner} must be finite and 0 or more. Got "
            f"{weights[wrong[0]].item()!r} for {pairs[wrong[0]][0]!r}."
        )
    kept = weights[[not _is_drop(one) for _, one in pairs]]
    if not kept.any():
        raise ValueError(
            f"weights of {owner} are 0 for all estimators that are not 'drop', so "
            f"nobody votes. Give one a weight above 0."
        )
    return kept / kept.sum()


def seeded_clone(member, rng):
    """Return an unfitted copy whose sources of random numbers are all set."""
    fresh = clone(member)
    for name, value in sorted(fresh.get_params().items()):
        if value is None and name.rpartition("__")[2] == "random_state":
            fresh.set_params(**{name: rng.randint(2**31 - 1)})
    return fresh


def _is_pair(item):
    is_pair = isinstance(item, tuple | list) and len(item) == 2
    return is_pair and isinstance(item[0], str)


def _is_drop(one):
    return isinstance(one, str) and one == "drop"


def _check_names(names, parameters, owner):
    faults = []
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            faults.append(f"{name!r} stands there {names.count(name)} times")
        if "__" in name:
            faults.append(f"{name!r} holds '__', which comes before a parameter")
        if name in parameters:
            faults.append(f"{name!r} is a parameter of {owner}")
    if faults:
        raise ValueError(
            f"Names in estimators of {owner} must differ from each other and from its "
            f"parameters. {'; '.join(faults)}. Choose others."
        )


def _check_recommender(name, one, owner):
    if isinstance(one, type):
        raise TypeError(
            f"estimators of {owner} must be recommenders, not classes. Got "
            f"{one.__name__} for {name!r}; write {one.__name__}()."
        )
    if not isinstance(one, BaseRecommender):
        raise TypeError(
            f"estimators of {owner} must be recommenders or 'drop'. Got "
            f"{type(one).__name__} for {name!r}; a SequenceEncoder or filter goes "
            f"before {owner}: make_pipeline(SequenceEncoder(), {owner}(...))."
        )
    validate_parameters(one)
