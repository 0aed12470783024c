"""Whole tables of pandas, polars and pyarrow, through narwhals.

This file and `_columns.py` are the only ones that know data frames.
"""

from importlib.util import find_spec

import narwhals as nw
import numpy as np

__all__ = [
    "FRAMES",
    "column_names",
    "frame_from",
    "frame_like",
    "is_frame",
    "read_frame",
    "take_rows",
    "with_column",
]

FRAMES = ("pandas", "polars", "pyarrow")


def is_frame(X):
    """Tell whether `X` is a data frame that narwhals can read."""
    try:
        wrapped = nw.from_native(X, pass_through=True)
    except nw.exceptions.DuplicateError:
        return True
    return isinstance(wrapped, nw.DataFrame | nw.LazyFrame)


def read_frame(X, *, owner):
    """Return `X` as a narwhals frame; `owner` is who asks, for the error."""
    try:
        frame = nw.from_native(X, pass_through=True)
        if isinstance(frame, nw.DataFrame) and frame.columns is not None:
            return frame
    except nw.exceptions.DuplicateError as exc:
        said = " ".join(str(exc).split())
        raise ValueError(
            f"{owner} needs a table whose columns differ in name. {said}. Rename or "
            f"drop the repeated ones."
        ) from exc
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(
            f"{owner} needs a table in memory. Got a lazy frame; call .collect() first."
        )
    raise TypeError(
        f"{owner} needs an event log: a pandas, polars or pyarrow table with one row "
        f"an event. Got {type(X).__name__}."
    )


def column_names(X):
    """Return the names of the columns of a data frame."""
    return list(nw.from_native(X).columns)


def take_rows(X, rows):
    """Return the given rows of a data frame, in that order, as the same kind."""
    return nw.from_native(X)[np.asarray(rows, dtype=np.int64)].to_native()


def with_column(X, name, values):
    """Return a data frame with one column more, as the same kind."""
    frame = nw.from_native(X)
    column = nw.new_series(name, values, backend=frame.implementation)
    if frame.implementation.is_pandas_like():
        column = nw.maybe_set_index(column, index=nw.maybe_get_index(frame))
    return frame.with_columns(column).to_native()


def frame_like(X, columns):
    """Return columns (name -> array) as a frame of the same kind as `X`.

    Object arrays of strings become string columns.
    """
    return _make_frame(columns, nw.from_native(X).implementation)


def frame_from(columns):
    """Return columns (name -> array) as a frame of the first library installed.

    The order is pandas, polars, pyarrow; object arrays of strings become string
    columns.
    """
    for backend in FRAMES:
        if find_spec(backend) is not None:
            return _make_frame(columns, backend)
    raise ImportError("A table needs pandas, polars or pyarrow: pip install pandas")


def _make_frame(columns, backend):
    series = {}
    for name, values in columns.items():
        if values.dtype == object:
            column = nw.new_series(name, values.tolist(), nw.String, backend=backend)
        else:
            column = nw.new_series(name, values, backend=backend)
        series[name] = column
    return nw.from_dict(series).to_native()
