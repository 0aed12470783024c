"""SequenceEncoder: event log -> Sequences."""

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from seqrec._compat import Interval, StrOptions, validate_parameters
from seqrec._validation.arrays import offsets_from_lengths
from seqrec._validation.warn import warn_caller
from seqrec.data.event_log import read_event_log
from seqrec.data.schema import (
    ITEM,
    SESSION_CHANNEL,
    TIME,
    TIME_CHANNEL,
    USER,
    EventSchema,
)
from seqrec.data.sequences import Sequences
from seqrec.data.sessions import split_sessions
from seqrec.data.vocabulary import Vocabulary
from seqrec.exceptions import DataWarning, UnknownItemsError

__all__ = ["SequenceEncoder"]

_LATEST = 7_258_118_400  # seconds from 1970 to 2200: later times are suspect
_SHOWN = 5  # unknown items that an error lists


class SequenceEncoder(TransformerMixin, BaseEstimator):
    """Turn an event log into sequences, one row a user.

    `fit` learns the catalogue (and the scaling of context channels) from the rows it
    is given and from nothing else. `transform` gives one row for each user of its
    table, in the order of the user ids, known to `fit` or not::

        user_id  item_id  timestamp
        u2       b        10                 row 0 (u1): a c
        u1       c        30          ->     row 1 (u2): b a
        u2       a        20
        u1       a        10

    Parameters
    ----------
    user : str, default="user_id"
        Column of the user ids: integers or strings.
    item : str, default="item_id"
        Column of the item ids: integers or strings.
    time : str or None, default="timestamp"
        Column of the times: datetimes (zones are honoured), text in ISO 8601 form, or
        numbers in `time_unit`. Events of equal time keep the order of their rows. None
        takes the rows as ordered. A table without ``"timestamp"`` but with a column
        ``"position"`` is ordered by that and has no times.
    context : sequence of str, default=()
        Further columns to carry as channels. Numbers and booleans are standardised
        with the mean and deviation of the rows seen in `fit`, and NaN at nulls; text
        becomes category codes, 0 for null or not seen in `fit`.
    session_gap : float or None, default=None
        Largest pause inside a session, in seconds: adds a channel ``"session"`` that
        numbers each user's sessions from 1; a pause equal to it does not split. None
        adds none.
    max_length : int or None, default=None
        Keep the last `max_length` events of each row; None keeps all.
    min_item_count : int, default=1
        Items with fewer events in `fit` are left out of the catalogue.
    unknown_items : {"ignore", "error"}, default="ignore"
        What `transform` does with items that are not in the catalogue: drop their
        events (and mark rows whose latest event so goes in `Sequences.last_known`), or
        raise `UnknownItemsError`.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        Unit of times given as numbers since 1970.

    Attributes
    ----------
    vocabulary_ : Vocabulary
        The catalogue.
    items_ : ndarray of shape (n_items,)
        Item ids in code order: ``items_[code - 1]``.
    n_items_ : int
        Size of the catalogue.
    context_scales_ : dict of str to (float, float)
        Mean and standard deviation of each numeric channel.
    context_categories_ : dict of str to ndarray
        Categories of each text channel, in code order from 1.

    See Also
    --------
    Sequences : What `transform` returns.
    KCoreFilter : Drops rare users and items before this.
    Sessionizer : Adds a session column to use as `user`.

    Notes
    -----
    Stability: stable.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import SequenceEncoder
    >>> events = pd.DataFrame({
    ...     "user_id": ["u2", "u1", "u2", "u1"],
    ...     "item_id": ["b", "c", "a", "a"],
    ...     "timestamp": [10, 30, 20, 10],
    ... })
    >>> sequences = SequenceEncoder().fit_transform(events)
    >>> sequences.users, sequences.to_lists()
    (array(['u1', 'u2'], dtype=object), [['a', 'c'], ['b', 'a']])
    """

    _parameter_constraints: ClassVar[dict] = {
        "user": [str],
        "item": [str],
        "time": [str, None],
        "context": [tuple, list],
        "session_gap": [Interval(Real, 0, None, closed="neither"), None],
        "max_length": [Interval(Integral, 1, None, closed="left"), None],
        "min_item_count": [Interval(Integral, 1, None, closed="left")],
        "unknown_items": [StrOptions({"ignore", "error"})],
        "time_unit": [StrOptions({"s", "ms", "us", "ns"})],
    }

    def __init__(
        self,
        user=USER,
        item=ITEM,
        *,
        time=TIME,
        context=(),
        session_gap=None,
        max_length=None,
        min_item_count=1,
        unknown_items="ignore",
        time_unit="s",
    ):
        self.user = user
        self.item = item
        self.time = time
        self.context = context
        self.session_gap = session_gap
        self.max_length = max_length
        self.min_item_count = min_item_count
        self.unknown_items = unknown_items
        self.time_unit = time_unit

    def fit(self, X, y=None):
        """Learn the catalogue and the scaling of the context.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log; it is not changed.
        y : None
            Ignored.

        Returns
        -------
        self : SequenceEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If the table cannot be used (missing columns, nulls, no events, ...).
        TypeError
            If ids or times are of an unusable kind.
        """
        validate_parameters(self)
        self._fit_log(self._read(X))
        return self

    def fit_transform(self, X, y=None):
        """Learn from the event log and return its sequences.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log; it is not changed.
        y : None
            Ignored.

        Returns
        -------
        sequences : Sequences
            One row a user. Events of items below `min_item_count` are dropped,
            whatever `unknown_items` says.
        """
        validate_parameters(self)
        log = self._read(X)
        return self._encode(log, self._fit_log(log))

    def transform(self, X):
        """Return the sequences of an event log.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log with the columns seen in `fit`; it is not changed.

        Returns
        -------
        sequences : Sequences
            One row for each user of `X`, in the order of the user ids. A user all of
            whose items are unknown has an empty row.

        Raises
        ------
        UnknownItemsError
            If items are unknown and `unknown_items` is "error", or no item at all is
            known (then the ids are likely of another kind).
        ValueError, TypeError
            If the table cannot be used, as in `fit`, or a channel has changed kind.
        """
        check_is_fitted(self)
        log = self._read(X)
        codes = self.vocabulary_.encode(log.item_ids)
        self._check_unknown(log, codes)
        return self._encode(log, codes)

    # ------------------------------------------------------------------ private
    def _read(self, X):
        schema = EventSchema(self.user, self.item, self.time, tuple(self.context))
        made = {TIME_CHANNEL}
        if self.session_gap is not None:
            made.add(SESSION_CHANNEL)
        taken = [name for name in schema.context if name in made]
        if taken:
            raise ValueError(
                f"A context channel cannot be named {taken[0]!r}: the encoder makes a "
                f"channel of that name. Rename the column."
            )
        log = read_event_log(
            X, schema, time_unit=self.time_unit, owner=type(self).__name__
        )
        if self.session_gap is not None and log.times is None:
            raise ValueError(
                "session_gap needs times. This event log has an order but no times; "
                "name the column with time= or set session_gap=None."
            )
        return log

    def _fit_log(self, log):
        """Learn from a log; return the code of each of its item ids (0: left out)."""
        repeats = log.count_repeats()
        if repeats:
            warn_caller(
                f"{repeats} of {len(log)} events repeat another event's user, item and "
                f"time. They are kept; drop them before fit if they are an accident.",
                DataWarning,
            )
        if log.times is not None and log.times.max() > _LATEST:
            warn_caller(
                f"Times reach beyond the year 2200 (the latest is "
                f"{log.times.max():.3g} seconds after 1970). If they are milliseconds "
                f"or finer, pass time_unit='ms', 'us' or 'ns'.",
                DataWarning,
            )
        counts = np.bincount(log.items)
        kept = counts >= self.min_item_count
        if not kept.any():
            raise ValueError(
                f"No item has min_item_count={self.min_item_count} events; the most "
                f"frequent has {counts.max()}. Lower min_item_count."
            )
        self.vocabulary_ = Vocabulary(log.item_ids[kept])
        self.items_ = self.vocabulary_.ids
        self.n_items_ = len(self.vocabulary_)
        self.context_scales_, self.context_categories_ = {}, {}
        for name, channel in log.context.items():
            if channel.categories is None:
                _check_finite(name, channel.values)
                self.context_scales_[name] = _mean_and_deviation(channel.values)
            else:
                self.context_categories_[name] = channel.categories
        return np.where(kept, np.cumsum(kept), 0).astype(np.int32)

    def _channel(self, name, channel):
        """Return a context column as standardised numbers or category codes."""
        is_text = channel.categories is not None
        if name in self.context_scales_:
            if is_text and len(channel.categories):
                raise _changed_kind(name, "numbers", "text")
            if not is_text:
                _check_finite(name, channel.values)
            mean, deviation = self.context_scales_[name]
            values = np.nan if is_text else channel.values
            scaled = (values - mean) / deviation
            return np.broadcast_to(scaled, len(channel.values)).astype(np.float32)
        if not is_text and not np.isnan(channel.values).all():
            raise _changed_kind(name, "text", "numbers")
        if not is_text:
            return np.zeros(len(channel.values), dtype=np.int32)
        codes = Vocabulary(self.context_categories_[name]).encode(channel.categories)
        return np.append(codes, np.int32(0))[channel.values]  # -1, a null, is code 0

    def _check_unknown(self, log, codes):
        unknown = codes == 0
        if not unknown.any() or (self.unknown_items == "ignore" and codes.any()):
            return
        shown = ", ".join(map(repr, log.item_ids[unknown][:_SHOWN].tolist()))
        listed = f"{shown}{', ...' if unknown.sum() > _SHOWN else ''}"
        if unknown.all():
            raise UnknownItemsError(
                f"None of the {len(codes)} items in this log is in the catalogue of "
                f"fit: {listed}. Items there look like {self.items_.tolist()[0]!r}; "
                f"check that the ids are of the same kind."
            )
        raise UnknownItemsError(
            f"transform got {unknown.sum()} items that are not in the catalogue of "
            f"fit: {listed}. Set unknown_items='ignore' to drop their events."
        )

    def _encode(self, log, item_codes):
        """Make sequences of a log, given the code of each of its item ids."""
        columns = {"codes": item_codes[log.items], "times": log.times}
        context = {
            name: self._channel(name, channel) for name, channel in log.context.items()
        }
        if self.session_gap is not None:
            context[SESSION_CHANNEL] = _session_channel(log, self.session_gap)
        offsets, last_known = log.offsets, None
        if not item_codes.all():
            keep = columns["codes"] > 0
            last_known = keep[offsets[1:] - 1]
            offsets = offsets_from_lengths(keep)[offsets]
            columns, context = (
                {
                    name: None if values is None else values[keep]
                    for name, values in part
                }
                for part in (columns.items(), context.items())
            )
        sequences = Sequences(
            **columns,
            starts=offsets[:-1],
            stops=offsets[1:],
            vocabulary=self.vocabulary_,
            users=log.users,
            context=context,
            last_known=last_known,
        )
        return sequences if self.max_length is None else sequences.last(self.max_length)


def _mean_and_deviation(values):
    """Return mean and deviation of the finite values; 1.0 where all are the same."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    same = known.min() == known.max()
    return float(known.mean()), 1.0 if same else float(known.std())


def _check_finite(name, values):
    n_infinite = int(np.isinf(values).sum())
    if n_infinite:
        raise ValueError(
            f"Column {name!r} (context) has {n_infinite} infinite values. Replace "
            f"them, by null where they are unknown."
        )


def _changed_kind(name, before, now):
    return TypeError(
        f"Column {name!r} (context) held {before} in fit and holds {now} now. Cast it "
        f"to {before}."
    )


def _session_channel(log, max_gap):
    session = split_sessions(log.times, log.offsets, max_gap=max_gap)
    first = session[log.offsets[:-1]]
    return (session - np.repeat(first, log.lengths) + 1).astype(np.int32)
