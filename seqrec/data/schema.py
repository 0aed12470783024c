"""Which columns of an event log play which part; the only place that names them."""

from dataclasses import dataclass

from seqrec._validation.params import suggest

__all__ = [
    "ITEM",
    "POSITION",
    "SESSION",
    "SESSION_CHANNEL",
    "TIME",
    "TIME_CHANNEL",
    "USER",
    "EventSchema",
]

USER = "user_id"
ITEM = "item_id"
TIME = "timestamp"
POSITION = "position"
SESSION = "session_id"

# Channels of sequences that are made, not read.
TIME_CHANNEL = "time"
SESSION_CHANNEL = "session"

_SHOWN = 12  # columns that an error lists


@dataclass(frozen=True)
class EventSchema:
    """Names of the columns of an event log.

    Attributes
    ----------
    user : str
        Column of the ids of who acts.
    item : str or None
        Column of the ids of what is acted on. None: not looked at.
    time : str or None
        Column of the times. None: the rows are in order already. Where the default
        ``"timestamp"`` is not in the table and a column ``"position"`` is, events are
        ordered by that column and have no times.
    context : tuple of str
        Further columns to carry along.

    Examples
    --------
    >>> EventSchema().order_column(["user_id", "item_id", "position"])
    'position'
    """

    user: str = USER
    item: str | None = ITEM
    time: str | None = TIME
    context: tuple[str, ...] = ()

    def missing(self, columns):
        """Return one sentence for each column that is not in a table.

        Parameters
        ----------
        columns : sequence of str
            Names of the table's columns.

        Returns
        -------
        problems : list of str
            What is missing, what is there, and what to do.
        """
        columns = list(columns)
        wanted = [("user", self.user), ("item", self.item)]
        if self.order_column(columns) is None:
            wanted.append(("time", self.time))
        wanted += [("context", name) for name in self.context]
        return [
            f"Column {name!r} ({role}) is missing; the table has {_listed(columns)}."
            f"{suggest(name, columns)} Name the column with {role}=."
            for role, name in wanted
            if name is not None and name not in columns
        ]

    def order_column(self, columns):
        """Return the column that orders events.

        Parameters
        ----------
        columns : sequence of str
            Names of the table's columns.

        Returns
        -------
        name : str or None
            The column of times, or of positions; None where it is the row order.
        """
        if self.has_times(columns):
            return self.time
        return POSITION if self.time == TIME and POSITION in columns else None

    def has_times(self, columns):
        """Tell whether the ordering column holds times, not mere positions.

        Parameters
        ----------
        columns : sequence of str
            Names of the table's columns.

        Returns
        -------
        has_times : bool
            False where events have an order but no times.
        """
        return self.time is not None and self.time in columns


def _listed(names):
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{shown}{more}" if names else "no columns"
