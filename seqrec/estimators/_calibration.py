"""What memories beside a network are worth, chosen on targets not trained on."""

import numpy as np
from scipy import sparse

from seqrec.estimators._hold_out import (
    HeldOut,
    count_targets_to_hold_out,
    find_sessions,
    hold_out_sessions,
    hold_out_targets,
    rows_to_hold_out,
)
from seqrec.estimators._vote_weights import RivalVotes

__all__ = [
    "FEWEST_HELD",
    "calibrated_share",
    "hold_out_to_weigh",
    "sessions_share",
    "some_of",
    "targets_each",
    "weigh_memories",
]

FEWEST_HELD = 100  # targets; fewer cannot tell what a memory is worth
_SHARE = 0.1  # of the rows, whose target is held out
_WANTED_HELD, _MOST_HELD = 400, 4096
_MANY_HELD = 1200  # targets; of fewer histories, several targets each are held out
_MOST_EACH = 5
_MOST_SCORES = 6e8  # of all targets weighed, and of all rows held out
_MOST_WEIGHED = 16_384  # targets; sessions have several each
_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.5, 6.0)
_ROUNDS = 3  # changes for each memory, at most
_TOLERANCE = 1.0  # standard errors that a change, the best of many, has to gain


def hold_out_to_weigh(sequences, targets, n_items, rng):
    """Hold out what memories can be weighed on: the latest sessions, or last targets.

    Parameters
    ----------
    sequences : Sequences
        Histories.
    targets : ndarray of shape (n_rows,) or None
        Item code that follows each row; None is every next event.
    n_items : int
        Size of the catalogue.
    rng : numpy.random.RandomState
        Source of random numbers.

    Returns
    -------
    held : HeldOut
        Without targets held out where they would be too few to tell anything.
    """
    n_sessions = len(find_sessions(sequences)) if targets is None else 0
    share = sessions_share(n_sessions, n_items)
    if share:
        return hold_out_sessions(sequences, share)
    rows = rows_to_hold_out(sequences, targets)
    share = calibrated_share(len(rows), n_items)
    n_each = targets_each(round(share * len(rows)))
    found = count_targets_to_hold_out(sequences, targets, rows, n_each)
    if share * found.sum() < FEWEST_HELD:
        return HeldOut(sequences, targets)
    return hold_out_targets(sequences, targets, share, rng, n_each)


def calibrated_share(n_rows, n_items):
    """Return the share of rows whose last targets are held out to weigh memories.

    A tenth, and 400 rows at least, where that is not more than half of them; no more
    than 4,096, or as many as have six hundred million scores.
    """
    count = min(max(_SHARE * n_rows, _WANTED_HELD), n_rows / 2)
    return min(count, _MOST_HELD, _most_weighed(n_items)) / max(1, n_rows)


def sessions_share(n_rows, n_items):
    """Return the share of sessions that are held out whole; 0 if they are too few."""
    is_enough = _SHARE * n_rows >= FEWEST_HELD
    return min(_SHARE, calibrated_share(n_rows, n_items)) if is_enough else 0.0


def targets_each(n_held_rows):
    """Return how many targets of each row are held out at most, one to five."""
    return min(max(_MANY_HELD // max(1, n_held_rows), 1), _MOST_EACH)


def some_of(n_held, n_items):
    """Return which of the held-out targets memories are weighed on, at even steps."""
    count = min(n_held, _most_weighed(n_items))
    return np.arange(count) * n_held // max(1, count)


def _most_weighed(n_items):
    return int(min(_MOST_WEIGHED, max(_MOST_SCORES / n_items, _WANTED_HELD)))


def weigh_memories(score, memories, histories, codes, exclude_seen):
    """Return what the votes of each memory are worth beside the network.

    From the usual weights on, the one change of one weight is made that raises the mean
    NDCG@10 of held-out targets most, again and again, as long as it gains more than its
    standard error.

    Parameters
    ----------
    score : callable
        Takes sequences, returns the network's scores (n_rows, n_items).
    memories : sequence of Memory
        Without knowledge of the held-out targets, like the network.
    histories : Sequences
        Histories of the rows held out.
    codes : ndarray of shape (n_held,)
        Their targets.
    exclude_seen : bool
        Leave history items out of the ranking.

    Returns
    -------
    weights : ndarray of shape (n_memories,)
        0 for what is better left out.
    """

    def worth(memory, block):
        found = memory.worth(block)
        return found.toarray() if sparse.issparse(found) else found

    casts = [lambda block, one=one: worth(one, block) for one in memories]
    rivals = RivalVotes([score, *casts], histories, codes, exclude_seen)
    weights = np.array([memory.start for memory in memories])
    best = rivals.ndcg([1.0, *weights])
    for _ in range(_ROUNDS * len(memories)):
        tried = [
            (rivals.ndcg([1.0, *changed]), changed) for changed in _changes(weights)
        ]
        values, changed = max(tried, key=lambda one: one[0].mean())
        gain = values - best
        if gain.mean() <= _TOLERANCE * gain.std() / np.sqrt(len(gain)):
            break
        best, weights = values, changed
    return weights


def _changes(weights):
    """Yield weights with one of them changed."""
    for place in range(len(weights)):
        for weight in _WEIGHTS:
            if weight != weights[place]:
                changed = weights.copy()
                changed[place] = weight
                yield changed
