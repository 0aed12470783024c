"""What recommenders take, and what they count in it."""

import numpy as np

from seqrec._validation.arrays import counting_order
from seqrec._validation.warn import warn_caller
from seqrec.data._frames import is_frame
from seqrec.data.sequences import Sequences
from seqrec.data.vocabulary import as_id_array
from seqrec.exceptions import DataWarning, UnknownItemsError

__all__ = [
    "as_sequences",
    "check_learnable",
    "check_targets",
    "count_items",
    "covered_positions",
    "merge_rows",
    "repeat_share",
    "seen_mask",
]


def as_sequences(X, vocabulary, owner):
    """Return `X` as `Sequences`, in the codes of `vocabulary` unless that is None."""
    if isinstance(X, Sequences):
        return X if vocabulary is None else X.with_vocabulary(vocabulary)
    if is_frame(X):
        raise TypeError(
            f"{owner} takes sequences. Got a table; put a SequenceEncoder before it: "
            f"make_pipeline(SequenceEncoder(), {owner}())."
        )
    if isinstance(X, (str, bytes)) or not hasattr(X, "__len__"):
        raise TypeError(
            f"{owner} takes Sequences or a list of lists of item ids. Got "
            f"{type(X).__name__}."
        )
    sequences = Sequences.from_lists(X, items=vocabulary)
    if vocabulary is not None and not len(sequences.codes):
        _check_kind(X, vocabulary)
    return sequences


def _check_kind(X, vocabulary):
    """Raise if histories hold ids of another kind than the catalogue."""
    first = next((item for row in X for item in row), None)
    known = vocabulary.ids.tolist()[0]
    if first is not None and isinstance(first, str) != isinstance(known, str):
        raise UnknownItemsError(
            f"No item of these histories is in the catalogue: they hold ids like "
            f"{first!r}, the catalogue ids like {known!r}. Give ids of the same kind."
        )


def check_targets(y, X):
    """Return `y` as an array of item ids, one for each row of `X`."""
    y = as_id_array(y, what="items in y")
    if len(y) != len(X):
        raise ValueError(
            f"X and y must have the same number of rows. Got {len(X)} and {len(y)}."
        )
    return y


def count_items(sequences):
    """Return how many of the rows' events each item has, shape (n_items,)."""
    codes = sequences.codes[covered_positions(sequences)]
    return np.bincount(codes, minlength=sequences.n_items + 1)[1:].astype(np.float64)


def covered_positions(sequences, gap=0):
    """Return the flat positions ``p`` where some row covers ``p`` and ``p + gap``.

    Each position once, in increasing order.
    """
    is_long = sequences.lengths > gap
    n = len(sequences.codes) + 1
    change = np.bincount(sequences.starts[is_long], minlength=n)
    change -= np.bincount(sequences.stops[is_long] - gap, minlength=n)
    return np.flatnonzero(np.cumsum(change[:-1]) > 0)


def merge_rows(sequences):
    """Join rows that share events into whole histories, and number these.

    Returns
    -------
    positions : ndarray of shape (n_used,)
        Flat positions that some row covers, each once, in increasing order.
    history : ndarray of shape (n_used,)
        Number of the history that each of them is in, from 0, non-decreasing.
    """
    positions = covered_positions(sequences)
    goes_on = np.zeros(len(sequences.codes) + 1, dtype=bool)
    goes_on[covered_positions(sequences, 1) + 1] = True
    return positions, np.cumsum(~goes_on[positions]) - 1


def repeat_share(sequences):
    """Return the share of events whose item occurred earlier in the same history."""
    positions, history = merge_rows(sequences)
    if not len(positions):
        return 0.0
    codes = sequences.codes[positions]
    order = counting_order(history, counting_order(codes))
    again = (np.diff(history[order]) == 0) & (np.diff(codes[order]) == 0)
    return float(again.sum() / len(positions))


def seen_mask(sequences, n_items, exclude_seen):
    """Return which items each row's history holds, (n_rows, n_items), or None."""
    if not exclude_seen:
        return None
    mask = np.zeros((len(sequences), n_items), dtype=bool)
    rows = np.repeat(np.arange(len(sequences)), sequences.lengths)
    mask[rows, sequences.codes[sequences.positions()] - 1] = True
    return mask


def check_learnable(sequences, targets):
    """Raise if there is no next event to learn; warn of rows that have none."""
    if sequences.n_items < 2:
        raise ValueError(
            f"The catalogue has one item, {sequences.items.tolist()[0]!r}; there "
            f"is nothing to rank. Give events of two items or more."
        )
    if targets is not None:
        if not (sequences.lengths > 0).any():
            raise ValueError("Every history in X is empty; there is no event.")
        return
    n_single = int((sequences.lengths == 1).sum())
    if not (sequences.lengths > 1).any():
        raise ValueError(
            f"No row has two events, so there is no next event to learn: "
            f"{sequences!r}. Check the user column."
        )
    if n_single:
        warn_caller(
            f"{n_single} of {len(sequences)} rows have a single event: their items "
            f"are in the catalogue, but there is no next event to learn from.",
            DataWarning,
        )
