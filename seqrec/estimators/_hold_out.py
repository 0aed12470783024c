"""Targets held out of training, and their ranks after each epoch."""

import numpy as np
import torch

from seqrec.estimators._inputs import seen_mask
from seqrec.estimators._net import encode_histories
from seqrec.metrics.ranks import target_ranks

__all__ = ["HeldOutRanks", "hold_out_targets"]

_SCORED_AT_ONCE = 1 << 22


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
    shortest = 3 if targets is None else 1  # two events are left to learn from
    eligible = np.flatnonzero(sequences.lengths >= shortest)
    count = round(fraction * len(eligible))
    if count < 1 or count >= len(sequences):
        raise ValueError(
            f"early_stopping=True holds out the target of "
            f"{fraction:.0%} of the {len(eligible)} rows with "
            f"{shortest} events or more, which is {count}, and learns from the "
            f"others. Give more rows, or set early_stopping=False."
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
    exclude_seen : bool
        Leave history items out of the ranking.
    """

    def __init__(self, histories, codes, max_length, exclude_seen):
        self.histories = histories
        self.codes = codes
        self.max_length = max_length
        self.exclude_seen = exclude_seen

    def __call__(self, module):
        states = encode_histories(module, self.histories, self.max_length)
        n_items = self.histories.n_items
        ranks = np.empty(len(self.codes))
        step = max(1, _SCORED_AT_ONCE // n_items)
        for start in range(0, len(ranks), step):
            rows = slice(start, start + step)
            with torch.no_grad():
                scores = module.score(states[rows]).float().cpu().numpy()
            seen = seen_mask(self.histories[rows], n_items, self.exclude_seen)
            ranks[rows] = target_ranks(scores, self.codes[rows], excluded=seen)
        return ranks
