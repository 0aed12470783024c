"""Ragged histories -> padded batches of events; knows arrays and tensors alone."""

import functools
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from seqrec._validation.arrays import offsets_from_lengths, ragged_positions
from seqrec.estimators._event_reader import Channels, SequenceReader
from seqrec.nn.events import Events

__all__ = [
    "Batch",
    "EventBatches",
    "HistoryBatch",
    "Negatives",
    "TrainingSet",
    "cut_by_budget",
    "history_batches",
]

_NO_CHANNELS = Channels()  # the item codes alone
_INFERENCE_EVENTS = 8192  # padded events of a batch without gradients
_MOST_READ = 16.0  # events read for one target, beyond which a batch grows no more


class Batch:
    """Inputs of one training step.

    Parameters
    ----------
    events : Events
        Padded rows.
    positions : Tensor of shape (N,), dtype=int64, or None
        Where a target is: ``row * T + step``; None where each row has one, at its end.
    rows : Tensor of shape (R,), dtype=int64, or None
        0 and the item codes of this step, in order, where codes are places among them;
        None where codes are those of the catalogue.
    """

    def __init__(self, events, positions=None, rows=None):
        self.events = events
        self.positions = positions
        self.rows = rows

    def __len__(self):
        return len(self.events.mask if self.positions is None else self.positions)

    def to(self, device):
        """Return what there is of the parts, by name, on a device."""
        parts = vars(self).items()
        return {name: part.to(device) for name, part in parts if part is not None}


class TrainingSet(torch.utils.data.Dataset):
    """Histories with a target after some of their events.

    Parameters
    ----------
    reader : SequenceReader
        Reads the events.
    events : ndarray of shape (n_events,), dtype=int64
        Position of each event in the columns of the reader, row after row.
    targets : ndarray of shape (n_events,), dtype=int32
        Item code of what comes after each event (0: no target).
    offsets : ndarray of shape (n_rows + 1,), dtype=int64
        Events of row `i` are ``events[offsets[i]:offsets[i + 1]]``.
    max_length : int
        Longer rows are cut into pieces of at most so many events.
    stride : int or None
        New events of each piece of a long row; the others repeat the end of the piece
        before. None: pieces share no event.
    auxiliary : ndarray of shape (n_events, n_tasks), dtype=float32, or None
        Further targets of what comes after each event, NaN where unknown.

    Attributes
    ----------
    negatives : Negatives or None
        What is drawn for each batch; None for losses that need nothing.
    lookahead : float
        Share of targets that stand back for one that comes later.
    """

    negatives = None
    lookahead = 0.0

    def __init__(
        self, reader, events, targets, offsets, max_length, *, stride, auxiliary=None
    ):
        self.reader = reader
        self.events = events
        self.codes = reader.sequences.codes[events]
        self.targets = targets
        self.offsets = offsets
        self.max_length = max_length
        self.stride = max_length if stride is None else stride
        self.auxiliary = auxiliary

    def __len__(self):
        return len(self.offsets) - 1

    @property
    def n_targets(self):
        """Number of events that have a target."""
        return int(np.count_nonzero(self.targets))

    def target_counts(self, n_items):
        """Return how often each item is a target, of shape (n_items,)."""
        return np.bincount(self.targets, minlength=n_items + 1)[1:]

    def draw_targets(self, events, rng):
        """Return the target after each event, or with some luck a later one.

        A target stands back for the next one with a chance of `lookahead`, that one
        again for the one after it, and so on to the end of the row.
        """
        if not self.lookahead:
            return self.targets[events]
        further = rng.geometric(1.0 - self.lookahead, events.shape) - 1
        return self.targets[np.minimum(events + further, self.row_ends[events] - 1)]

    @functools.cached_property
    def row_ends(self):
        """Where the row of each event ends, of shape (n_events,)."""
        return np.repeat(self.offsets[1:], np.diff(self.offsets))

    @functools.cached_property
    def read_rows(self):
        """Starts and lengths of rows, without events too far before any target."""
        before = offsets_from_lengths(self.targets > 0)
        first, end = before[self.offsets[:-1]], before[self.offsets[1:]]
        kept = first < end  # rows that have a target
        where = np.flatnonzero(self.targets)[first[kept]]
        starts = np.maximum(self.offsets[:-1][kept], where + 1 - self.max_length)
        return starts, self.offsets[1:][kept] - starts

    @classmethod
    def from_sequences(
        cls,
        sequences,
        targets,
        max_length,
        *,
        stride=None,
        channels=_NO_CHANNELS,
        tasks=(),
    ):
        """Learn every next event of the rows, or the given target of each row.

        Rows that share a start are prefixes of one history and become one row with
        several targets. `tasks` are further targets to learn of every next event.
        """
        reader = SequenceReader(sequences, channels)
        if targets is not None:
            events, after, offsets = _merge_prefixes(sequences, targets)
            return cls(reader, events, after, offsets, max_length, stride=stride)
        lengths = np.maximum(sequences.lengths - 1, 0)
        starts = sequences.starts[lengths > 0]
        lengths = lengths[lengths > 0]
        events = ragged_positions(starts, lengths)
        columns = [task.targets(sequences.context[task.name]) for task in tasks]
        return cls(
            reader,
            events,
            sequences.codes[events + 1],
            offsets_from_lengths(lengths),
            max_length,
            stride=stride,
            auxiliary=np.stack(columns, axis=1)[events + 1] if columns else None,
        )

    def keep_last_targets(self):
        """Leave each row with the target after its last event alone."""
        self.__dict__.pop("read_rows", None)
        is_last = np.zeros(len(self.targets), dtype=bool)
        is_last[self.offsets[1:] - 1] = True
        self.targets = np.where(is_last, self.targets, 0)
        if self.auxiliary is not None:
            self.auxiliary = np.where(is_last[:, None], self.auxiliary, np.nan)

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

        Every event is new in one piece, so that none is unused; where cuts fall
        differs from epoch to epoch. A piece in which no new event has a target is
        left out, and so is what comes too early for the first target of its row::

            row of 7, max_length=4, stride=2      a b c d e f g
            pieces (new events in capitals)       A B C
                                                    b c D E
                                                        d e F G

        Returns
        -------
        starts, lengths, fresh : ndarray of shape (n_pieces,), dtype=int64
            Events of each piece, and how many of its last ones are new.
        """
        starts, lengths = self.read_rows
        limit, stride = self.max_length, min(self.stride, self.max_length)
        is_long = lengths > limit
        if not is_long.any():
            return starts, lengths, lengths
        shortest = limit - stride + 1
        first = np.where(
            is_long, rng.integers(shortest, limit + 1, len(lengths)), lengths
        )
        n_more = -(-(lengths - first) // stride)
        more = np.repeat(starts + first, n_more)  # the first new event of each piece
        more += stride * (ragged_positions(np.zeros_like(n_more), n_more))
        row_start, row_end = (
            np.repeat(end, n_more) for end in (starts, starts + lengths)
        )
        ends = np.minimum(more + stride, row_end)
        begins = np.maximum(more - (limit - stride), row_start)
        starts = np.concatenate([starts, begins])
        lengths = np.concatenate([first, ends - begins])
        fresh = np.concatenate([first, ends - more])
        before = offsets_from_lengths(self.targets > 0)
        stops = starts + lengths
        has_target = before[stops] > before[stops - fresh]
        return starts[has_target], lengths[has_target], fresh[has_target]

    def budget(self, batch_size):
        """Return how many padded events a batch may have.

        As many more as there are events for each target: few targets a step would
        pull the weights about.
        """
        n_read = self.read_rows[1].sum()
        return int(batch_size * min(n_read / max(1, self.n_targets), _MOST_READ))

    def n_batches(self, batch_size):
        """Return how many batches an epoch has, give or take where cuts fall."""
        _, lengths, _ = self.pieces(np.random.default_rng(0))
        return len(cut_by_budget(np.sort(lengths)[::-1], self.budget(batch_size))) - 1

    def bearable_rate(self, batch_size):
        """Return the share of the learning rate that steps of few targets bear.

        The root of the targets a step has over those that it could have, as adaptive
        optimisers want it (Malladi et al. 2022, arXiv:2205.10287).
        """
        a_step = self.n_targets / max(1, self.n_batches(batch_size))
        return min(1.0, (a_step / batch_size) ** 0.5)


def _merge_prefixes(sequences, targets):
    """Return positions, targets and offsets of rows with their prefixes joined."""
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
    events = ragged_positions(starts[last], lengths)
    after = np.zeros(len(events), dtype=np.int32)
    after[offsets[group] + stops - starts - 1] = targets
    return events, after, offsets


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
        Padded events of a batch where each has a target, see `TrainingSet.budget`; a
        longer piece is a batch of its own.
    """

    def __init__(self, dataset, batch_size):
        self.dataset = dataset
        self.batch_size = batch_size

    def __iter__(self):
        data = self.dataset
        seed = int(torch.randint(2**31, (1,)))  # the caller has seeded torch
        rng = np.random.default_rng(seed)
        starts, lengths, fresh = data.pieces(rng)
        order = np.lexsort((rng.random(len(lengths)), -lengths))
        cuts = cut_by_budget(lengths[order], data.budget(self.batch_size))
        for number in rng.permutation(len(cuts) - 1):
            rows = order[cuts[number] : cuts[number + 1]]
            where, real = padded_positions(starts[rows], lengths[rows])
            is_new = np.arange(where.shape[1]) >= (lengths - fresh)[rows, None]
            drawn = data.draw_targets(where, rng)
            targets = np.where(real & is_new, drawn, 0).ravel()
            events = data.reader.gather(data.events[where], real)
            positions = np.flatnonzero(targets)
            answers = {"items": torch.from_numpy(targets[positions].astype(np.int64))}
            if data.auxiliary is not None:
                further = data.auxiliary[where.ravel()[positions]]
                answers["further"] = torch.from_numpy(further)
            named = None
            if data.negatives is not None:
                events, answers, named = data.negatives.add(events, answers)
            yield Batch(events, torch.from_numpy(positions), named), answers


class Negatives:
    """Draws the negatives of a batch, and names the items that the step is about.

    Parameters
    ----------
    sampler : NegativeSampler
        Draws item codes.
    n : int
        How many a batch.
    by_rows : bool
        Whether codes become places among the items of the batch, so that network, loss
        and optimiser have work with these alone, however large the catalogue is.
    """

    def __init__(self, sampler, n, *, by_rows):
        self.sampler = sampler
        self.n = n
        self.by_rows = by_rows

    def add(self, events, answers):
        """Return events and answers with negatives, and the rows of the batch."""
        negatives, log_q = self.sampler.draw(self.n)
        answers = {**answers, "negatives": negatives}
        if log_q is not None:
            answers["log_q"] = log_q
        if not self.by_rows:
            return events, answers, None
        parts = [torch.zeros(1, dtype=torch.int64), events.codes.flatten()]
        parts += [answers["items"], negatives]
        rows, places = np.unique(torch.cat(parts).numpy(), return_inverse=True)
        _, codes, items, negatives = torch.from_numpy(places).split(
            [len(part) for part in parts]
        )
        events = events._replace(codes=codes.view_as(events.codes))
        answers = {**answers, "items": items, "negatives": negatives}
        return events, answers, torch.from_numpy(rows)


def padded_positions(starts, lengths):
    """Return positions (B, T) of windows, padded on the right, and where they are real.

    What stands at padding is the first position of the window.
    """
    steps = np.arange(max(1, int(lengths.max(initial=0))))
    real = steps < lengths[:, None]
    return np.where(real, starts[:, None] + steps, starts[:, None]), real


def cut_by_budget(lengths, budget):
    """Return cuts of rows, longest first, so that rows x longest is in the budget."""
    cuts = [0]
    while cuts[-1] < len(lengths):
        longest = max(1, int(lengths[cuts[-1]]))
        cuts.append(min(len(lengths), cuts[-1] + max(1, budget // longest)))
    return cuts


class HistoryBatch(NamedTuple):
    """Rows of like length: their numbers, and their events."""

    rows: np.ndarray
    events: Events


def history_batches(reader, starts, lengths):
    """Yield windows of events, those of like length together.

    Parameters
    ----------
    reader : SequenceReader or ArrayReader
        Reads the events.
    starts, lengths : ndarray of shape (n_rows,), dtype=int64
        Window of each row; it may be empty.

    Yields
    ------
    batch : HistoryBatch
        A bounded number of padded events.
    """
    order = np.argsort(-lengths, kind="stable")
    cuts = cut_by_budget(lengths[order], _INFERENCE_EVENTS)
    for start, stop in pairwise(cuts):
        rows = order[start:stop]
        where, real = padded_positions(starts[rows], lengths[rows])
        where[~real] = 0  # an empty window may start behind the last event
        yield HistoryBatch(rows, reader.gather(where, real))
