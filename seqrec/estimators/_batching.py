"""Ragged histories -> padded batches of events; knows arrays and tensors alone."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from seqrec._validation.arrays import offsets_from_lengths, ragged_positions

__all__ = ["Batch", "EventBatches", "TrainingSet", "cut_by_budget", "history_batches"]

_INFERENCE_EVENTS = 8192  # padded events of a batch without gradients


class Batch:
    """Inputs of one training step.

    Parameters
    ----------
    codes : Tensor of shape (B, T), dtype=int64
        Item codes, padded with 0 on the right.
    positions : Tensor of shape (N,), dtype=int64
        Where a target is: ``row * T + step``.
    """

    def __init__(self, codes, positions):
        self.codes = codes
        self.positions = positions

    def __len__(self):
        return len(self.positions)


class TrainingSet(torch.utils.data.Dataset):
    """Histories with a target after some of their events.

    Parameters
    ----------
    codes, targets : ndarray of shape (n_events,), dtype=int32
        Item code of each event, and of what comes after it (0: no target).
    offsets : ndarray of shape (n_rows + 1,), dtype=int64
        Events of row `i` are ``codes[offsets[i]:offsets[i + 1]]``.
    max_length : int
        Longer rows are cut into pieces of at most so many events.
    """

    def __init__(self, codes, targets, offsets, max_length):
        self.codes = codes
        self.targets = targets
        self.offsets = offsets
        self.max_length = max_length

    def __len__(self):
        return len(self.offsets) - 1

    @property
    def n_targets(self):
        """Number of events that have a target."""
        return int(np.count_nonzero(self.targets))

    @classmethod
    def from_sequences(cls, sequences, targets, max_length):
        """Learn every next event of the rows, or the given target of each row.

        Rows that share a start are prefixes of one history and become one row with
        several targets.
        """
        if targets is None:
            lengths = np.maximum(sequences.lengths - 1, 0)
            starts = sequences.starts[lengths > 0]
            lengths = lengths[lengths > 0]
            here = ragged_positions(starts, lengths)
            codes, after = sequences.codes[here], sequences.codes[here + 1]
            return cls(codes, after, offsets_from_lengths(lengths), max_length)
        codes, after, offsets = _merge_prefixes(sequences, targets)
        return cls(codes, after, offsets, max_length)

    def histories(self):
        """Return the codes of whole rows, their last targets included.

        Returns
        -------
        codes : ndarray of shape (n_events + n_rows,), dtype=int32
            Item codes, row after row.
        history : ndarray of shape (n_events + n_rows,), dtype=int64
            Number of the row of each, from 0.
        """
        ends = self.offsets[1:]
        codes = np.insert(self.codes, ends, self.targets[ends - 1])
        return codes, np.repeat(np.arange(len(self)), np.diff(self.offsets) + 1)

    def pieces(self, rng):
        """Cut rows into pieces of at most `max_length` events, at random offsets.

        Every event is in one piece, so that none is unused; where cuts fall differs
        from epoch to epoch. A piece in which no event has a target is left out.

        Returns
        -------
        starts, lengths : ndarray of shape (n_pieces,), dtype=int64
        """
        starts, lengths = self.offsets[:-1], np.diff(self.offsets)
        limit = self.max_length
        is_long = lengths > limit
        if not is_long.any():
            return starts, lengths
        first = np.where(is_long, rng.integers(1, limit + 1, len(lengths)), lengths)
        n_more = -(-(lengths - first) // limit)
        more = np.repeat(starts + first, n_more)
        more += limit * (ragged_positions(np.zeros_like(n_more), n_more))
        ends = np.repeat(starts + lengths, n_more)
        starts = np.concatenate([starts, more])
        lengths = np.concatenate([first, np.minimum(limit, ends - more)])
        before = offsets_from_lengths(self.targets > 0)
        has_target = before[starts + lengths] > before[starts]
        return starts[has_target], lengths[has_target]


def _merge_prefixes(sequences, targets):
    """Return codes, targets and offsets of rows with their prefixes joined."""
    kept = sequences.lengths > 0
    starts, stops, targets = (
        part[kept] for part in (sequences.starts, sequences.stops, targets)
    )
    # A second target of one and the same prefix starts a row of its own.
    order = np.lexsort((stops, starts))
    starts, stops, targets = starts[order], stops[order], targets[order]
    same = (np.diff(starts) == 0) & (np.diff(stops) == 0)
    run = np.arange(len(starts))
    again = run - np.maximum.accumulate(
        np.where(np.append(True, ~same)[: len(run)], run, 0)
    )
    order = np.lexsort((stops, again, starts))
    starts, stops, targets, again = (
        part[order] for part in (starts, stops, targets, again)
    )
    new = np.append(True, (np.diff(starts) != 0) | (np.diff(again) != 0))[: len(starts)]
    group = np.cumsum(new) - 1
    last = np.append(np.flatnonzero(new)[1:], len(starts)) - 1
    lengths = stops[last] - starts[last]
    offsets = offsets_from_lengths(lengths)
    codes = sequences.codes[ragged_positions(starts[last], lengths)]
    after = np.zeros(len(codes), dtype=np.int32)
    after[offsets[group] + stops - starts - 1] = targets
    return codes, after, offsets


class EventBatches:
    """Iterate over the batches of one epoch, as skorch's `iterator_train`.

    A batch holds a budget of events, not of rows: pieces of like length together,
    padded to the longest of that batch. It is gathered from the flat columns with one
    index.

    Parameters
    ----------
    dataset : TrainingSet
        Histories and targets.
    batch_size : int
        Padded events of a batch; a longer piece is a batch of its own.
    """

    def __init__(self, dataset, batch_size):
        self.dataset = dataset
        self.batch_size = batch_size

    def __iter__(self):
        data = self.dataset
        seed = int(torch.randint(2**31, (1,)))  # the caller has seeded torch
        rng = np.random.default_rng(seed)
        starts, lengths = data.pieces(rng)
        order = np.lexsort((rng.random(len(lengths)), -lengths))
        cuts = cut_by_budget(lengths[order], self.batch_size)
        for number in rng.permutation(len(cuts) - 1):
            rows = order[cuts[number] : cuts[number + 1]]
            steps = np.arange(lengths[rows[0]])
            real = steps < lengths[rows, None]  # (B, T)
            where = np.where(real, starts[rows, None] + steps, 0)
            targets = np.where(real, data.targets[where], 0).ravel()
            positions = np.flatnonzero(targets)
            codes = np.where(real, data.codes[where], 0).astype(np.int64)
            batch = Batch(torch.from_numpy(codes), torch.from_numpy(positions))
            yield batch, torch.from_numpy(targets[positions].astype(np.int64))


def cut_by_budget(lengths, budget):
    """Return cuts of rows, longest first, so that rows x longest is in the budget."""
    cuts = [0]
    while cuts[-1] < len(lengths):
        longest = max(1, int(lengths[cuts[-1]]))
        cuts.append(min(len(lengths), cuts[-1] + max(1, budget // longest)))
    return cuts


class HistoryBatch(NamedTuple):
    """Rows of like length: their numbers, padded codes (B, T) and lengths (B,)."""

    rows: np.ndarray
    codes: torch.Tensor
    lengths: torch.Tensor


def history_batches(sequences, max_length):
    """Yield the last `max_length` events of all rows, rows of like length together."""
    recent = sequences.last(max_length)
    lengths = recent.lengths
    order = np.argsort(-lengths, kind="stable")
    cuts = cut_by_budget(lengths[order], _INFERENCE_EVENTS)
    for start, stop in pairwise(cuts):
        rows = order[start:stop]
        steps = np.arange(max(1, lengths[rows[0]]))
        real = steps < lengths[rows, None]
        codes = np.zeros(real.shape, dtype=np.int64)  # (B, T)
        codes[real] = recent.codes[(recent.starts[rows, None] + steps)[real]]
        yield HistoryBatch(
            rows, torch.from_numpy(codes), torch.from_numpy(lengths[rows])
        )
