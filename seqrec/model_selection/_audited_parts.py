"""What a split teaches and what it tests, read from tables and from samples."""

from typing import Any, NamedTuple

import numpy as np

from seqrec._types import Array
from seqrec._validation.arrays import counting_order
from seqrec.data.event_log import event_order, read_event_log
from seqrec.data.sequences import Sequences
from seqrec.estimators._inputs import covered_positions

__all__ = ["AuditedParts", "Events", "log_parts", "sample_parts"]

_SHOWN = 5


class Events(NamedTuple):
    """Events as columns of shape (n,): user and item numbers, times, and order.

    `order` grows with time within a user and says nothing across users; `times` is
    None where there are none.
    """

    users: Array
    items: Array
    times: Array | None
    order: Array


class AuditedParts(NamedTuple):
    """What is learned and what is tested; masks and counts are of the targets.

    Attributes
    ----------
    unit : {"events", "samples"}
        What `train` counts.
    train, targets : Events
        Events that are learned (of samples, their targets), and those that are tested.
    in_train : ndarray of shape (n_targets,), dtype=bool
        Whether the target is in train itself.
    is_tied : ndarray of shape (n_targets,), dtype=bool, or None
        Whether the last event of the history has the target's time.
    is_repeat : ndarray of shape (n_targets,), dtype=bool
        Whether the target's item is in the history.
    is_known : ndarray of shape (n_targets,), dtype=bool
        Whether the target's item is in train.
    n_holes : int
        Events that are missing from histories.
    n_alone : int
        Users of the test part without a target.
    """

    unit: str
    train: Events
    targets: Events
    in_train: Any
    is_tied: Any
    is_repeat: Any
    is_known: Any
    n_holes: int = 0
    n_alone: int = 0


# ---------------------------------------------------------------------- event logs
def log_parts(events, train, test, *, schema, time_unit):
    """Read the parts of a table, given as row numbers."""
    log = read_event_log(events, schema, time_unit=time_unit, owner="audit_split")
    users, is_train, test = _places(log, train, test)
    begins = np.flatnonzero(np.append(True, np.diff(users[test]) != 0))
    lengths = np.diff(np.append(begins, len(test)))
    has_target = lengths > 1
    if not has_target.any():
        raise ValueError(
            f"test holds no target: none of its {len(lengths)} users has two events "
            f"there, of which the last is the target. Put the histories of the tested "
            f"users into test, too."
        )
    lasts = begins + lengths - 1
    is_again = log.items[test] == np.repeat(log.items[test[lasts]], lengths)
    is_again[lasts] = False
    spread = np.maximum.reduceat(test, begins) - np.minimum.reduceat(test, begins) + 1
    lasts = lasts[has_target]
    return AuditedParts(
        unit="events",
        train=_take(log, users, np.flatnonzero(is_train)),
        targets=_take(log, users, test[lasts]),
        in_train=is_train[test[lasts]],
        is_tied=None
        if log.times is None
        else log.times[test[lasts]] == log.times[test[lasts - 1]],
        is_repeat=np.logical_or.reduceat(is_again, begins)[has_target],
        is_known=np.isin(log.items[test[lasts]], log.items[is_train]),
        n_holes=int((spread - lengths)[has_target].sum()),
        n_alone=int((~has_target).sum()),
    )


def _places(log, train, test):
    """Return every event's user, which are in train, and the sorted test part."""
    n = len(log)
    place = np.arange(n)
    if log.rows is not None:
        place[log.rows] = np.arange(n)
    users = np.repeat(np.arange(len(log.users)), log.lengths)
    is_train = np.zeros(n, dtype=bool)
    is_train[place[_row_numbers("train", train, n)]] = True
    test = place[_row_numbers("test", test, n, once=True)]
    # Whoever reads the test part sorts it anew: equal times keep the order they have.
    order = event_order(users[test], test if log.times is None else log.times[test])
    return users, is_train, test if order is None else test[order]


def _take(log, users, places):
    times = None if log.times is None else log.times[places]
    return Events(users[places], log.items[places], times, places)


# ---------------------------------------------------------------------- samples
def sample_parts(samples, train, test):
    """Read the parts of what `next_item_samples` returns, given as sample numbers."""
    X, y, times = samples
    if not isinstance(X, Sequences):
        raise TypeError(
            f"audit_split takes an event log, or X, y and time of next_item_samples in "
            f"one tuple. Got a tuple that begins with {type(X).__name__}."
        )
    if len(y) != len(X):
        raise ValueError(
            f"X and y must have the same number of rows. Got {len(X)} and {len(y)}."
        )
    train = _row_numbers("train", train, len(X))
    test = _row_numbers("test", test, len(X), once=True)
    is_train = np.zeros(len(X), dtype=bool)
    is_train[train] = True
    users = np.unique(X.users, return_inverse=True)[1]
    codes = X.vocabulary.encode(y)
    every = Events(users, codes, times, X.stops)
    part = X[test]
    is_known = np.zeros(X.n_items + 1, dtype=bool)
    is_known[codes[train]] = True
    is_known[X.codes[covered_positions(X[train])]] = True
    is_known[0] = False  # the code of what is not in the catalogue
    return AuditedParts(
        unit="samples",
        train=_rows_of(every, np.flatnonzero(is_train)),
        targets=_rows_of(every, test),
        in_train=is_train[test],
        is_tied=None if times is None else _follows_at_once(part, times[test]),
        is_repeat=_holds_code(part, codes[test]),
        is_known=is_known[codes[test]],
    )


def _rows_of(events, rows):
    times = None if events.times is None else events.times[rows]
    return Events(events.users[rows], events.items[rows], times, events.order[rows])


def _follows_at_once(samples, times):
    """Tell whether the last event of a history has the time of its target."""
    tied, has_history = np.zeros(len(samples), dtype=bool), samples.lengths > 0
    if samples.times is not None:
        last = samples.times[samples.stops[has_history] - 1]
        tied[has_history] = last == times[has_history]
    return tied


def _holds_code(samples, codes):
    """Tell whether each history holds an item code, by one search for all of them."""
    n = np.int64(len(samples.codes))
    order = counting_order(samples.codes)
    keys = samples.codes[order] * n + order  # sorted: by code, then by position
    before = np.searchsorted(keys, codes * n + samples.stops) - 1
    found = keys[np.maximum(before, 0)]  # the last event of the item before the target
    return (before >= 0) & (found // n == codes) & (found % n >= samples.starts)


# ---------------------------------------------------------------------- rows
def _row_numbers(name, rows, n, *, once=False):
    """Return rows of a part as numbers, checked; a mask gives those that are True."""
    numbers = np.asarray(rows)
    if numbers.dtype == bool and numbers.shape == (n,):
        numbers = np.flatnonzero(numbers)
    if numbers.ndim != 1 or (len(numbers) and numbers.dtype.kind not in "iu"):
        raise TypeError(
            f"{name} must be row numbers, or a mask of shape ({n},). Got an array of "
            f"shape {numbers.shape} and dtype {numbers.dtype}."
        )
    if not len(numbers):
        raise ValueError(f"{name} holds no rows; there is nothing to audit.")
    outside = numbers[(numbers < 0) | (numbers >= n)]
    if len(outside):
        shown = ", ".join(map(str, outside[:_SHOWN]))
        raise ValueError(
            f"{name} holds {len(outside)} numbers that are no rows: {shown}. There are "
            f"{n} rows, from 0."
        )
    if once and np.bincount(numbers).max() > 1:
        raise ValueError(f"{name} holds rows more than once; give each once.")
    return numbers.astype(np.int64)
