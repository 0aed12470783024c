"""Slices: targets by length of history, popularity of the item, user and group."""

import numpy as np

__all__ = ["slice_labels"]

_SHARES = ("head", "middle", "tail")  # a third of the events learned from, each
_COLD = "cold"


def slice_labels(n_history, item_counts, item_codes, is_warm, groups):
    """Return the label of each target by the name of each slicing.

    Parameters
    ----------
    n_history : ndarray of shape (n_targets,), dtype=int
        Events before each target.
    item_counts : list of ndarray of shape (n_item_ids,)
        For each fold, how many events of each item were learned from.
    item_codes : list of ndarray
        For each fold, the number of each target's item.
    is_warm : ndarray of shape (n_targets,), dtype=bool
        True where events of the target's user were learned from.
    groups : dict of str to (ndarray of shape (n_targets,), list of str)
        Further labels, and their order.

    Returns
    -------
    labels : dict of str to (ndarray of shape (n_targets,), list of str)
        Label of each target, and the labels in the order to show them.
    """
    popularity = np.concatenate(
        [
            _popularity_labels(counts)[codes]
            for counts, codes in zip(item_counts, item_codes, strict=True)
        ]
    )
    user = np.where(is_warm, "warm", _COLD)
    labels = {
        "history length": _length_labels(n_history),
        "item popularity": (popularity, [*_SHARES, _COLD]),
        "user": (user, ["warm", _COLD]),
    }
    both = sorted(set(labels) & set(groups))
    if both:
        raise ValueError(
            f"The columns {both} of groups= have the names of slices that are always "
            f"made. Rename them in the table."
        )
    labels |= groups
    return {
        name: (values, [one for one in order if (values == one).any()])
        for name, (values, order) in labels.items()
    }


def _length_labels(n_history):
    """Label lengths by four ranges that hold about equally many targets."""
    ends = np.unique(np.quantile(n_history, [0.25, 0.5, 0.75], method="lower"))
    ends = ends[ends < n_history.max()].astype(np.int64)
    firsts = [int(n_history.min()), *(int(end) + 1 for end in ends)]
    lasts = [*(int(end) for end in ends), int(n_history.max())]
    names = [
        f"{first}" if first == last else f"{first} to {last}"
        for first, last in zip(firsts, lasts, strict=True)
    ]
    return np.array(names)[np.searchsorted(ends, n_history)], names


def _popularity_labels(counts):
    """Label items by the third of all events they are in, the most popular first."""
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    third = np.minimum(before * len(_SHARES) // max(1, counts.sum()), len(_SHARES) - 1)
    labels = np.empty(len(counts), dtype=object)
    labels[order] = np.array(_SHARES, dtype=object)[third.astype(np.int64)]
    labels[counts == 0] = _COLD
    return labels
