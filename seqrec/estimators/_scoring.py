"""Scores of the whole catalogue in blocks of rows, and the ranks of targets in them."""

import numpy as np

from seqrec.estimators._inputs import seen_mask
from seqrec.metrics.ranks import target_ranks

__all__ = ["rank_codes", "score_blocks"]

_BLOCK = 1 << 22  # scores in memory at once


def score_blocks(score, sequences):
    """Yield (slice of rows, scores (b, n_items)) in blocks of bounded memory.

    Parameters
    ----------
    score : callable
        Takes sequences, returns their scores of the whole catalogue.
    sequences : Sequences
        Histories.
    """
    step = max(1, _BLOCK // sequences.n_items)
    for start in range(0, len(sequences), step):
        rows = slice(start, min(start + step, len(sequences)))
        yield rows, score(sequences[rows])


def rank_codes(score, sequences, codes, exclude_seen, *, ties="mean"):
    """Return the rank of one item a row, shape (n_rows,); see `target_ranks`."""
    ranks = np.empty(len(sequences))
    for rows, scores in score_blocks(score, sequences):
        seen = seen_mask(sequences[rows], sequences.n_items, exclude_seen)
        ranks[rows] = target_ranks(scores, codes[rows], ties=ties, excluded=seen)
    return ranks
