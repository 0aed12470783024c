"""Rows with one target each -> padded batches; knows arrays and tensors alone."""

import numpy as np
import torch

from seqrec._validation.arrays import ragged_positions
from seqrec.estimators._batching import Batch, padded_positions

__all__ = ["RowBatches", "RowSet", "cut_rows", "row_keys"]

_MAX_EVENTS = 2**15  # padded events of a batch
_MIX = np.uint64(0x9E3779B97F4A7C15)


class RowSet(torch.utils.data.Dataset):
    """Rows of events with targets and weights.

    Parameters
    ----------
    reader : ArrayReader or SequenceReader
        Reads the events.
    starts, lengths : ndarray of shape (n_rows,), dtype=int64
        Window of each row.
    targets : ndarray of shape (n_rows, n_outputs) or (n_rows,)
        Real values, NaN where unknown, or class numbers.
    weights : ndarray of shape (n_rows,)
        Weight of each row.
    """

    def __init__(self, reader, starts, lengths, targets, weights):
        self.reader = reader
        self.starts = starts
        self.lengths = lengths
        self.targets = targets
        self.weights = weights

    def __len__(self):
        return len(self.starts)

    def take(self, rows):
        """Return some of the rows."""
        return RowSet(
            self.reader,
            self.starts[rows],
            self.lengths[rows],
            self.targets[rows],
            self.weights[rows],
        )

    def n_batches(self, batch_size):
        """Return how many batches an epoch has."""
        return len(cut_rows(np.sort(self.lengths)[::-1], batch_size)) - 1

    def batch(self, rows):
        """Return a batch of some rows, and its (targets, weights)."""
        where, real = padded_positions(self.starts[rows], self.lengths[rows])
        where[~real] = 0
        batch = Batch(self.reader.gather(where, real))
        targets = torch.from_numpy(self.targets[rows])
        return batch, (targets, torch.from_numpy(self.weights[rows]))


class RowBatches:
    """Iterate over the batches of one epoch, as skorch's `iterator_train`.

    Parameters
    ----------
    dataset : RowSet
        Rows and targets.
    batch_size : int
        Rows of a batch, those of like length together; fewer where they are long.
    """

    def __init__(self, dataset, batch_size):
        self.dataset = dataset
        self.batch_size = batch_size

    def __iter__(self):
        data = self.dataset
        seed = int(torch.randint(2**31, (1,)))  # the caller has seeded torch
        rng = np.random.default_rng(seed)
        order = np.lexsort((rng.random(len(data)), -data.lengths))
        cuts = cut_rows(data.lengths[order], self.batch_size)
        for number in rng.permutation(len(cuts) - 1):
            yield data.batch(order[cuts[number] : cuts[number + 1]])


def cut_rows(lengths, batch_size):
    """Return cuts of rows, longest first, into batches of bounded size."""
    cuts = [0]
    while cuts[-1] < len(lengths):
        longest = max(1, int(lengths[cuts[-1]]))
        size = max(1, min(batch_size, _MAX_EVENTS // longest))
        cuts.append(min(len(lengths), cuts[-1] + size))
    return cuts


def row_keys(columns, starts, lengths, targets):
    """Return keys of rows that are equal where all that rows hold is equal.

    Parameters
    ----------
    columns : list of ndarray of shape (n_events,)
        What the events are made of.
    starts, lengths : ndarray of shape (n_rows,), dtype=int64
        Window of each row.
    targets : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Part of the row.

    Returns
    -------
    keys : ndarray of shape (3, n_rows), dtype=uint64
        Keys as `numpy.lexsort` takes them: one of the targets, then two of the events,
        so that rows are sorted by their events first.
    """
    positions = ragged_positions(starts, lengths)
    steps = _stir(positions - np.repeat(starts, lengths))
    row = np.repeat(np.arange(len(starts)), lengths)
    targets = targets.reshape(len(starts), -1)
    n_salts = len(columns) + targets.shape[1]
    salts = _stir(np.arange(2 * n_salts)).reshape(2, n_salts)
    keys = np.zeros((3, len(starts)), dtype=np.uint64)
    for number in range(targets.shape[1]):
        keys[0] += _stir(_bits(targets[:, number]) + salts[0, -1 - number])
    for key, salt in zip(keys[1:], salts, strict=True):
        event = np.zeros(len(positions), dtype=np.uint64)
        for number, column in enumerate(columns):
            event += _stir(_bits(column)[positions] + salt[number])
        _add_at(key, row, _stir(event + steps))
        key += _stir(lengths)
    return keys


def _add_at(total, places, values):
    """Add values, modulo 2**64, to places in non-decreasing order."""
    if len(values):
        first = np.flatnonzero(np.append(True, np.diff(places) > 0))
        total[places[first]] += np.add.reduceat(values, first)


def _bits(column):
    """Return the bits of numbers; zeros and NaNs of every kind are alike."""
    column = np.asarray(column)
    if column.dtype.kind != "f":
        return column.astype(np.int64).view(np.uint64)
    column = column.astype(np.float64) + 0.0
    column[np.isnan(column)] = np.nan
    return column.view(np.uint64)


def _stir(values):
    """Mix the bits of integers (the finaliser of SplitMix64, Steele et al. 2014)."""
    mixed = np.asarray(values).astype(np.uint64) + _MIX
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
