"""Repeats: what a user has done is done again, sooner what was done lately."""

import numpy as np
from scipy import sparse

from seqrec.estimators._counts import weigh_histories
from seqrec.estimators._memory import places_among

__all__ = ["Repeats"]

_DECAY = 0.7
_LENGTH = 20  # events that are looked back at


class Repeats:
    """The votes of the events of a history for their own items.

    An event votes for its item with ``0.7**j``, `j` the number of events since; of the
    last twenty. What votes are worth is learned by the `MemoryWeight` of the network:
    how far a repeat is ahead of a new item, and how soon that wears off.

    Attributes
    ----------
    start : float
        What votes are worth at the start of training.
    """

    start = 0.1

    def votes(self, sequences):
        """Return the votes of histories for all items, sparse, (n_rows, n_items)."""
        query = weigh_histories(sequences, _DECAY, _LENGTH)
        return sparse.csr_array(query.astype(np.float32))

    def training_votes(self, data, where, positions, targets, negatives=None):
        """Return the votes before each target of a batch.

        Parameters
        ----------
        data : TrainingSet
            Rows of events with targets.
        where : ndarray of shape (B, T), dtype=int64
            Events of the batch, numbers in the rows of `data`.
        positions : ndarray of shape (N,), dtype=int64
            Where targets are, ``row * T + step``.
        targets : ndarray of shape (N,)
            Their item codes.
        negatives : ndarray of shape (C,), dtype=int64, or None
            Item codes that targets are compared with; None are all items.

        Returns
        -------
        votes : ndarray of shape (N, V) or (N, 1 + C), dtype=float32
            For all items, or for the target and the negatives.
        """
        events, steps = where.ravel()[positions], positions % where.shape[1]
        back = np.arange(min(_LENGTH, int(steps.max(initial=0)) + 1))
        rows, back = np.nonzero(back <= steps[:, None])
        items = data.codes[events[rows] - back].astype(np.int64)
        values = np.power(_DECAY, back, dtype=np.float32)
        if negatives is None:
            width = data.reader.sequences.n_items
            return _add_up(rows, items - 1, values, (len(events), width))
        is_target = items == targets[rows]
        order = np.argsort(negatives, kind="stable")
        found, places = places_among(negatives, order, items)
        return _add_up(
            np.concatenate([rows[is_target], rows[found]]),
            np.concatenate([np.zeros(is_target.sum(), dtype=np.int64), 1 + places]),
            np.concatenate([values[is_target], values[found]]),
            (len(events), 1 + len(negatives)),
        )


def _add_up(rows, columns, values, shape):
    """Return an array with the values summed by their cells."""
    cells, place = np.unique(rows * np.int64(shape[1]) + columns, return_inverse=True)
    table = np.zeros(shape, dtype=np.float32)
    table.ravel()[cells] = np.bincount(place, weights=values, minlength=len(cells))
    return table
