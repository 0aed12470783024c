"""EventLog: a table of events, checked, sorted by user and time, immutable."""

from dataclasses import dataclass, field

import numpy as np

from seqrec._types import Array
from seqrec._validation.arrays import counting_order, from_zero, offsets_from_lengths
from seqrec.data._table_reader import TableReader
from seqrec.data.schema import EventSchema

__all__ = ["EventLog", "event_order", "read_event_log"]

_STEPS = (10**9, 10**6, 10**3)  # whole seconds in finer units need fewer sort passes


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events in user and time order; equal times keep the order of the table.

    Attributes
    ----------
    users : ndarray of shape (n_users,)
        User ids, sorted.
    offsets : ndarray of shape (n_users + 1,), dtype=int64
        Events of user `u` are ``items[offsets[u]:offsets[u + 1]]``.
    items : ndarray of shape (n_events,), dtype=int32, or None
        Number of each event's item: ``item_ids[items]`` are the ids. None where the
        schema names no item column.
    item_ids : ndarray of shape (n_item_ids,) or None
        The different item ids, sorted; None like `items`.
    times : ndarray of shape (n_events,), dtype=float64, or None
        Seconds since 1970; None where the log has an order but no times.
    rows : ndarray of shape (n_events,), dtype=int64, or None
        Row of each event in the table that was read; None if it was sorted already.
    context : dict of str to Channel
        Further columns, in event order: `values`, float64 with NaN at nulls and
        `categories` None, or int32 numbers of `categories`, -1 at nulls.
    """

    users: Array
    offsets: Array
    items: Array | None
    item_ids: Array | None
    times: Array | None
    rows: Array | None
    context: dict = field(default_factory=dict)

    def __len__(self):
        return int(self.offsets[-1])

    @property
    def lengths(self):
        """Number of events of each user, shape (n_users,)."""
        return np.diff(self.offsets)

    def table_rows(self, events):
        """Return the rows in the table of some events.

        Parameters
        ----------
        events : ndarray of int
            Places of events in the log.

        Returns
        -------
        rows : ndarray of int
            Row of each in the table that was read.
        """
        return events if self.rows is None else self.rows[events]

    def count_repeats(self):
        """Count the events that repeat another one's user, item and time.

        Returns
        -------
        n_repeats : int
            How many would go if such events were made one; 0 for a log without times or
            items.
        """
        if self.times is None or self.items is None or self.item_ids is None:
            return 0
        tied = self.times[1:] == self.times[:-1]  # an event with the one before it
        tied[self.offsets[1:-1] - 1] = False
        if not tied.any():
            return 0
        within = np.flatnonzero(np.append(tied, False) | np.append(False, tied))
        # Ties form blocks; an item that occurs twice in a block is a repeat.
        block = np.cumsum(~np.append(False, tied)[within])
        keys = block * np.int64(len(self.item_ids)) + self.items[within]
        return len(keys) - len(np.unique(keys))


def read_event_log(X, schema=None, *, time_unit="s", owner="EventLog"):
    """Read, check and sort an event log.

    Parameters
    ----------
    X : pandas, polars or pyarrow table
        One row an event; it is not changed.
    schema : EventSchema, default=EventSchema()
        Which columns to read.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        Unit of times given as numbers.
    owner : str
        Who reads, for errors.

    Returns
    -------
    log : EventLog
        The events in user and time order.

    Raises
    ------
    TypeError
        If `X` is no table in memory, or ids or times are of an unusable kind.
    ValueError
        If columns are missing, the table is empty, or holds nulls or times that are
        not finite; all such problems are listed in one error.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame(
    ...     {"user_id": [2, 1, 2], "item_id": ["b", "a", "a"], "timestamp": [9, 5, 7]}
    ... )
    >>> log = read_event_log(events)
    >>> log.users, log.offsets, log.item_ids[log.items]
    (array([1, 2]), array([0, 1, 3]), array(['a', 'a', 'b'], dtype=object))
    """
    schema = EventSchema() if schema is None else schema
    reader = TableReader(X, schema, owner=owner)
    users = reader.users()
    ticks, per_second = reader.times(time_unit)
    items = (None, None) if schema.item is None else reader.items()
    context = reader.channels()
    reader.check()
    (numbers, user_ids), (items, item_ids) = users, items
    order = event_order(numbers, ticks)
    offsets = offsets_from_lengths(np.bincount(numbers))
    del users, numbers
    if order is not None:
        items = None if items is None else items[order]
        ticks = None if ticks is None else ticks[order]
        context = {
            name: channel._replace(values=channel.values[order])
            for name, channel in context.items()
        }
    has_times = ticks is not None and schema.has_times(reader.columns)
    return EventLog(
        users=user_ids,
        offsets=offsets,
        items=items,
        item_ids=item_ids,
        times=ticks / per_second if has_times else None,
        rows=order,
        context=context,
    )


def event_order(users, ticks):
    """Return the stable order of events by user, then time.

    Parameters
    ----------
    users : ndarray of shape (n_events,), dtype=int32
        Number of each event's user, from 0.
    ticks : ndarray of shape (n_events,), int or float64, or None
        What orders the events of a user; None keeps the order of the rows.

    Returns
    -------
    order : ndarray of shape (n_events,), dtype=int64, or None
        Row of each event; None where the rows are in order already.

    Examples
    --------
    >>> event_order(np.array([1, 0, 1]), np.array([9, 5, 7]))
    array([1, 2, 0])
    """
    if len(users) < 2:
        return None
    drops = users[1:] < users[:-1]
    falls = False if ticks is None else ticks[1:] < ticks[:-1]
    if not drops.any() and not (falls & (users[1:] == users[:-1])).any():
        return None
    n_users = int(users.max()) + 1
    if not np.any(falls):
        return counting_order(users, span=n_users - 1)
    keys, n_keys = _sort_keys(ticks)
    if n_users * n_keys >= 2**64:
        by_time = counting_order(keys, span=n_keys - 1)
        return counting_order(users, by_time, span=n_users - 1)
    both = users.astype(np.uint64)
    both *= np.uint64(n_keys)
    both += keys
    del keys
    return counting_order(both, span=n_users * n_keys - 1)


def _sort_keys(ticks):
    """Return unsigned integers in the order of numbers, and how many there can be."""
    if ticks.dtype.kind == "f":
        # Positive doubles sort as their bits do; negative ones the other way round.
        ticks = (ticks + 0.0).view(np.int64)  # -0.0 becomes 0.0
        ticks = np.where(ticks < 0, ticks ^ np.int64(2**63 - 1), ticks)
    low, high = int(ticks.min()), int(ticks.max())
    keys, span = from_zero(ticks, low, high), high - low
    for step in _STEPS:
        if span > step and not any((part % step).any() for part in (keys[:99], keys)):
            keys, span = from_zero(keys // step, 0, span // step), span // step
            break
    return keys, span + 1
