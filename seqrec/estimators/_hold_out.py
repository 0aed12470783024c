"""Scores of histories, and the ranks of targets held out of training."""

from typing import Any, NamedTuple

import numpy as np
import torch

from seqrec._validation.arrays import ragged_positions
from seqrec.estimators._event_reader import SequenceReader
from seqrec.estimators._inputs import covered_positions, merge_rows
from seqrec.estimators._item_search import ItemSearch
from seqrec.estimators._net import encode_rows

__all__ = [
    "HeldOut",
    "HeldOutRanks",
    "check_held_out",
    "count_targets_to_hold_out",
    "encode_histories",
    "find_sessions",
    "hold_out_sessions",
    "hold_out_targets",
    "rows_to_hold_out",
    "score_histories",
]

_WHOLE_OF_HELD = 5  # events of a row for each that is held out, but for the first
_SESSION_SPAN = 0.01  # of the time of a log, at most
_MOST_OF_TIME = 0.01, 0.99  # quantiles; a few times may be wrong
_ARE_SESSIONS = 0.9  # share of the rows


class HeldOut(NamedTuple):
    """What is learned, and the targets that are not.

    Attributes
    ----------
    learned : Sequences
        What is left to learn from.
    targets : ndarray of shape (n_rows,) or None
        Its targets; None is every next event.
    histories : Sequences or None
        Histories of the targets held out, those of one row together; None if there are
        none.
    codes : ndarray of shape (n_held,) or None
        The targets held out.
    is_whole : bool
        Whether rows are held out with all their targets.
    """

    learned: Any
    targets: Any
    histories: Any = None
    codes: Any = None
    is_whole: bool = False


def rows_to_hold_out(sequences, targets):
    """Return the rows whose target can be held out, in order.

    Rows that share events are windows of one history. Of these it is the last row (the
    longest of several), so that no other row holds its target as an event; it is
    missing where it is too short to leave something to learn from.
    """
    filled = np.flatnonzero(sequences.lengths > 0)
    positions, history = merge_rows(sequences)
    starts, stops = sequences.starts[filled], sequences.stops[filled]
    history = history[np.searchsorted(positions, starts)]
    order = np.lexsort((-starts, stops, history))
    is_last = np.diff(history[order], append=-1) != 0
    rows = np.sort(filled[order[is_last]])
    return rows[sequences.lengths[rows] >= _shortest_row(targets)]


def _shortest_row(targets):
    return 3 if targets is None else 1  # two events are left to learn from


def find_sessions(sequences):
    """Return the rows that are sessions with a target; none if few rows are.

    A session takes less than a hundredth of the time of the log, so that the next ones
    will be new. Nine in ten rows of two events or more have to be sessions, and share
    no events.
    """
    none = np.zeros(0, dtype=np.int64)
    rows = np.flatnonzero(sequences.lengths > 1)
    if sequences.times is None or not len(rows) or not _are_apart(sequences):
        return none
    first = sequences.times[sequences.starts[rows]]
    last = sequences.times[sequences.stops[rows] - 1]
    begin, end = np.quantile(np.concatenate([first, last]), _MOST_OF_TIME)
    is_short = last - first < _SESSION_SPAN * (end - begin)
    return rows[is_short] if is_short.mean() >= _ARE_SESSIONS else none


def _are_apart(sequences):
    return sequences.lengths.sum() == len(covered_positions(sequences))


def check_held_out(sequences, targets, fraction, reason, remedy):
    """Raise if a share of the rows is none, or leaves no history to learn from.

    Parameters
    ----------
    sequences, targets, fraction
        As `hold_out_targets` takes them.
    reason, remedy : str
        What holds them out, and what else can be done.
    """
    n_rows = len(rows_to_hold_out(sequences, targets))
    count = round(fraction * n_rows)
    n_learned = len(sequences) if targets is None else n_rows
    if not 1 <= count < n_learned:
        shortest = _shortest_row(targets)
        raise ValueError(
            f"{reason} holds out the last target of {fraction:.0%} of the {n_rows} "
            f"histories with {shortest} events or more, which is {count}, and learns "
            f"from the others. Give more histories, or set {remedy}."
        )


def hold_out_targets(sequences, targets, fraction, rng, n_each=1):
    """Take the last targets of some histories out of what is learned.

    Parameters
    ----------
    sequences : Sequences
        Histories.
    targets : ndarray of shape (n_rows,) or None
        Item code that follows each row; None holds out the last event of a row.
    fraction : float
        Share of the rows that can be held out.
    rng : numpy.random.RandomState
        Source of random numbers.
    n_each : int
        Most targets of one history; see `count_targets_to_hold_out`.

    Returns
    -------
    held : HeldOut
        What is left to learn from, and the targets.
    """
    rows = rows_to_hold_out(sequences, targets)
    held = np.sort(rng.permutation(rows)[: round(fraction * len(rows))])
    # Of windows that end together each has the target.
    ends_there = np.isin(sequences.stops, sequences.stops[held])
    ends_there &= sequences.lengths > 0
    if targets is not None:
        kept = np.flatnonzero(~ends_there)
        return HeldOut(sequences[kept], targets[kept], sequences[held], targets[held])
    taken = ends_there.astype(np.int64)
    taken[held] = count_targets_to_hold_out(sequences, targets, held, n_each)
    learned = sequences._with_windows(sequences.starts, sequences.stops - taken)
    return HeldOut(learned, None, *_cut_off(sequences, held, taken[held]))


def hold_out_sessions(sequences, fraction):
    """Take the sessions that end last out of what is learned, with all their targets.

    Parameters
    ----------
    sequences : Sequences
        Histories, most of them sessions; see `find_sessions`.
    fraction : float
        Share of the sessions.

    Returns
    -------
    held : HeldOut
        What is left to learn from, and the targets.
    """
    rows = find_sessions(sequences)
    ends = sequences.times[sequences.stops[rows] - 1]
    kept = len(rows) - round(fraction * len(rows))
    held = np.sort(rows[np.argsort(ends, kind="stable")[kept:]])
    learned = sequences[np.setdiff1d(np.arange(len(sequences)), held)]
    histories, codes = _cut_off(sequences, held, sequences.lengths[held] - 1)
    return HeldOut(learned, None, histories, codes, is_whole=True)


def _cut_off(sequences, rows, counts):
    """Return the histories of the last `counts` events of some rows, and these."""
    row = np.repeat(rows, counts)
    first = sequences.stops[rows] - counts
    stops = ragged_positions(first, counts)
    histories = sequences[row]._with_windows(sequences.starts[row], stops)
    return histories, sequences.codes[stops]


def count_targets_to_hold_out(sequences, targets, rows, n_each):
    """Return how many of its last targets each of some rows can give, up to `n_each`.

    More than one where rows share no events and have no targets of their own, as far as
    they are a fifth of the row.
    """
    if targets is not None or not _are_apart(sequences):
        return np.ones(len(rows), dtype=np.int64)
    return np.clip(sequences.lengths[rows] // _WHOLE_OF_HELD, 1, n_each)


class HeldOutRanks:
    """Ranks held-out targets with the network of the moment.

    Parameters
    ----------
    histories : Sequences
        Histories of the rows held out.
    codes : ndarray of shape (n_held,)
        Their targets.
    max_length : int
        How many latest events the network looks at.
    channels : Channels
        Which columns it reads.
    exclude_seen : bool
        Leave history items out of the ranking.
    """

    def __init__(self, histories, codes, max_length, channels, exclude_seen):
        self.histories = histories
        self.codes = codes
        self.max_length = max_length
        self.channels = channels
        self.exclude_seen = exclude_seen

    def __call__(self, module):
        states = encode_histories(
            module, self.histories, self.max_length, self.channels
        )
        seen = self.histories if self.exclude_seen else None
        best, worst = ItemSearch(module.head).rank_bounds(states, self.codes, seen)
        return (best + worst) / 2


def encode_histories(module, sequences, max_length, channels):
    """Return the final state of every row, (n_rows, D), on the module's device."""
    recent = sequences.last(max_length)
    reader = SequenceReader(recent, channels)
    return encode_rows(module, reader, recent.starts, recent.lengths)


@torch.no_grad()
def score_histories(module, sequences, max_length, channels):
    """Return the scores of the whole catalogue for every row, (n_rows, n_items)."""
    states = encode_histories(module, sequences, max_length, channels)
    return module.score(states).float().cpu().numpy()
