"""How much each vote should count: weights that rank held-out targets best.

Of each held-out row only the items that could come near its top are kept: memory does
not grow with the catalogue, and trying other weights costs next to nothing.
"""

import numpy as np

from seqrec.estimators._hold_out import (
    check_held_out,
    hold_out_targets,
    rows_to_hold_out,
)
from seqrec.estimators._inputs import seen_mask
from seqrec.metrics.ndcg import ndcg_at_ranks

__all__ = ["RivalVotes", "hold_out_rows", "search_weights"]

_MOST_HELD = 2000  # rows: more would not tell the weights better
_BLOCK = 1 << 22  # votes in memory at once
_MOST_RIVALS = 100  # of each member, a row
_MOST_KEPT = 1 << 24  # votes kept of all rows
_FAR_BEHIND = -1e30  # what is no rival
_SHARES = np.linspace(0, 1, 21)  # that one member is tried with
_SWEEPS = 10  # over the members, at most
_TOLERANCE = 0.5  # standard errors that equal weights are worth


def hold_out_rows(sequences, targets, fraction, rng):
    """Take the target of some rows out of what is learned; see `hold_out_targets`.

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

    Returns
    -------
    held : HeldOut
        What is left to learn from, and the targets.

    Raises
    ------
    ValueError
        If no row can be held out, or none is left.
    """
    check_held_out(
        sequences,
        targets,
        fraction,
        reason="weights='learn'",
        remedy="weights=None",
    )
    n_rows = len(rows_to_hold_out(sequences, targets))
    fraction = min(fraction, _MOST_HELD / n_rows)
    return hold_out_targets(sequences, targets, fraction, rng)


class RivalVotes:
    """The votes for the strongest rivals of held-out targets, relative to theirs.

    Parameters
    ----------
    cast : list of callables
        Takes sequences, returns one member's votes (n_rows, n_items).
    histories : Sequences
        Histories of the rows held out.
    codes : ndarray of shape (n_held,)
        Their targets.
    exclude_seen : bool
        Leave history items out of the ranking.

    Attributes
    ----------
    margins : ndarray of shape (n_members, n_held, n_rivals), dtype=float32
        By how much each rival is ahead of the target; the rivals of a row are the
        items that some member ranks highest.
    is_missed : ndarray of shape (n_held,), dtype=bool
        True where the target has left the ranking itself.
    """

    def __init__(self, cast, histories, codes, exclude_seen):
        n_held, n_items = len(histories), histories.n_items
        n_rivals = _MOST_KEPT // (n_held * len(cast) ** 2)
        n_rivals = min(max(n_rivals, 20), _MOST_RIVALS, n_items)
        shape = (len(cast), n_held, n_rivals * len(cast))
        self.margins = np.empty(shape, dtype=np.float32)
        self.is_missed = np.zeros(n_held, dtype=bool)
        step = max(1, _BLOCK // (n_items * len(cast)))
        for start in range(0, n_held, step):
            rows = slice(start, min(start + step, n_held))
            block, own = histories[rows], codes[rows] - 1
            votes = [ask(block) for ask in cast]
            out = seen_mask(block, n_items, exclude_seen)
            if out is None:
                out = np.zeros(votes[0].shape, dtype=bool)
            places = np.arange(len(own))
            self.is_missed[rows] = out[places, own]
            out[places, own] = True  # no rival of itself
            self.margins[:, rows] = _margins(votes, own, out, n_rivals)

    def ranks(self, weights):
        """Return the rank of each target in a vote, shape (n_held,); inf if missed."""
        ahead = np.zeros(self.margins.shape[1:], dtype=np.float32)
        for weight, margins in zip(weights, self.margins, strict=True):
            ahead += np.float32(weight) * margins
        ranks = 1 + (ahead > 0).sum(axis=1) + (ahead == 0).sum(axis=1) / 2
        return np.where(self.is_missed, np.inf, ranks)

    def ndcg(self, weights):
        """Return the NDCG@10 of each held-out row in a vote, shape (n_held,)."""
        return ndcg_at_ranks(self.ranks(weights), k=10)


def _margins(votes, own, out, n_rivals):
    """Return the margins of a block of rows, (n_members, b, n_members * n_rivals)."""
    rows = np.arange(len(own))[:, None]
    best = []
    for vote in votes:
        kept = np.where(out, -np.inf, vote)
        best.append(np.argpartition(-kept, n_rivals - 1, axis=1)[:, :n_rivals])
    rivals = np.sort(np.concatenate(best, axis=1), axis=1)
    is_void = out[rows, rivals]
    is_void[:, 1:] |= rivals[:, 1:] == rivals[:, :-1]  # a rival of two members, once
    targets = own[:, None]
    margins = np.stack([vote[rows, rivals] - vote[rows, targets] for vote in votes])
    margins[:, is_void] = _FAR_BEHIND
    return margins


def search_weights(rivals):
    """Return weights under which the held-out targets rank high.

    From equal weights on, each member in turn gets the share of the vote under which
    the mean NDCG@10 is largest, the others sharing the rest as before, until nothing
    gains. Among all weights tried, those nearest to equal are taken whose mean NDCG@10
    is not below the best by more than half a standard error of the difference: what
    the rows cannot tell is left equal.

    Parameters
    ----------
    rivals : RivalVotes
        Votes on the held-out rows.

    Returns
    -------
    weights : ndarray of shape (n_members,)
        0 or more; they sum to 1.
    """
    n_members = len(rivals.margins)
    equal = np.full(n_members, 1 / n_members)
    tried = {tuple(equal): rivals.ndcg(equal)}
    best = equal
    for _ in range(_SWEEPS):
        before = best
        for member in range(n_members):
            for weights in _with_share(best, member):
                if tuple(weights) not in tried:
                    tried[tuple(weights)] = rivals.ndcg(weights)
            best = np.array(max(tried, key=lambda key: tried[key].mean()))
        if np.array_equal(best, before):
            break
    return _nearest_to_equal(tried, best, equal)


def _with_share(weights, member):
    """Yield weights where one member has each share, and the others their proportions.

    Where the others have no weight, they share the rest evenly.
    """
    others = weights.copy()
    others[member] = 0.0
    if not others.any():
        others[:] = 1.0
        others[member] = 0.0
    others /= others.sum()
    for share in _SHARES:
        tried = (1 - share) * others
        tried[member] = share
        yield tried.round(6)


def _nearest_to_equal(tried, best, equal):
    leading = tried[tuple(best)]
    chosen, distance = best, np.inf
    for key, values in tried.items():
        loss = leading - values
        error = loss.std() / np.sqrt(len(loss))
        away = np.abs(np.array(key) - equal).sum()
        if away < distance and loss.mean() <= _TOLERANCE * error:
            chosen, distance = np.array(key), away
    return chosen / chosen.sum()
