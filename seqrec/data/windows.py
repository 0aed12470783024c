"""(history, target) pairs from sequences."""

from typing import NamedTuple

import numpy as np

from seqrec._types import Array
from seqrec._validation.arrays import ragged_positions
from seqrec._validation.params import check_int
from seqrec.data.sequences import Sequences

__all__ = ["NextItemSamples", "next_item_samples"]


class NextItemSamples(NamedTuple):
    """Ordinary supervised samples made of sequences.

    Attributes
    ----------
    X : Sequences
        Histories, one row a sample.
    y : ndarray of shape (n_samples,)
        Item id that follows each history.
    time : ndarray of shape (n_samples,) or None
        Seconds since 1970 of that event; None where the log has no times.
    """

    X: Sequences
    y: Array
    time: Array | None


def next_item_samples(sequences, *, last=None):
    """Turn sequences into samples of a history and the item that follows it.

    Samples come in the order of their targets' times, so that scikit-learn's
    `TimeSeriesSplit` over them never trains on a target later than a tested one.
    Without times they come row after row, and no splitter by position is safe.
    Histories are windows into the same events; nothing is copied::

        events  a b c d        X        y
        last=2  ------->       a b      c
                               a b c    d

    Parameters
    ----------
    sequences : Sequences
        Rows to make samples of; rows with fewer than two events give none.
    last : int or None
        Take the last `last` events of each row as targets; None takes every event
        but the first.

    Returns
    -------
    samples : NextItemSamples
        Named tuple of `X`, `y` and `time`.

    Raises
    ------
    TypeError
        If `sequences` is not `Sequences`.
    ValueError
        If no row has two events.

    Examples
    --------
    >>> sequences = Sequences.from_lists([["a", "b", "c", "d"]])
    >>> X, y, time = next_item_samples(sequences, last=2)
    >>> X.to_lists(), y
    ([['a', 'b'], ['a', 'b', 'c']], array(['c', 'd'], dtype=object))
    """
    if not isinstance(sequences, Sequences):
        raise TypeError(
            f"next_item_samples needs Sequences. Got {type(sequences).__name__}; "
            f"transform an event log with SequenceEncoder first."
        )
    counts = np.maximum(sequences.lengths - 1, 0)
    if last is not None:
        counts = np.minimum(counts, check_int("last", last, owner="next_item_samples"))
    if not counts.sum():
        raise ValueError(
            f"next_item_samples needs a row with two events or more. Got {sequences!r}."
        )
    rows = np.repeat(np.arange(len(sequences)), counts)
    target = ragged_positions(sequences.stops - counts, counts)
    time = None if sequences.times is None else sequences.times[target]
    if time is not None:
        order = np.argsort(time, kind="stable")
        rows, target, time = rows[order], target[order], time[order]
    X = Sequences(
        sequences.codes,
        sequences.starts[rows],
        target,
        vocabulary=sequences.vocabulary,
        users=sequences.users[rows],
        times=sequences.times,
        context=sequences.context,
        target_times=time,
    )
    return NextItemSamples(
        X, sequences.vocabulary.decode(sequences.codes[target]), time
    )
