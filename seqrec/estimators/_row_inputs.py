"""What the classifier and the regressor take: arrays, ragged lists, sequences."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from seqrec._types import Array
from seqrec._validation.arrays import offsets_from_lengths
from seqrec.data.sequences import Sequences

__all__ = ["Rows", "check_rows"]

_SHOWN = 5


class Rows(NamedTuple):
    """Rows of events that are numbers.

    Attributes
    ----------
    values : ndarray of shape (n_events, n_channels), dtype=float64
        Events, row after row.
    starts, lengths : ndarray of shape (n_rows,), dtype=int64
        Window of each row.
    """

    values: Array
    starts: Array
    lengths: Array


def check_rows(estimator, X, *, reset, allow_nan):
    """Return `X` as `Rows`, or as it is if it is `Sequences`.

    With `reset` sets `n_channels_in_` and, for a two-dimensional array, scikit-learn's
    `n_features_in_` (its steps); compares with them otherwise.
    """
    if reset:
        for name in ("n_channels_in_", "n_features_in_", "feature_names_in_"):
            estimator.__dict__.pop(name, None)
    if isinstance(X, Sequences):
        if reset and not len(X):
            raise ValueError(f"X has no rows: {X!r}. Give some.")
        _check_channels(estimator, None, reset)
        return X
    options = {
        "dtype": np.float64,
        "ensure_all_finite": "allow-nan" if allow_nan else True,
        "estimator": estimator,
        "input_name": "X",
    }
    listed = _as_list(X)
    if listed is not None:
        rows = _rows_of_list(listed, options, None if reset else estimator)
        if reset and rows.values.shape[1] == 1 and len(set(rows.lengths.tolist())) == 1:
            estimator.n_features_in_ = int(rows.lengths[0])  # as of an array
    elif getattr(X, "ndim", 2) > 2:
        X = check_array(X, allow_nd=True, **options)
        rows = _equal_rows(X)
    elif reset or hasattr(estimator, "n_features_in_"):
        kept = ("dtype", "ensure_all_finite")
        X = _hint_at_items(
            validate_data, estimator, X, reset=reset, **{k: options[k] for k in kept}
        )
        rows = _equal_rows(X[:, :, None])
    else:
        rows = _equal_rows(_hint_at_items(check_array, X, **options)[:, :, None])
    _check_channels(estimator, rows.values.shape[1], reset)
    return rows


def _hint_at_items(check, *args, **options):
    """Check an array; where it holds text, say what reads items."""
    try:
        return check(*args, **options)
    except ValueError as exc:
        if "could not convert" in str(exc):
            raise ValueError(
                f"{exc}. Rows must hold numbers; an event log becomes rows by "
                f"SequenceEncoder().fit_transform."
            ) from exc
        raise


def _as_list(X):
    """Return rows that come one by one as a list, and None for an array or a table."""
    is_boxed = getattr(X, "ndim", 0) == 1 and getattr(X, "dtype", None) == np.object_
    if not isinstance(X, list | tuple) and not is_boxed:
        return None
    rows = list(X)
    return rows if any(_is_row(row) for row in rows) else None


def _is_row(row):
    return hasattr(row, "__len__") and not isinstance(row, str | bytes)


def _equal_rows(X):
    if X.ndim != 3 or not X.shape[1] or not X.shape[2]:
        raise ValueError(
            f"Rows must be of shape (n_rows, n_steps) or (n_rows, n_steps, "
            f"n_channels), with a step and a channel at least. Got {X.shape}."
        )
    n_rows, n_steps, n_channels = X.shape
    lengths = np.full(n_rows, n_steps, dtype=np.int64)
    values = np.ascontiguousarray(X).reshape(-1, n_channels)
    return Rows(values, offsets_from_lengths(lengths)[:-1], lengths)


def _rows_of_list(listed, options, fitted):
    """Return rows that may differ in length; rows without a step are allowed."""
    arrays = [_as_row(row, number) for number, row in enumerate(listed)]
    lengths = np.array([len(row) for row in arrays], dtype=np.int64)
    filled = [row for row in arrays if len(row)]
    shapes = {row.shape[1:] for row in filled}
    if len(shapes) > 1 or any(len(shape) > 1 or 0 in shape for shape in shapes):
        shown = ", ".join(map(str, sorted(shapes)[:_SHOWN]))
        raise ValueError(
            f"Rows of a list must each be of shape (n_steps,) or (n_steps, "
            f"n_channels), all with the same channels. Got rows whose steps have "
            f"shapes {shown}."
        )
    if not filled:
        if fitted is None:
            raise ValueError("Every row of X is empty; there is no step to learn from.")
        values = np.empty((0, fitted.n_channels_in_ or 1))
    else:
        values = np.concatenate(filled)
        values = values[:, None] if values.ndim == 1 else values
        values = _hint_at_items(check_array, values, **options)
    return Rows(values, offsets_from_lengths(lengths)[:-1], lengths)


def _as_row(row, number):
    try:
        array = np.asarray(row)
    except ValueError as exc:
        raise ValueError(
            f"Row {number} of X has steps of different sizes. Each row must be of "
            f"shape (n_steps,) or (n_steps, n_channels)."
        ) from exc
    if array.ndim == 0:
        raise ValueError(
            f"Row {number} of X is {row!r}, which is no row. Each row must be of shape "
            f"(n_steps,) or (n_steps, n_channels)."
        )
    return array


def _check_channels(estimator, n_channels, reset):
    if reset:
        estimator.n_channels_in_ = n_channels
        return
    if n_channels != estimator.n_channels_in_:
        raise ValueError(
            f"{type(estimator).__name__} was fitted on "
            f"{_kind(estimator.n_channels_in_)}. Got {_kind(n_channels)}; give rows "
            f"of the kind that fit was given."
        )


def _kind(n_channels):
    if n_channels is None:
        return "Sequences"
    return f"rows with {n_channels} number{'s' * (n_channels > 1)} a step"
