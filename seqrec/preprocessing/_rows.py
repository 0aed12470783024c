"""The rows of numbers that `SequenceImputer` takes, as flat values, and back again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from seqrec._types import Array
from seqrec._validation.arrays import offsets_from_lengths
from seqrec.data.sequences import Sequences

__all__ = ["Rows", "is_list_of_arrays", "read_rows"]

_FLOATS = (np.float64, np.float32)
_MISSING = "_missing"  # ends the name of an indicator channel of Sequences
_SHOWN = 5  # channels that an error lists


@dataclass(frozen=True)
class Rows:
    """Rows of one or more channels in flat columns.

    Attributes
    ----------
    values : ndarray of shape (n_events, n_channels), float
        NaN where a value is missing; it may share memory with the caller's data.
    starts, stops : ndarray of shape (n_rows,), dtype=int64
        Window of each row in `values`; windows cover all of it.
    source : ndarray, list or Sequences
        What was read; its kind is what `rebuild` makes.
    times : ndarray of shape (n_events,) or None
        Seconds since 1970; None counts events.
    names : tuple of str or None
        Names of the channels; None where they have none.
    """

    values: Array
    starts: Array
    stops: Array
    source: Any
    times: Array | None = None
    names: Any = None

    @property
    def kind(self):
        """What the rows came in, for errors; lists and 3-D arrays are one kind."""
        if isinstance(self.source, Sequences):
            return "Sequences"
        is_flat = isinstance(self.source, np.ndarray) and self.source.ndim == 2
        return "a 2-D array" if is_flat else "a 3-D array or a list of arrays"

    @property
    def n_channels(self):
        """Number of channels."""
        return self.values.shape[1]

    def check_finite(self, owner):
        """Raise if there are infinite values."""
        infinite = np.isinf(self.values)
        if not infinite.any():
            return
        event, channel = np.argwhere(infinite)[0]
        row = np.argmax((self.starts <= event) & (event < self.stops))
        place = f"row {row}, time {event - self.starts[row]}"
        if self.names is not None:
            place += f", channel {self.names[channel]!r}"
        raise ValueError(
            f"X of {owner} has {infinite.sum()} infinite values, first in {place}. "
            f"Correct them, or set them to NaN to have them filled."
        )

    def rebuild(self, values, missing):
        """Return other values in the kind that was read.

        Parameters
        ----------
        values : ndarray of shape (n_events, n_channels)
            In place of `values`.
        missing : ndarray of shape (n_events, n_channels), dtype=bool, or None
            Where values were missing, for indicator channels; None makes none.

        Returns
        -------
        X : ndarray, list of ndarray, or Sequences
            New data; nothing of it shares memory with numbers of the caller.
        """
        if isinstance(self.source, Sequences):
            return self._rebuild_sequences(values, missing)
        if missing is not None:
            values = np.hstack([values, missing.astype(values.dtype)])
        if isinstance(self.source, list):
            if missing is None and self.source[0].ndim == 1:
                values = values[:, 0]
            return np.split(values, self.stops[:-1])
        shape = self.source.shape
        if missing is not None:
            shape = (*shape[:2], values.shape[1])
        return values.reshape(shape)

    def _rebuild_sequences(self, values, missing):
        context = dict(self.source.context)
        for place, name in enumerate(self.names):
            context[name] = np.ascontiguousarray(
                values[:, place], dtype=context[name].dtype
            )
        for place, name in enumerate(self.names if missing is not None else ()):
            if name + _MISSING in self.source.context:
                raise ValueError(
                    f"X has a channel {name + _MISSING!r} already, which add_indicator "
                    f"would make. Rename it, or set add_indicator=False."
                )
            context[name + _MISSING] = missing[:, place].astype(np.float32)
        return Sequences(
            self.source.codes,
            self.source.starts,
            self.source.stops,
            vocabulary=self.source.vocabulary,
            users=self.source.users,
            times=self.source.times,
            context=context,
            last_known=self.source.last_known,
            target_times=self.source.target_times,
        )


def is_list_of_arrays(X):
    """Tell whether `X` is a list whose elements are numpy arrays."""
    return isinstance(X, list) and any(isinstance(row, np.ndarray) for row in X)


def read_rows(X, owner):
    """Return the rows of a 2-D or 3-D array, a list of arrays, or `Sequences`.

    Parameters
    ----------
    X : ndarray of shape (n, T) or (n, T, d), list of ndarray, or Sequences
        Rows of numbers; a 2-D array has been checked by scikit-learn.
    owner : str
        Who asks, for errors.

    Returns
    -------
    rows : Rows
        Flat values and windows.

    Raises
    ------
    ValueError
        If there is no row or no channel, or rows differ in their channels.
    """
    if isinstance(X, Sequences):
        return _read_sequences(X, owner)
    if isinstance(X, list):
        return _read_list(X, owner)
    if X.ndim == 3:
        X = check_array(
            X,
            dtype=_FLOATS,
            allow_nd=True,
            ensure_all_finite=False,
            input_name="X",
            estimator=owner,
        )
    cube = X[:, :, None] if X.ndim == 2 else X
    n_rows, n_times, n_channels = cube.shape
    if not n_channels:
        raise ValueError(f"{owner} needs one channel or more. Got shape {X.shape}.")
    starts = np.arange(n_rows, dtype=np.int64) * n_times
    values = cube.reshape(n_rows * n_times, n_channels)
    return Rows(values, starts, starts + n_times, X)


def _read_list(X, owner):
    shapes = sorted({np.shape(row)[1:] for row in X})
    dims = {np.ndim(row) for row in X}
    if len(shapes) > 1 or dims not in ({1}, {2}) or shapes[0] == (0,):
        listed = ", ".join(str(np.shape(row)) for row in X[:_SHOWN])
        raise ValueError(
            f"{owner} takes a list of arrays that are all of shape (T_i,), or all of "
            f"shape (T_i, d) with the same d. Got shapes {listed}"
            f"{', ...' if len(X) > _SHOWN else ''}."
        )
    joined = np.concatenate(X)
    values = check_array(
        joined if shapes[0] else joined[:, None],
        dtype=_FLOATS,
        ensure_all_finite=False,
        ensure_min_samples=0,
        input_name="X",
        estimator=owner,
    )
    offsets = offsets_from_lengths([len(row) for row in X])
    return Rows(values, offsets[:-1], offsets[1:], [np.asarray(row) for row in X])


def _read_sequences(X, owner):
    names = tuple(
        name for name, column in X.context.items() if column.dtype.kind == "f"
    )
    if not names:
        raise ValueError(
            f"{owner} fills numeric context channels, and these sequences have none: "
            f"{X!r}. Name them in SequenceEncoder(context=[...])."
        )
    if not len(X):
        raise ValueError(f"{owner} needs one row or more. Got {X!r}.")
    X = X._compact()  # what is learned and filled depends on the rows alone
    values = np.column_stack([X.context[name] for name in names])
    return Rows(values, X.starts, X.stops, X, X.times, names)
