"""Joins newer events of users to the rows they have (used by `Sequences.append`)."""

import numpy as np

from seqrec._validation.arrays import interleaved_positions
from seqrec.data.schema import SESSION_CHANNEL
from seqrec.data.vocabulary import Vocabulary, as_id_array

__all__ = ["append_rows"]

_SHOWN = 5  # users that an error lists


def append_rows(old, new):
    """Return the columns and windows of `old` with the events of `new` at row ends.

    Parameters
    ----------
    old, new : Sequences
        One row a user, in the same catalogue.

    Returns
    -------
    columns : dict
        Arguments of `Sequences`, all but the vocabulary.

    Raises
    ------
    TypeError, ValueError
        As `Sequences.append` says.
    """
    rows, users = _match_users(old, new)
    _check_channels(old, new)
    _check_later(old, new, rows)
    n_fresh = len(users) - len(old)
    lengths = np.append(old.lengths, np.zeros(n_fresh, dtype=np.int64))
    offsets, to_old, to_new = interleaved_positions(lengths, new.lengths, rows)
    old_positions, new_positions = old.positions(), new.positions()

    def join(mine, theirs):
        out = np.empty(offsets[-1], dtype=mine.dtype)
        out[to_old] = mine[old_positions]
        out[to_new] = theirs[new_positions]
        return out

    last_known = np.append(old.last_known, np.ones(n_fresh, dtype=bool))
    newer = (new.lengths > 0) | ~new.last_known
    last_known[rows[newer]] = new.last_known[newer]
    return {
        "codes": join(old.codes, new.codes),
        "starts": offsets[:-1],
        "stops": offsets[1:],
        "users": users,
        "times": None if old.times is None else join(old.times, new.times),
        "context": {
            name: join(column, new.context[name])
            for name, column in old.context.items()
        },
        "last_known": last_known,
    }


def _match_users(old, new):
    """Return the row of each row of `new` after the append, and the users of all."""
    for side in (old, new):
        if len(set(side.users.tolist())) < len(side):
            raise ValueError(
                "append needs one row a user. Got several rows of one user; take one "
                "row of each first."
            )
    rows = Vocabulary(old.users).encode(new.users).astype(np.int64) - 1
    fresh = rows < 0
    rows[fresh] = len(old) + np.arange(fresh.sum())
    if old.users.dtype == new.users.dtype:
        return rows, np.concatenate([old.users, new.users[fresh]])
    users = old.users.tolist() + new.users[fresh].tolist()
    return rows, as_id_array(users, what="user ids on both sides of append")


def _check_channels(old, new):
    same = set(new.context) == set(old.context) and all(
        new.context[name].dtype == column.dtype for name, column in old.context.items()
    )
    if not same or (new.times is None) != (old.times is None):
        raise ValueError(
            f"append needs the same channels on both sides. Got {old!r} and {new!r}; "
            f"encode both with the same SequenceEncoder."
        )
    if SESSION_CHANNEL in old.context:
        raise ValueError(
            "append cannot go on numbering sessions: it does not know the largest "
            "pause inside one. Encode the whole log again instead."
        )


def _check_later(old, new, rows):
    if old.times is None:
        return
    both = (rows < len(old)) & (new.lengths > 0)
    both[both] = old.lengths[rows[both]] > 0
    latest = old.times[old.stops[rows[both]] - 1]
    early = new.times[new.starts[both]] < latest
    if early.any():
        shown = ", ".join(map(repr, new.users[both][early][:_SHOWN].tolist()))
        raise ValueError(
            f"append got events earlier than the last one of {int(early.sum())} "
            f"users, for example {shown}. Encode the whole log again instead."
        )
