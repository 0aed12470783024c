"""A memory beside the network: what sequential rules vote for, in training and after.

Knows fitted rules, arrays and sparse matrices; what votes are worth is learned by the
`MemoryWeight` of the network.
"""

import copy

import numpy as np
import torch
from scipy import sparse

from seqrec.estimators._counts import weigh_histories

__all__ = ["Memory", "MemoryOffsets", "merge_voted", "places_among", "remember"]

_PAIRS = 2**16  # products of a state and an item vector in memory at once


def remember(rules, sequences, targets):
    """Return rules that know some sequences too; `rules` stay as they were.

    Parameters
    ----------
    rules : SequentialRulesRecommender
        Fitted, or not.
    sequences : Sequences
        In the codes of the rules' catalogue.
    targets : ndarray of shape (n_rows,) or None
        Item codes; None is every next event.
    """
    ids = None if targets is None else sequences.vocabulary.decode(targets)
    return copy.copy(rules).partial_fit(sequences, ids)


class Memory:
    """The votes of the events of a history for the items that may come next.

    Parameters
    ----------
    rules : SequentialRulesRecommender
        Fitted.

    Attributes
    ----------
    table : sparse array of shape (n_items, n_items), dtype=float32
        Vote of the item of the row for that of the column, as the last event.
    start : float
        What votes are worth at the start of training.
    """

    start = 0.5

    def __init__(self, rules):
        self.max_gap = rules.max_gap
        self.decay = float(rules.decay)
        self.history_length = rules.history_length
        self.counted = rules.rule_weights_  # to tell whether more has been counted
        totals = np.asarray(rules._totals)
        # An item without rules votes for nothing; its total may be 0.
        divisors = np.where(totals > 0, totals + rules.shrink, np.inf)
        scale = 1.0 / divisors
        self._scale = scale.astype(np.float32)
        values = self.counted.data * np.repeat(scale, np.diff(self.counted.indptr))
        self.table = sparse.csr_array(
            (
                values.astype(np.float32),
                self.counted.indices,
                self.counted.indptr,
            ),
            shape=self.counted.shape,
        )

    def votes(self, sequences):
        """Return the votes of histories for all items, sparse, (n_rows, n_items)."""
        query = weigh_histories(sequences, self.decay, self.history_length)
        return sparse.csr_array(query.astype(np.float32) @ self.table)

    def event_votes(self, sequences, columns):
        """Return the vote of each event of histories for one item a row.

        Parameters
        ----------
        sequences : Sequences
            Histories.
        columns : ndarray of shape (n_rows,)
            Item codes minus 1.

        Returns
        -------
        votes : ndarray of shape (n_events,), dtype=float32
            Row after row, in the order of events; those of a row add up to what
            `votes` has for its item.
        """
        lengths = sequences.lengths
        ends = np.repeat(np.cumsum(lengths), lengths)
        back = ends - 1 - np.arange(len(ends))
        items = sequences.codes[sequences.positions()] - 1
        votes = self._look_up(items, np.repeat(columns, lengths))
        votes *= np.power(self.decay, back, dtype=np.float32)
        if self.history_length is not None:
            votes[back >= self.history_length] = 0.0
        return votes

    # ------------------------------------------------------------------ training
    def training_votes(self, data, where, positions, targets, negatives=None):
        """Return the votes before each target of a batch, the target's own taken out.

        What the counts have of an event and those that followed it would tell the
        target: pairs of an event up to the position and one after it do not vote. The
        totals that votes are divided by keep them.

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
        events = where.ravel()[positions]
        steps = positions % where.shape[1]
        columns = None if negatives is None else negatives - 1
        votes = self._running(data.codes[where] - 1, columns)[positions]
        if columns is not None:
            own = self._target_votes(data, events, steps, targets)
            votes = np.concatenate([own[:, None], votes], axis=1)
        self._take_out(votes, data, events, steps, targets, columns)
        return np.maximum(votes, 0.0, out=votes)

    def _running(self, items, columns):
        """Return the votes (B * T, C) after each event of rows of items (B, T)."""
        n_rows, n_steps = items.shape
        used, places = np.unique(items, return_inverse=True)
        places = places.reshape(items.shape)
        table = self.table[used]
        if columns is not None:
            table = table[:, columns]
        table = table.toarray()  # (items of the batch, C)
        votes = np.empty((n_rows, n_steps, table.shape[1]), dtype=np.float32)
        votes[:, 0] = table[places[:, 0]]
        length = self.history_length or n_steps
        for step in range(1, n_steps):
            now = np.multiply(votes[:, step - 1], self.decay, out=votes[:, step])
            now += table[places[:, step]]
            if step >= length:
                gone = self.decay**length
                now -= np.float32(gone) * table[places[:, step - length]]
        return votes.reshape(n_rows * n_steps, -1)

    def _target_votes(self, data, events, steps, targets):
        """Return the votes (N,) for the targets."""
        n_back = int(steps.max(initial=0)) + 1
        if self.history_length is not None:
            n_back = min(n_back, self.history_length)
        back = np.arange(n_back)
        row, column = np.nonzero(back <= steps[:, None])
        items = data.codes[events[row] - column] - 1
        votes = self._look_up(items, targets[row] - 1)
        votes *= np.power(self.decay, back, dtype=np.float32)[column]
        return np.bincount(row, votes, minlength=len(events)).astype(np.float32)

    def _look_up(self, rows, columns):
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        return np.asarray(self.table[rows, columns], dtype=np.float32).ravel()

    def _take_out(self, votes, data, events, steps, targets, columns):
        """Take from votes what pairs across each position have added to them."""
        order = None if columns is None else np.argsort(columns, kind="stable")
        row_ends = data.row_ends[events]
        length = self.history_length or self.max_gap
        for ahead in range(self.max_gap):  # 0 is the target itself
            rows = np.flatnonzero(events + ahead < row_ends)
            items = data.targets[events[rows] + ahead].astype(np.int64) - 1
            rows, items = rows[items >= 0], items[items >= 0]
            own = np.zeros(len(rows), dtype=np.float32)
            for back in range(min(self.max_gap - ahead, length)):
                is_read = steps[rows] >= back
                before = data.codes[np.maximum(events[rows] - back, 0)] - 1
                share = np.float32(self.decay**back / (ahead + 1 + back))
                own += np.where(is_read, share * self._scale[before], np.float32(0))
            if columns is None:
                votes[rows, items] -= own
                continue
            is_target = items == targets[rows] - 1
            votes[rows[is_target], 0] -= own[is_target]
            row, place = places_among(columns, order, items)
            votes[rows[row], 1 + place] -= own[row]


def places_among(columns, order, items):
    """Return (number of an item, place in `columns`) of every occurrence of items."""
    ordered = columns[order]
    first = np.searchsorted(ordered, items)
    n_found = np.searchsorted(ordered, items, side="right") - first
    rows = np.repeat(np.arange(len(items)), n_found)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(n_found) - n_found, n_found)
    return rows, order[first[rows] + within]


class MemoryOffsets:
    """What memories add to the scores of histories, a block of rows at a time.

    Parameters
    ----------
    memories : sequence of Memory or Repeats
        Give the votes.
    weight : MemoryWeight
        Says what they are worth.
    sequences : Sequences
        Histories, cut to what the network reads.
    """

    def __init__(self, memories, weight, sequences):
        self.memories = memories
        self.weight = weight
        self.sequences = sequences

    @torch.no_grad()
    def __call__(self, rows):
        """Return the offsets of a slice of rows, sparse, (n_rows, n_items)."""
        device = self.weight.raw_weight.device
        whole = None
        for kind, memory in enumerate(self.memories):
            votes = memory.votes(self.sequences[rows])
            offsets = self.weight.of_kind(kind, torch.from_numpy(votes.data).to(device))
            votes.data = offsets.cpu().numpy()
            whole = votes if whole is None else whole + votes
        return whole


def merge_voted(queries, weight, bias, found, values, offsets):
    """Add items with offsets to items found by an index; all in the order of scores.

    Parameters
    ----------
    queries : ndarray of shape (n, D)
        States as the item vectors are multiplied with them.
    weight, bias : ndarray of shape (V, D), and (V,) or None
        The item vectors.
    found, values : ndarray of shape (n, k)
        Item codes (0: none) and scores without offsets.
    offsets : sparse array of shape (n, V)
        What is added to the scores.

    Returns
    -------
    codes, scores : ndarray of shape (n, m)
        Best first, m at least k; 0 and minus infinity where a row has no more.
    """
    n, n_items = offsets.shape
    rows = np.repeat(np.arange(n), np.diff(offsets.indptr))
    items = offsets.indices.astype(np.int64)
    scores = offsets.data.astype(np.float32)
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        scores[part] += np.einsum("ij,ij->i", queries[rows[part]], weight[items[part]])
    if bias is not None:
        scores += bias[items]
    voted = rows * n_items + items
    others = np.arange(n)[:, None] * n_items + found - 1
    is_new = (found > 0) & ~np.isin(others, voted)
    rows = np.concatenate([rows, np.nonzero(is_new)[0]])
    items = np.concatenate([items + 1, found[is_new]])
    scores = np.concatenate([scores, values[is_new]])
    order = np.lexsort((items, -scores, rows))
    lengths = np.bincount(rows, minlength=n)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    shape = n, max(found.shape[1], int(lengths.max(initial=0)))
    codes = np.zeros(shape, dtype=np.int64)
    best = np.full(shape, -np.inf, dtype=np.float32)
    codes[rows[order], place], best[rows[order], place] = items[order], scores[order]
    return codes, best
