"""Scores of histories, and the ranks of targets held out of training."""

import numpy as np
import torch

from seqrec.estimators._event_reader import SequenceReader
from seqrec.estimators._item_search import ItemSearch
from seqrec.estimators._net import encode_rows

__all__ = [
    "HeldOutRanks",
    "count_long_rows",
    "encode_histories",
    "hold_out_targets",
    "score_histories",
    "shortest_row",
]


def count_long_rows(sequences, targets):
    """Return how many rows can have their target held out."""
    return int((sequences.lengths >= shortest_row(targets)).sum())


def shortest_row(targets):
    """Return the fewest events of a row that can have its target held out."""
    return 3 if targets is None else 1  # two events are left to learn from


def hold_out_targets(sequences, targets, fraction, rng):
    """Take the target of some rows out of what is learned.

    Parameters
    ----------
    sequences : Sequences
        Histories.
    targets : ndarray of shape (n_rows,) or None
        Item code that follows each row; None holds out the last event of a row.
    fraction : float
        Share of rows, among those long enough, whose target is held out.
    rng : numpy.random.RandomState
        Source of random numbers.

    Returns
    -------
    learned : Sequences
        What is left to learn from.
    learned_targets : ndarray or None
        Its targets.
    histories : Sequences
        Histories of the rows held out.
    codes : ndarray of shape (n_held,)
        Their targets.

    Raises
    ------
    ValueError
        If no row can be held out, or none is left.
    """
    shortest = shortest_row(targets)
    eligible = np.flatnonzero(sequences.lengths >= shortest)
    count = round(fraction * len(eligible))
    if count < 1 or count >= len(sequences):
        raise ValueError(
            f"early_stopping=True holds out the target of {fraction:.0%} of the "
            f"{len(eligible)} rows with {shortest} events or more, which is {count}, "
            f"and learns from the others. Give more rows, or set early_stopping=False."
        )
    held = np.sort(rng.permutation(eligible)[:count])
    if targets is None:
        histories, codes = sequences[held].split_last()
        stops = sequences.stops.copy()
        stops[held] -= 1
        learned = sequences._with_windows(sequences.starts, stops)
        return learned, None, histories, codes
    kept = np.setdiff1d(np.arange(len(sequences)), held)
    return sequences[kept], targets[kept], sequences[held], targets[held]


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
