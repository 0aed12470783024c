"""Memories beside the network: whom the events of a history vote for.

Knows fitted counting recommenders, arrays and sparse matrices; what votes are worth is
chosen by ``_calibration``.
"""

import copy
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import clone

from seqrec._compat import validate_parameters
from seqrec._validation.params import suggest
from seqrec.estimators._counts import weigh_histories
from seqrec.estimators._item_knn import ItemKNNRecommender
from seqrec.estimators._markov_chain import MarkovChainRecommender
from seqrec.estimators._own_rules import OwnRules
from seqrec.estimators._sequential_rules import SequentialRulesRecommender

__all__ = [
    "KINDS",
    "USUAL_WEIGHT",
    "Memory",
    "MemoryOffsets",
    "make_memory",
    "merge_voted",
    "name_memories",
    "remember",
    "start_weight",
]

_PAIRS = 2**16  # products of a state and an item vector in memory at once
_MOST_DENSE = 2**23  # cells of a table that is kept whole
_DENSE = 0.2  # share of its cells that are filled
_LENGTH = 10  # latest events that vote; earlier ones change next to nothing
_REPEAT_DECAY = 0.98
USUAL_WEIGHT = 0.5  # of votes where held-out targets do not tell


class _Kind(NamedTuple):
    """What is particular about one kind of memory.

    Attributes
    ----------
    floor : float
        Votes that an item gets for nothing: about what one event gives a likely next
        item.
    start : float
        What votes are worth before held-out targets tell: what did good on every log.
    usual : estimator or None
        The counting recommender that a name stands for; None needs no counts.
    counted : callable or None
        Takes it fitted, returns table, decay and history length.
    """

    floor: float
    start: float
    usual: Any = None
    counted: Any = None


def _of_rules(rules):
    # An item without rules votes for nothing; its total may be 0.
    totals = np.asarray(rules._totals)
    totals = np.where(totals > 0, totals + rules.shrink, np.inf)
    table = _divide_rows(rules.rule_weights_, totals)
    return table, float(rules.decay), rules.history_length


def _of_chain(chain):
    totals = np.asarray(chain._n_steps) + chain.smoothing
    return _divide_rows(chain.transition_counts_, totals), 0.0, 1


def _of_neighbours(knn):
    return knn.similarities_, float(knn.decay), knn.history_length


def _divide_rows(counted, totals):
    """Return a sparse array over a number for each row, as float32."""
    values = counted.data / np.repeat(totals, np.diff(counted.indptr))
    return sparse.csr_array(
        (values.astype(np.float32), counted.indices, counted.indptr),
        shape=counted.shape,
    )


KINDS = {
    "rules": _Kind(
        0.01,
        USUAL_WEIGHT,
        SequentialRulesRecommender(history_length=_LENGTH),
        _of_rules,
    ),
    "markov_chain": _Kind(0.01, 0.0, MarkovChainRecommender(), _of_chain),
    "item_knn": _Kind(
        0.1, USUAL_WEIGHT, ItemKNNRecommender(history_length=_LENGTH), _of_neighbours
    ),
    "repeats": _Kind(0.1, 0.0),
    "own_rules": _Kind(0.1, 0.0),
}


def name_memories(memory):
    """Return the recommenders, not fitted, that a parameter asks for, by name.

    Parameters
    ----------
    memory : str, recommender, sequence of these, or None
        Kinds, or counting recommenders of these kinds.

    Returns
    -------
    memories : dict of str to recommender or None
        None stands for what needs no counts but the history itself, repeats and own
        rules. The second of a kind is "rules-2", and so on.

    Raises
    ------
    ValueError
        If something is of no kind that there is, or has a parameter out of range.
    """
    if memory is None:
        return {}
    asked = memory if isinstance(memory, list | tuple) else [memory]
    memories: dict = {}
    for one in asked:
        kind = _kind_of(one)
        n_before = sum(_kind_named(name) == kind for name in memories)
        name = f"{kind}-{n_before + 1}" if n_before else kind
        made = KINDS[kind].usual if isinstance(one, str) else one
        if made is not None:
            validate_parameters(made)
            made = clone(made)
        memories[name] = made
    return memories


def start_weight(name):
    """Return what votes of a memory are worth before held-out targets tell."""
    return KINDS[_kind_named(name)].start


def _kind_named(name):
    return name.split("-")[0]


def _kind_of(one):
    if isinstance(one, str) and one in KINDS:
        return one
    classes = {
        type(kind.usual): name for name, kind in KINDS.items() if kind.usual is not None
    }
    if type(one) in classes:  # a subclass may score otherwise
        return classes[type(one)]
    names = ", ".join(map(repr, KINDS))
    named = ", ".join(one.__name__ for one in classes)
    raise ValueError(
        f"memory must be 'auto', None, or one or a list of {names} and instances of "
        f"{named}, not of their subclasses. Got {one!r}.{suggest(one, KINDS)}"
    )


def remember(memories, sequences, targets):
    """Return memories that know some sequences too; those given stay as they were.

    Parameters
    ----------
    memories : dict of str to recommender or None
        Fitted, or not.
    sequences : Sequences
        In the codes of their catalogue.
    targets : ndarray of shape (n_rows,) or None
        Item codes; None is every next event.
    """
    ids = None if targets is None else sequences.vocabulary.decode(targets)
    return {
        name: None if one is None else copy.copy(one).partial_fit(sequences, ids)
        for name, one in memories.items()
    }


def make_memory(name, recommender, n_items, max_length):
    """Return the votes of one memory; parameters as those of `Memory`."""
    if _kind_named(name) == "own_rules":
        return OwnMemory(name, max_length)
    return Memory(name, recommender, n_items, max_length)


class _Votes:
    """What all memories have in common: floor and start, and what votes are worth."""

    votes: Any

    def __init__(self, name):
        kind = KINDS[_kind_named(name)]
        self.floor, self.start = np.float32(kind.floor), kind.start

    def worth(self, sequences):
        """Return ``log(1 + votes / c)``, like `votes`."""
        votes = self.votes(sequences)
        values = votes.data if sparse.issparse(votes) else votes
        values /= self.floor
        np.log1p(values, out=values)
        return votes


class Memory(_Votes):
    """The votes of the events of a history for the items that may come next.

    The last event votes with the row of its item in a table, the one before it with
    `decay` times that, and so on. Votes `v` are worth ``w log(1 + v / c)`` in the
    scores.

    Parameters
    ----------
    name : str
        A kind; "-2" may follow.
    recommender : estimator or None
        A counting recommender of that kind, fitted; None are repeats, where each item
        votes for itself.
    n_items : int
        Size of the catalogue.
    max_length : int
        How many latest events may vote.

    Attributes
    ----------
    table : sparse array or ndarray of shape (n_items, n_items), dtype=float32
        Vote of the item of the row for that of the column, as the last event.
    floor : float
        `c`, the votes that an item gets for nothing.
    start : float
        `w` to begin with.
    """

    def __init__(self, name, recommender, n_items, max_length):
        super().__init__(name)
        if recommender is None:
            table = sparse.eye_array(n_items, dtype=np.float32, format="csr")
            self.decay, length = _REPEAT_DECAY, None
        else:
            counted = KINDS[_kind_named(name)].counted
            table, self.decay, length = counted(recommender)
        self.history_length = max_length if length is None else min(length, max_length)
        if n_items**2 <= _MOST_DENSE and table.nnz > _DENSE * n_items**2:
            table = table.toarray()
        self.table = table

    def votes(self, sequences):
        """Return the votes of histories for all items, (n_rows, n_items).

        A sparse array, or an ndarray where the table is one.
        """
        query = weigh_histories(sequences, self.decay, self.history_length)
        return query.astype(np.float32) @ self.table

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
        if not len(back):
            return np.zeros(0, dtype=np.float32)
        items = sequences.codes[sequences.positions()] - 1
        votes = self.table[items, np.repeat(columns, lengths)]
        votes = np.asarray(votes, dtype=np.float32).ravel()
        votes *= np.power(self.decay, back, dtype=np.float32)
        votes[back >= self.history_length] = 0.0
        return votes


class OwnMemory(_Votes):
    """The votes of the events of a history by rules of that history alone.

    Parameters
    ----------
    name : str
        The kind; "-2" may follow.
    max_length : int
        How many latest events may vote.
    """

    def __init__(self, name, max_length):
        super().__init__(name)
        self.history_length = max_length
        self._rules = OwnRules(max_length)

    def votes(self, sequences):
        """Return the votes of histories for all items, sparse (n_rows, n_items)."""
        return self._rules.votes(sequences)

    def event_votes(self, sequences, columns):
        """Return the vote of each event of histories for one item a row."""
        return self._rules.event_votes(sequences, columns)


class MemoryOffsets:
    """What memories add to the scores of histories, a block of rows at a time.

    Parameters
    ----------
    memories : sequence of Memory
        What votes beside the network.
    weights : sequence of float
        What the votes of each are worth.
    sequences : Sequences
        Histories.
    """

    def __init__(self, memories, weights, sequences):
        self.memories = memories
        self.weights = weights
        self.sequences = sequences

    def __call__(self, rows):
        """Return the offsets of a slice of rows, sparse or not, (n_rows, n_items)."""
        block = self.sequences[rows]
        whole = None
        for memory, weight in zip(self.memories, self.weights, strict=True):
            offsets = memory.worth(block) * np.float32(weight)
            if whole is None:
                whole = offsets
            elif sparse.issparse(whole) == sparse.issparse(offsets):
                whole = whole + offsets
            else:
                whole = _as_array(whole) + _as_array(offsets)
        return whole


def _as_array(offsets):
    return offsets.toarray() if sparse.issparse(offsets) else offsets


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
    offsets : sparse array or ndarray of shape (n, V)
        What is added to the scores.

    Returns
    -------
    codes, scores : ndarray of shape (n, m)
        Best first, m at least k; 0 and minus infinity where a row has no more.
    """
    offsets = sparse.csr_array(offsets)
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
