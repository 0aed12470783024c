"""Parts: what a fold of any splitter learns from, and the targets that it tests."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from seqrec._types import Array
from seqrec._validation.arrays import offsets_from_lengths, ragged_positions

__all__ = ["Part", "split_parts"]


class Part(NamedTuple):
    """One fold over an event log, a target a row.

    Attributes
    ----------
    train : ndarray of shape (n_train,), dtype=int64
        Places in the log of the events to learn from.
    users : ndarray of shape (n_targets,), dtype=int64
        Number in the log of the user of each target; a user's targets in order.
    targets : ndarray of shape (n_targets,), dtype=int64
        Place in the log of each target.
    n_history : ndarray of shape (n_targets,), dtype=int64
        Events before each target.
    firsts : ndarray of shape (n_targets,), dtype=int64
        Where the history of each target begins: in the log, or in `history`.
    history : ndarray or None
        Places in the log of the tested events; None where histories have no holes.
    cut : float or None
        Seconds since 1970 from which targets are taken.
    end : float or None
        Where the targets end; None where that is the end of the log.
    train_end : float or None
        Seconds since 1970 before which events are learned from.
    """

    train: Array
    users: Array
    targets: Array
    n_history: Array
    firsts: Array
    history: Array | None
    cut: Any = None
    end: Any = None
    train_end: Any = None

    def rounds(self) -> Iterator[tuple[Array, Array]]:
        """Yield targets with no user twice, and the log's events to ask for them.

        Each round takes one further target of every user that has one more. The events
        are the history of each target, then the target.
        """
        first_of_user = np.append(True, self.users[1:] != self.users[:-1])
        starts = np.flatnonzero(first_of_user)
        lengths = np.diff(starts, append=len(self.users))
        number = np.arange(len(self.users)) - np.repeat(starts, lengths)
        for turn in range(lengths.max(initial=0)):
            rows = np.flatnonzero(number == turn)
            yield rows, self._events(rows)

    def _events(self, rows):
        places = ragged_positions(self.firsts[rows], self.n_history[rows] + 1)
        return places if self.history is None else self.history[places]


def split_parts(splitter, events, log):
    """Return the folds of a splitter over an event log, as a list of `Part`.

    Parameters
    ----------
    splitter : cross-validator
        One of this package, or any whose test parts hold for each tested user the
        history and the target as its last event.
    events : table
        The log as the caller has it.
    log : EventLog
        The same, in user and time order.
    """
    if hasattr(splitter, "_folds"):
        return [_part_of_fold(log, fold) for fold in splitter._folds(log)]
    place = np.empty(len(log), dtype=np.int64)
    place[log.table_rows(np.arange(len(log)))] = np.arange(len(log))
    parts = []
    for train, test in splitter.split(events):
        parts.append(
            _part_of_rows(log, place[np.asarray(train)], place[np.asarray(test)])
        )
    if not parts:
        raise ValueError("The splitter yields no fold. Give it one or more.")
    return parts


def _part_of_fold(log, fold):
    n_targets = np.asarray(fold.n_targets)
    users = np.repeat(fold.users, n_targets)
    starts = offsets_from_lengths(n_targets)[:-1]
    turn = np.arange(len(users)) - np.repeat(starts, n_targets)
    n_history = np.repeat(fold.n_history, n_targets) + turn
    firsts = log.offsets[users]
    return Part(
        train=fold.train,
        users=users,
        targets=firsts + n_history,
        n_history=n_history,
        firsts=firsts,
        history=None,
        cut=fold.cut,
        end=fold.end,
        train_end=fold.train_end,
    )


def _part_of_rows(log, train, test):
    """Return the part of a splitter that yields rows: the last of a user is tested."""
    if not len(train):
        raise ValueError("A training part is empty. Give the splitter more events.")
    test = np.unique(test)
    users = np.searchsorted(log.offsets, test, side="right") - 1
    starts = np.flatnonzero(np.append(True, users[1:] != users[:-1]))
    lengths = np.diff(starts, append=len(test))
    starts, lengths = starts[lengths > 1], lengths[lengths > 1]
    if not len(starts):
        raise ValueError(
            "No user of a test part has a history: a test part holds, for each tested "
            "user, the rows of the history and then that of the target. Use "
            "LeaveLastOut or TemporalSplit."
        )
    return Part(
        train=np.sort(train),
        users=users[starts],
        targets=test[starts + lengths - 1],
        n_history=lengths - 1,
        firsts=starts,
        history=test,
    )
