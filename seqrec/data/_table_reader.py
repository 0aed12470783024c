"""Reads the columns of an event log and collects everything wrong with them."""

import numpy as np

from seqrec.data._columns import (
    cannot_be_null,
    null_rows,
    read_channel,
    read_ids,
    read_positions,
    read_times,
)
from seqrec.data._frames import read_frame

__all__ = ["TableReader"]

_SHOWN = 5  # rows that an error lists


class TableReader:
    """The columns of a table as arrays, and one error for all that is wrong.

    Each reading method returns None where its column cannot be used; `check` then
    raises. Call it before using what was read.

    Parameters
    ----------
    X : pandas, polars or pyarrow table
        One row an event.
    schema : EventSchema
        Which columns to read.
    owner : str
        Who reads, for errors.
    """

    def __init__(self, X, schema, *, owner):
        self.frame = read_frame(X, owner=owner)
        self.schema = schema
        self.owner = owner
        self.columns = self.frame.columns  # asked for once: each time takes a while
        self._problems: list[Exception] = []
        self._problems += map(ValueError, schema.missing(self.columns))
        if not self._problems and not len(self.frame):
            text = "The table has no events; give it at least one row."
            self._problems.append(ValueError(text))

    def check(self):
        """Raise one error that lists everything found wrong so far."""
        if not self._problems:
            return
        texts = [str(problem) for problem in self._problems]
        listed = texts[0] if len(texts) == 1 else "\n- ".join(["", *texts])
        kinds = [isinstance(problem, TypeError) for problem in self._problems]
        error = TypeError if all(kinds) else ValueError
        raise error(f"{self.owner} cannot use this event log: {listed}")

    def check_ids(self):
        """Look for missing columns and nulls alone, without reading the ids."""
        self._column(self.schema.user, "user")
        self._column(self.schema.item, "item")
        self.check()

    def users(self):
        """Return the number of each event's user, and the user ids."""
        return self._read(self.schema.user, "user", read_ids)

    def items(self):
        """Return the number of each event's item, and the item ids."""
        return self._read(self.schema.item, "item", read_ids)

    def times(self, unit):
        """Return what orders the events, and how many of its units make a second.

        The first is None where the rows are in order already.
        """
        name = self.schema.order_column(self.columns)
        if name is None:
            return None, 1
        if self.schema.has_times(self.columns):
            return self._read(name, "time", read_times, unit=unit) or (None, 1)
        return self._read(name, "order", read_positions) or (None, 1)

    def channels(self):
        """Return the context columns as a dict of name to `Channel`."""
        return {
            name: self._read(name, "context", read_channel)
            for name in self.schema.context
        }

    def _column(self, name, role):
        """Return a column without nulls, or None after noting what is wrong."""
        if name not in self.columns:
            return None  # noted as missing
        column = self.frame.get_column(name)
        if role == "context" or cannot_be_null(column):
            return column
        rows = null_rows(column)
        if not len(rows):
            return column
        self._problems.append(ValueError(_null_problem(name, role, rows)))
        return None

    def _read(self, name, role, read, **options):
        column = self._column(name, role)
        if column is None or not len(column):
            return None
        if read is read_ids:
            options["role"] = role
        try:
            return read(column, **options)
        except (TypeError, ValueError) as problem:
            self._problems.append(problem)
            return None


def _null_problem(name, role, rows):
    shown = ", ".join(np.char.mod("%d", rows[:_SHOWN]))
    more = ", ..." if len(rows) > _SHOWN else ""
    nulls, where = ("null", "row") if len(rows) == 1 else ("nulls", "rows")
    return (
        f"Column {name!r} ({role}) has {len(rows)} {nulls}, in {where} {shown}{more}. "
        f"Drop or fill them before fit."
    )
