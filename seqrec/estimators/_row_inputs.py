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
        _check_channels(estimator, None, reset)
        return X
    options = {
        "dtype": np.float64,
        "ensure_all_finite": "allow-nan" if allow_nan else True,
    }
    if _is_ragged(X):
        rows = _ragged_rows(estimator, X, options)
    elif _n_axes(X) == 3:
        X = check_array(
            X, allow_nd=True, estimator=estimator, input_name="X", **options
        )
        rows = _equal_rows(X)
    elif reset or hasattr(estimator, "n_features_in_"):
        X = validate_data(estimator, X, reset=reset, **options)
        rows = _equal_rows(X[:, :, None])
    else:
        X = check_array(X, estimator=estimator, input_name="X", **options)
        rows = _equal_rows(X[:, :, None])
    _check_channels(estimator, rows.values.shape[1], reset)
    return rows


def _is_ragged(X):
    """Tell whether `X` is a list of rows of different lengths."""
    if not isinstance(X, list | tuple) or not len(X):
        return False
    if not all(hasattr(row, "__len__") and not isinstance(row, str) for row in X):
        return False
    return len({len(row) for row in X}) > 1


def _n_axes(X):
    """Return the number of axes of an array or of nested lists."""
    return np.ndim(X) if isinstance(X, list | tuple) else getattr(X, "ndim", 2)


def _equal_rows(X):
    n_rows, n_steps, n_channels = X.shape
    lengths = np.full(n_rows, n_steps, dtype=np.int64)
    values = np.ascontiguousarray(X).reshape(-1, n_channels)
    return Rows(values, offsets_from_lengths(lengths)[:-1], lengths)


def _ragged_rows(estimator, X, options):
    lengths = np.array([len(row) for row in X], dtype=np.int64)
    filled = [np.asarray(row) for row in X if len(row)]
    shapes = {row.shape[1:] for row in filled}
    if len(shapes) > 1 or len(next(iter(shapes))) > 1:
        shown = ", ".join(map(str, sorted(shapes)[:_SHOWN]))
        raise ValueError(
            f"Rows of different lengths must each be of shape (n_steps,) or (n_steps, "
            f"n_channels), all with the same channels. Got rows whose steps have "
            f"shapes {shown}."
        )
    values = np.concatenate(filled)
    values = values[:, None] if values.ndim == 1 else values
    values = check_array(values, estimator=estimator, input_name="X", **options)
    return Rows(values, offsets_from_lengths(lengths)[:-1], lengths)


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
