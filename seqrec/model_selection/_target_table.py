"""What is known of the targets of an evaluation, before any model is fitted."""

import numpy as np

from seqrec.metrics.inverse_propensity import popularity_propensities
from seqrec.model_selection._metric_set import group_labels
from seqrec.model_selection._slices import slice_labels

__all__ = ["describe_targets"]

_USER_GROUP = "user group"
_MISSING = "(missing)"


def describe_targets(log, parts, names, user_groups):
    """Return what is known of each target, fold after fold.

    Parameters
    ----------
    log : EventLog
        The whole log; `names` are channels of its context.
    parts : list of Part
        Its folds.
    names : list of str
        Columns to slice by.
    user_groups : mapping of user id to label, or None
        Groups to slice by.

    Returns
    -------
    targets : dict of str to ndarray of shape (n_targets,)
        ``"user"`` numbers the users; ``"slices"`` holds what `slice_labels` returns.
    """
    places = np.concatenate([part.targets for part in parts])
    users = np.concatenate([part.users for part in parts])
    n_history = np.concatenate([part.n_history for part in parts])
    counts = [
        np.bincount(log.items[part.train], minlength=len(log.item_ids))
        for part in parts
    ]
    codes = [log.items[part.targets] for part in parts]
    is_warm = np.concatenate([_is_warm(log, part) for part in parts])
    groups = {name: _group_of(log.context[name], places) for name in names}
    if user_groups is not None:
        labels = group_labels(dict(user_groups), log.users[users])
        groups[_USER_GROUP] = labels, sorted(set(labels.tolist()))
    return {
        "fold": np.repeat(np.arange(1, len(parts) + 1), [len(p.users) for p in parts]),
        "user": users,
        "place": places,
        "user_id": log.users[users],
        "item_id": log.item_ids[log.items[places]],
        "n_history": n_history,
        "is_warm_user": is_warm,
        "n_learned": np.concatenate(
            [count[code] for count, code in zip(counts, codes, strict=True)]
        ),
        "propensity": np.concatenate(
            [
                popularity_propensities(count)[code]
                for count, code in zip(counts, codes, strict=True)
            ]
        ),
        "slices": slice_labels(n_history, counts, codes, is_warm, groups),
    }


def _is_warm(log, part):
    learned = np.zeros(len(log.users), dtype=bool)
    learned[np.searchsorted(log.offsets, part.train, side="right") - 1] = True
    return learned[part.users]


def _group_of(channel, places):
    """Return the label of each target, and the labels in order."""
    values = channel.values[places]
    if channel.categories is None:
        missing = np.isnan(values)
        different = np.unique(values[~missing])
        names = [_number(one) for one in different.tolist()]
        place = np.searchsorted(different, values)
    else:
        missing = values < 0
        names = [str(one) for one in channel.categories]
        place = values
    named = np.array([*names, _MISSING])
    labels = named[np.where(missing, len(names), place)]
    return labels, [*names, _MISSING]


def _number(value):
    return str(int(value)) if value.is_integer() else repr(value)
