"""Sequences: many histories in flat columns; a row is a window into them."""

from itertools import pairwise

import numpy as np

from seqrec._validation.arrays import (
    offsets_from_lengths,
    pack_windows,
    ragged_positions,
)
from seqrec._validation.params import check_int, check_option
from seqrec.data._append import append_rows
from seqrec.data.schema import TIME_CHANNEL
from seqrec.data.vocabulary import PADDING_CODE, Vocabulary, as_id_array

__all__ = ["Sequences"]

_ROW_ARRAYS = ("starts", "stops", "users", "last_known", "target_times")


class Sequences:
    """Histories of item codes; one row is one history.

    Events lie in flat columns in user and time order. A row is a half-open window
    ``[start, stop)`` into them, so taking rows, prefixes and last-n windows copies no
    event::

        codes    3 1 1 2 | 2 3        flat column, 6 events of two users
        row 0    [0, 4)  -> 3 1 1 2
        row 1    [4, 6)  -> 2 3
        .drop_last()     -> [0, 3), [4, 5): the histories without their last event
        .last(2)         -> [2, 4), [4, 6): the two latest events

    It has ``shape == (n_rows,)``, ``len`` and numpy's indexing, so that scikit-learn
    counts it, indexes it and cross-validates over it. Pickling keeps only the events
    that its rows use. It is not changed in place.

    Parameters
    ----------
    codes : ndarray of shape (n_events,), dtype=int32
        Item codes, 1 to `n_items`, in row and time order.
    starts, stops : ndarray of shape (n_rows,), dtype=int64
        Window of each row.
    vocabulary : Vocabulary
        Which item a code stands for.
    users : ndarray of shape (n_rows,) or None
        User id of each row; None numbers the rows.
    times : ndarray of shape (n_events,) or None
        Seconds since 1970; None where the log has an order but no times.
    context : dict of str to ndarray of shape (n_events,) or None
        Further channels: float32 numbers or int32 category codes (0 is missing).
    last_known : ndarray of shape (n_rows,), dtype=bool, or None
        False where the latest event of the row was dropped because its item is not
        in the catalogue; such a row has no target of its own. None: all True.
    target_times : ndarray of shape (n_rows,) or None
        Time of the event that follows each row, for rows made by
        `next_item_samples`.

    See Also
    --------
    seqrec.SequenceEncoder : Makes `Sequences` from an event log.
    next_item_samples : Makes (history, target) pairs from `Sequences`.

    Examples
    --------
    >>> sequences = Sequences.from_lists([["c", "a", "a", "b"], ["b", "c"]])
    >>> sequences
    Sequences(n_rows=2, n_events=6, n_items=3, lengths 2 to 4, median 3)
    >>> sequences.last(2).to_lists()
    [['a', 'b'], ['b', 'c']]
    >>> sequences[[1]].to_lists()
    [['b', 'c']]
    """

    def __init__(
        self,
        codes,
        starts,
        stops,
        *,
        vocabulary,
        users=None,
        times=None,
        context=None,
        last_known=None,
        target_times=None,
    ):
        self.codes = np.asarray(codes, dtype=np.int32)
        self.starts = np.asarray(starts, dtype=np.int64)
        self.stops = np.asarray(stops, dtype=np.int64)
        self.vocabulary = vocabulary
        n_rows = len(self.starts)
        self.users = np.arange(n_rows) if users is None else users
        self.times = times
        self.context = {} if context is None else dict(context)
        self.last_known = (
            np.ones(n_rows, dtype=bool) if last_known is None else last_known
        )
        self.target_times = target_times
        self._check_shapes()

    def _check_shapes(self):
        rows = {name: getattr(self, name) for name in _ROW_ARRAYS}
        flat = {"times": self.times, **self.context}
        for columns, n in ((rows, len(self)), (flat, len(self.codes))):
            for name, column in columns.items():
                if column is not None and np.shape(column) != (n,):
                    raise ValueError(
                        f"{name!r} of Sequences must have shape ({n},), like "
                        f"{'starts' if columns is rows else 'codes'}. Got "
                        f"{np.shape(column)}."
                    )
        n = len(self.codes)
        if not ((self.starts <= self.stops) & (self.stops <= n)).all() or (
            self.starts.min(initial=0) < 0
        ):
            raise ValueError(
                f"Windows of Sequences must satisfy 0 <= start <= stop <= {n}, the "
                f"number of events. Got others; check starts and stops."
            )

    @classmethod
    def from_lists(cls, histories, *, items=None, users=None):
        """Make sequences from lists of item ids.

        Parameters
        ----------
        histories : list of sequences of int or str
            Item ids of each row, oldest first; a row may be empty.
        items : sequence of int or str, Vocabulary, or None
            The catalogue in code order; ids outside it are dropped. None takes the
            ids that occur, sorted.
        users : sequence of int or str, or None
            User id of each row; None numbers the rows.

        Returns
        -------
        sequences : Sequences
            One row a list.

        Raises
        ------
        TypeError
            If a history is not a sequence, or ids are of mixed kinds.
        """
        lengths = np.array([_history_length(row) for row in histories], dtype=np.int64)
        flat = [item for row in histories for item in row]
        ids = as_id_array(flat) if flat else np.empty(0, dtype=np.int64)
        if items is None:
            items = Vocabulary(as_id_array(np.unique(ids)))
        vocabulary = items if isinstance(items, Vocabulary) else Vocabulary(items)
        offsets = offsets_from_lengths(lengths)
        every = cls(
            np.ones(len(ids), dtype=np.int32),
            offsets[:-1],
            offsets[1:],
            vocabulary=vocabulary,
            users=None if users is None else as_id_array(users, what="user ids"),
        )
        return every._replace_codes(vocabulary.encode(ids), vocabulary)

    # ------------------------------------------------------------------ array protocol
    @property
    def shape(self):
        """``(n_rows,)``."""
        return (len(self.starts),)

    @property
    def lengths(self):
        """Number of events of each row, shape (n_rows,)."""
        return self.stops - self.starts

    @property
    def n_items(self):
        """Size of the catalogue."""
        return len(self.vocabulary)

    @property
    def items(self):
        """Item ids in code order, shape (n_items,)."""
        return self.vocabulary.ids

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, key):
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]  # scikit-learn asks for X[rows, ...]
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            return self._row(key)
        key = _row_index(key, len(self))
        return self._with_windows(
            self.starts[key],
            self.stops[key],
            users=self.users[key],
            last_known=self.last_known[key],
            target_times=None if self.target_times is None else self.target_times[key],
        )

    def _row(self, row):
        if not -len(self) <= row < len(self):
            raise IndexError(f"Row {row} is not among the {len(self)} rows.")
        return self.vocabulary.decode(self.codes[self.starts[row] : self.stops[row]])

    def __iter__(self):
        return (self[row] for row in range(len(self)))

    def __repr__(self):
        lengths = self.lengths
        parts = [
            f"n_rows={len(self)}",
            f"n_events={int(lengths.sum())}",
            f"n_items={self.n_items}",
        ]
        if len(self):
            median = np.median(lengths)
            parts.append(
                f"lengths {lengths.min()} to {lengths.max()}, median {median:g}"
            )
        if self.times is not None:
            parts.append("with times")
        if self.context:
            parts.append("context " + ", ".join(self.context))
        return f"Sequences({', '.join(parts)})"

    def __getstate__(self):
        return self._compact().__dict__

    # ------------------------------------------------------------------ windows
    def drop_last(self, n=1):
        """Return the rows without their last events.

        Parameters
        ----------
        n : int, default=1
            How many events to leave out of each row; a shorter row becomes empty.
            Events that were dropped as unknown do not count.

        Returns
        -------
        sequences : Sequences
            The same rows with shorter windows.
        """
        check_int("n", n, owner="drop_last", low=0)
        stops = np.maximum(self.starts, self.stops - n)
        return self._with_windows(self.starts, stops) if n else self

    def last(self, n):
        """Return the rows with their last events alone.

        Parameters
        ----------
        n : int
            How many events to keep of each row; a shorter row stays whole.

        Returns
        -------
        sequences : Sequences
            The same rows with windows of at most `n` events.
        """
        check_int("n", n, owner="last", low=1)
        starts = np.maximum(self.starts, self.stops - n)
        return self._with_windows(
            starts,
            self.stops,
            last_known=self.last_known,
            target_times=self.target_times,
        )

    def split_last(self):
        """Hold out the last event of every row as its target.

        Returns
        -------
        histories : Sequences
            The rows without their last event. A row whose latest event had no known
            item keeps all its events: its target is outside the catalogue.
        targets : ndarray of shape (n_rows,), dtype=int32
            Item code of the target; -1 where it is not in the catalogue, 0 where the
            row is empty.
        """
        has_target = self.last_known & (self.lengths > 0)
        targets = np.where(self.last_known, 0, -1).astype(np.int32)
        targets[has_target] = self.codes[self.stops[has_target] - 1]
        return self._with_windows(self.starts, self.stops - has_target), targets

    def positions(self):
        """Return where the rows' events are in the flat columns, row after row.

        Returns
        -------
        positions : ndarray of shape (sum of `lengths`,), dtype=int64
            ``codes[positions]`` are the item codes of all rows.
        """
        return ragged_positions(self.starts, self.lengths)

    def append(self, new):
        """Add newer events to the rows of their users; new users get new rows.

        Parameters
        ----------
        new : Sequences
            Events later than those here, for example an encoder's transform of a new
            piece of the log. Events of items outside this catalogue are dropped.

        Returns
        -------
        sequences : Sequences
            The rows of here in their order, then those of users seen first in `new`.

        Raises
        ------
        TypeError
            If user ids are integers on one side and strings on the other.
        ValueError
            If a user has several rows, channels differ or number sessions (which go
            on only when the whole log is encoded), or an event of `new` is earlier
            than the user's last one here.
        """
        new = new.with_vocabulary(self.vocabulary)
        return Sequences(vocabulary=self.vocabulary, **append_rows(self, new))

    def with_vocabulary(self, vocabulary):
        """Return the same histories in another catalogue's codes.

        Parameters
        ----------
        vocabulary : Vocabulary
            The other catalogue.

        Returns
        -------
        sequences : Sequences
            The same rows. Events whose item is not in `vocabulary` are dropped; a
            row that so loses its latest event is marked in `last_known`.
        """
        if vocabulary == self.vocabulary:
            return self
        table = np.zeros(self.n_items + 1, dtype=np.int32)
        table[1:] = vocabulary.encode(self.items)
        every = self._compact()
        return every._replace_codes(table[every.codes], vocabulary)

    # ------------------------------------------------------------------ exports
    def to_lists(self):
        """Return the item ids of each row.

        Returns
        -------
        histories : list of lists of int or str
            Oldest event first.
        """
        ids = self.vocabulary.decode(self.codes[self.positions()]).tolist()
        bounds = pairwise(offsets_from_lengths(self.lengths).tolist())
        return [ids[a:b] for a, b in bounds]

    def to_padded(self, *, max_length=None, side="right", channel=None):
        """Return the last events of the rows as one rectangular array.

        Parameters
        ----------
        max_length : int or None
            Number of columns; None takes the longest row, at least 1.
        side : {"right", "left"}
            Where padding goes.
        channel : str or None
            Context channel, or ``"time"``; None gives item codes.

        Returns
        -------
        values : ndarray of shape (n_rows, max_length)
            Item codes or the channel, with 0 at padding.
        mask : ndarray of shape (n_rows, max_length), dtype=bool
            True where an event is real.

        Raises
        ------
        ValueError
            If there is no such channel, or a parameter is out of its range.

        Examples
        --------
        >>> values, mask = Sequences.from_lists([[7, 9], [9]]).to_padded()
        >>> values
        array([[1, 2],
               [2, 0]], dtype=int32)
        """
        check_option("side", side, ("right", "left"), owner="to_padded")
        column = self._channel(channel)
        if max_length is None:
            max_length = max(1, int(self.lengths.max(initial=0)))
        check_int("max_length", max_length, owner="to_padded")
        rows = self.last(max_length)
        columns = np.arange(max_length)
        mask = columns < rows.lengths[:, None]  # (n_rows, max_length)
        if side == "left":
            mask = columns >= max_length - rows.lengths[:, None]
        values = np.zeros(mask.shape, dtype=column.dtype)
        values[mask] = column[rows.positions()]
        return values, mask

    # ------------------------------------------------------------------ private
    def _channel(self, name):
        channels = {None: self.codes, **self.context}
        if self.times is not None:
            channels[TIME_CHANNEL] = self.times
        if name not in channels:
            listed = ", ".join(repr(key) for key in channels if key is not None)
            raise ValueError(
                f"There is no channel {name!r} in these sequences. They have: "
                f"{listed or 'none'}."
            )
        return channels[name]

    def _with_windows(self, starts, stops, **rows):
        rows.setdefault("users", self.users)
        return Sequences(
            self.codes,
            starts,
            stops,
            vocabulary=self.vocabulary,
            times=self.times,
            context=self.context,
            **rows,
        )

    def _with_columns(self, take, codes, starts, stops, **rows):
        """Return the rows over other flat columns: events `take` of these."""
        return Sequences(
            codes,
            starts,
            stops,
            times=None if self.times is None else self.times[take],
            context={name: column[take] for name, column in self.context.items()},
            **rows,
        )

    def _replace_codes(self, codes, vocabulary):
        """Exchange the flat codes, and drop events of code 0."""
        keep = codes != PADDING_CODE
        before = offsets_from_lengths(keep)
        last_known = self.last_known.copy()
        rows = np.flatnonzero(self.lengths > 0)
        last_known[rows] &= keep[self.stops[rows] - 1]
        return self._with_columns(
            keep,
            codes[keep],
            before[self.starts],
            before[self.stops],
            vocabulary=vocabulary,
            users=self.users,
            last_known=last_known,
            target_times=self.target_times,
        )

    def _compact(self):
        """Return the same rows over flat columns that hold what they need alone.

        With one row a user, equal rows so get equal columns wherever they were taken
        from. Rows of one user keep the order that they have in time.
        """
        one_a_user = len(set(self.users.tolist())) == len(self)
        positions, starts = pack_windows(self.starts, self.stops, by_window=one_a_user)
        if len(positions) == len(self.codes) and (np.diff(positions) == 1).all():
            positions = slice(None)
        target_times = self.target_times
        return self._with_columns(
            positions,
            np.ascontiguousarray(self.codes[positions]),
            starts,
            starts + self.lengths,
            vocabulary=self.vocabulary,
            users=np.ascontiguousarray(self.users),
            last_known=np.ascontiguousarray(self.last_known),
            target_times=(
                None if target_times is None else np.ascontiguousarray(target_times)
            ),
        )


def _history_length(row):
    if isinstance(row, str | bytes) or not hasattr(row, "__len__"):
        raise TypeError(
            f"Each history must be a sequence of item ids. Got {row!r}; wrap a single "
            f"history in a list: [[...]]."
        )
    return len(row)


def _row_index(key, n_rows):
    if isinstance(key, slice):
        return key
    rows = np.asarray(key)
    one = rows.ndim == 1 and not isinstance(key, tuple)
    if one and rows.dtype == bool and len(rows) == n_rows:
        return np.flatnonzero(rows)
    if one and (rows.dtype.kind in "iu" or not len(rows)):
        return rows.astype(np.int64)
    raise IndexError(
        f"Sequences of {n_rows} rows take an int, a slice, a mask of shape ({n_rows},) "
        f"or row numbers. Got {type(key).__name__} of shape {rows.shape} and dtype "
        f"{rows.dtype}."
    )
