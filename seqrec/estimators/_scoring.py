"""Scores of the whole catalogue in blocks of rows, and the ranks of targets in them."""

import numpy as np

from seqrec.estimators._inputs import seen_mask
from seqrec.metrics.ranks import rank_bounds

__all__ = ["code_rank_bounds", "score_blocks"]

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


def code_rank_bounds(score, sequences, codes, exclude_seen):
    """Return best and worst rank of one item a row, each (n_rows,); see `rank_bounds`.

    Parameters
    ----------
    score : callable
        Takes sequences, returns their scores of the whole catalogue.
    sequences : Sequences
        Histories.
    codes : ndarray of shape (n_rows,), dtype=int
        Item codes; -1 for an item that is not in the catalogue.
    exclude_seen : bool
        Leave history items out of the ranking.
    """
    best, worst = np.empty(len(sequences)), np.empty(len(sequences))
    for rows, scores in score_blocks(score, sequences):
        seen = seen_mask(sequences[rows], sequences.n_items, exclude_seen)
        best[rows], worst[rows] = rank_bounds(scores, codes[rows], excluded=seen)
    return best, worst
