"""Checks and sums shared by the metrics beyond accuracy (floor 1: numpy alone)."""

import numpy as np

from seqrec.metrics._checks import check_rankings


def check_places(rankings, *, k, n_items):
    """Return the first `k` places of `rankings`, with codes up to `n_items`, checked.

    The codes come back as int64 of shape (n, min(k, K)); 0 is an empty slot.
    """
    codes = check_rankings(rankings)
    outside = codes > n_items
    if outside.any():
        shown = ", ".join(str(code) for code in np.unique(codes[outside])[:5])
        raise ValueError(
            f"rankings has {np.count_nonzero(outside)} codes above n_items, which is "
            f"{n_items}, among them {shown}. Give every item of the catalogue an entry."
        )
    return codes[:, :k].astype(np.int64)


def check_popularity(popularity):
    """Return `popularity` as float64 counts of shape (n_items,), checked."""
    counts = check_numbers("popularity", popularity, axes="n_items")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1 != 0).any():
        raise ValueError(
            "popularity has entries that are no counts. Pass the number of events of "
            "each item, whole and 0 or more."
        )
    if not counts.any():
        raise ValueError(
            f"popularity has shape {counts.shape} and counts no event. Count the "
            "events that the model has learned from."
        )
    return counts


def check_numbers(name, values, *, axes="n"):
    """Return `values` as float64 of one dimension, checked."""
    values = np.asarray(values)
    if values.size == 0:
        values = values.astype(np.float64)
    if values.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} has dtype {values.dtype}. Pass real numbers of shape ({axes},)."
        )
    if values.ndim != 1:
        raise ValueError(
            f"{name} has shape {values.shape}. Pass numbers of shape ({axes},)."
        )
    return values.astype(np.float64)


def check_same_length(name, values, other_name, others):
    """Raise unless the arrays called `name` and `other_name` have as many rows."""
    if len(values) != len(others):
        raise ValueError(
            f"{name} has shape {values.shape} and {other_name} has shape "
            f"{others.shape}. Pass two arrays with the same number of rows."
        )


def check_under_name(name, check, values):
    """Return ``check(values)``, with `name` in front of what it finds wrong."""
    try:
        return check(values)
    except (TypeError, ValueError) as exc:
        raise type(exc)(f"{name}: {exc}") from exc


def mean_over_places(item_values, places):
    """Average the value of the items in each row of `places`; NaN for an empty row."""
    of_code = np.append(0.0, item_values)  # an empty slot adds nothing
    n_places = np.count_nonzero(places, axis=1)
    total = of_code[places].sum(axis=1)
    return total / np.where(n_places == 0, np.nan, n_places)
