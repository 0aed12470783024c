"""Sessionizer: add a session column to an event log."""

from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from seqrec._compat import Interval, StrOptions, validate_parameters
from seqrec._validation.arrays import offsets_from_lengths
from seqrec.data._frames import column_names, with_column
from seqrec.data._table_reader import TableReader
from seqrec.data.event_log import event_order
from seqrec.data.schema import SESSION, TIME, USER, EventSchema
from seqrec.data.sessions import split_sessions

__all__ = ["Sessionizer"]


class Sessionizer(TransformerMixin, BaseEstimator):
    """Number the sessions of an event log.

    A session ends where a user pauses for more than `max_gap`. The number is unique
    over the log, so that ``SequenceEncoder(user="session_id")`` makes one row of each
    session::

        user_id  timestamp        session_id   (max_gap=1800)
        1        0                0
        1        60               0
        1        4000             1
        2        10               2

    Parameters
    ----------
    max_gap : float, default=1800
        Largest pause inside a session, in seconds; a pause equal to it does not split.
    user : str, default="user_id"
        Column of the user ids: integers or strings.
    time : str, default="timestamp"
        Column of the times: datetimes (zones are honoured), text in ISO 8601 form, or
        numbers in `time_unit`.
    session : str, default="session_id"
        Name of the new column.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        Unit of times given as numbers since 1970.

    See Also
    --------
    SequenceEncoder : Its `session_gap` keeps users together and adds a channel.

    Notes
    -----
    Nothing is learned in `fit`. Sessions are numbered by user and time, over the table
    at hand. Stability: stable.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import Sessionizer
    >>> events = pd.DataFrame({"user_id": [1, 1, 1, 2], "timestamp": [0, 60, 4000, 10]})
    >>> Sessionizer().fit_transform(events)["session_id"].tolist()
    [0, 0, 1, 2]
    """

    _parameter_constraints: ClassVar[dict] = {
        "max_gap": [Interval(Real, 0, None, closed="neither")],
        "user": [str],
        "time": [str],
        "session": [str],
        "time_unit": [StrOptions({"s", "ms", "us", "ns"})],
    }

    def __init__(
        self,
        max_gap=1800,
        *,
        user=USER,
        time=TIME,
        session=SESSION,
        time_unit="s",
    ):
        self.max_gap = max_gap
        self.user = user
        self.time = time
        self.session = session
        self.time_unit = time_unit

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, X, y=None):
        """Check the parameters and the table; nothing is learned.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log; it is not changed.
        y : None
            Ignored.

        Returns
        -------
        self : Sessionizer
            The transformer itself.

        Raises
        ------
        TypeError
            If `X` is no table in memory.
        ValueError
            If a column is missing, or `session` is there already.
        """
        self._reader(X).check()
        return self

    def transform(self, X):
        """Return the table with a session number for each event.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log; it is not changed.

        Returns
        -------
        X_sessions : table of the same kind
            The same rows in the same order, with one column more.

        Raises
        ------
        TypeError
            If `X` is no table in memory, or ids or times are of an unusable kind.
        ValueError
            If a column is missing or holds nulls, or `session` is there already.
        """
        reader = self._reader(X)
        users = reader.users()
        ticks, per_second = reader.times(self.time_unit)
        reader.check()
        numbers, _ = users
        order = event_order(numbers, ticks)
        rows = slice(None) if order is None else order
        session = np.empty(len(numbers), dtype=np.int64)
        session[rows] = split_sessions(
            ticks[rows] / per_second,
            offsets_from_lengths(np.bincount(numbers)),
            max_gap=self.max_gap,
        )
        return with_column(X, self.session, session)

    def _reader(self, X):
        validate_parameters(self)
        schema = EventSchema(self.user, None, self.time)
        reader = TableReader(X, schema, owner=type(self).__name__)
        columns = column_names(X)
        if self.session in columns:
            raise ValueError(
                f"The table has a column {self.session!r} already. Name the new one "
                f"with session=, or leave the Sessionizer out."
            )
        if self.time not in columns and schema.order_column(columns) is not None:
            raise ValueError(
                f"Sessionizer needs times, not positions. Column {self.time!r} is "
                f"missing; name the column of times with time=."
            )
        return reader
