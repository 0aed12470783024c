"""SequenceImputer: fill the holes of sequences of numbers."""

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from seqrec._compat import Interval, StrOptions, validate_parameters
from seqrec.data.sequences import Sequences
from seqrec.preprocessing._fill import (
    check_sharing,
    fill_forward,
    fill_linearly,
    windows_once,
)
from seqrec.preprocessing._rows import is_list_of_arrays, read_rows
from seqrec.preprocessing._state_space import (
    check_orders,
    check_period,
    fit_sarima,
    load_sarimax,
    smooth_row,
)

__all__ = ["SequenceImputer"]

_FLOATS = (np.float64, np.float32)


class SequenceImputer(TransformerMixin, BaseEstimator):
    """Fill missing values of sequences of numbers.

    A row is a sequence; a hole in it is NaN. What comes in comes back in the same
    kind, filled::

        row        nan   1  nan  nan   4  nan     training mean 2
        mean         2   1    2    2   4    2
        ffill        2   1    1    1   4    4     the latest value before
        linear       1   1    2    3   4    4     the line between neighbours

    **Which strategies look ahead.** "ffill" and "constant" fill a hole from its past,
    or from nothing. "linear" and "arima" use later events of the same row. "mean" and
    "median" (and "ffill" at the start of a row) use the whole training set, whose
    events may be later than the hole. A model that trains on every position of a row,
    as the networks of seqrec do, would read the answer out of what "linear" or "arima"
    filled in: do not put these two before it. They are safe before a model that
    predicts one target after the row's end, such as the windows of `make_windows`.

    Parameters
    ----------
    strategy : str, default="mean"
        What a hole is filled with: "mean", "median", "constant", "ffill", "linear" or
        "arima".

        - "mean", "median": that of the channel, over the rows of `fit`.
        - "constant": `fill_value`.
        - "ffill": the latest known value before it in the row.
        - "linear": the line between the known values around it, in time where
          `Sequences` have times, else by place; before the first and after the last
          known value, that value.
        - "arima": what a SARIMA model expects there, given all known values of the
          row [1]_.

        Where the row has nothing to go by, and for "ffill" before the first known
        value, it is the mean.
    fill_value : float, default=0.0
        What "constant" fills in.
    add_indicator : bool, default=False
        Whether to add channels that are 1.0 where a value was missing and 0.0
        elsewhere, one for each channel.
    order : tuple of int, default=(1, 0, 0)
        For "arima": the numbers of autoregressive terms, differences and moving
        average terms ``(p, d, q)``.
    seasonal_order : tuple of int, default=(0, 0, 0, 0)
        For "arima": the same of the season, and its period in events
        ``(P, D, Q, period)``.

    Attributes
    ----------
    fill_values_ : ndarray of shape (n_channels,)
        What is filled in where a row has nothing to go by: the median for "median",
        `fill_value` for "constant", else the mean.
    channels_ : tuple of str or None
        Names of the numeric channels of `Sequences`; None for other data.
    arima_params_ : ndarray of shape (n_channels, n_params) or None
        For "arima", the coefficients for each channel after standardising, in the
        order of statsmodels, the variance of the noise last; NaN for a channel that
        is constant. Else None.
    n_features_in_ : int
        For a 2-D array the number of times, which `transform` asks for again; else
        the number of channels.

    See Also
    --------
    seqrec.data.series.make_windows : Cuts a series into rows.
    SequenceEncoder : Makes `Sequences` with context channels of an event log.

    Notes
    -----
    The mean and the parameters are learned from the rows of `fit` alone, an event
    that several rows share counted once. Rows of `Sequences` may share events (the
    histories of `next_item_samples` do). An event has one value, whichever row it is
    seen from, so "ffill" asks that rows that share events share their start, and
    "linear" and "arima" that no two different rows share events.

    The parameters of "arima" maximise the sum of the likelihoods of the rows, each
    starting anew; of more than 10,000 events, rows spread evenly over all are taken.
    Its events count as equally spaced. Memory for one row is its length times the
    square of the number of states, which is more than the period. It needs
    ``pip install 'seqrec[timeseries]'``. Stability: experimental.

    References
    ----------
    .. [1] R. H. Jones (1980). Maximum likelihood fitting of ARMA models to time series
       with missing observations. Technometrics 22(3).
       doi:10.1080/00401706.1980.10486171

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec.preprocessing import SequenceImputer
    >>> X = np.array([[np.nan, 1, np.nan, np.nan, 4, np.nan], [2, 1, 2, 1, 2, 3]])
    >>> SequenceImputer("ffill").fit_transform(X)[0]
    array([2., 1., 1., 1., 4., 4.])
    >>> SequenceImputer("linear").fit_transform(X)[0]
    array([1., 1., 2., 3., 4., 4.])
    """

    arima_params_: Any

    _parameter_constraints: ClassVar[dict] = {
        "strategy": [
            StrOptions({"mean", "median", "constant", "ffill", "linear", "arima"})
        ],
        "fill_value": [Interval(Real, None, None, closed="neither")],
        "add_indicator": ["boolean"],
        "order": [tuple, list],
        "seasonal_order": [tuple, list],
    }

    def __init__(
        self,
        strategy="mean",
        *,
        fill_value=0.0,
        add_indicator=False,
        order=(1, 0, 0),
        seasonal_order=(0, 0, 0, 0),
    ):
        self.strategy = strategy
        self.fill_value = fill_value
        self.add_indicator = add_indicator
        self.order = order
        self.seasonal_order = seasonal_order

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X, y=None):
        """Learn the mean of each channel, and the parameters of "arima".

        Parameters
        ----------
        X : array of shape (n, T) or (n, T, d), list of ndarray, or Sequences
            Rows of numbers; NaN is missing. A list holds arrays of shape (T_i,), or
            all of shape (T_i, d). Of `Sequences` the numeric channels are filled,
            those of categories are left alone.
        y : None
            Ignored.

        Returns
        -------
        self : SequenceImputer
            The fitted transformer.

        Raises
        ------
        ImportError
            If "arima" is asked for without statsmodels.
        ValueError
            If a parameter is out of its range, values are infinite, a channel has no
            known value, or rows share events in a way that the strategy cannot take.
        """
        validate_parameters(self)
        check_orders(self.order, self.seasonal_order)
        if self.strategy == "arima":
            load_sarimax()  # before anything slow
        rows = self._read(X, reset=True)
        self.fill_values_ = self._learn_fill(rows)
        self.channels_ = rows.names
        self._kind = rows.kind
        self.arima_params_ = None
        if self.strategy == "arima":
            self._fit_arima(rows)
        return self

    def transform(self, X):
        """Return the rows with their holes filled.

        Parameters
        ----------
        X : array of shape (n, T) or (n, T, d), list of ndarray, or Sequences
            Rows of the kind that `fit` took, with the same channels (a 2-D array: the
            same T). They are not changed.

        Returns
        -------
        X_filled : ndarray, list of ndarray, or Sequences
            New rows of the same kind; float32 stays float32. With `add_indicator`, an
            array of shape (n, T) becomes (n, T, 2) and (n, T, d) becomes
            (n, T, 2 * d); `Sequences` get channels ``"<name>_missing"``.

        Raises
        ------
        TypeError
            If `X` is of another kind than in `fit`.
        ValueError
            If `X` has other channels than in `fit`, or holds infinite values.
        """
        check_is_fitted(self)
        rows = self._read(X, reset=False)
        missing = np.isnan(rows.values)
        filled = self._fill(rows, missing)
        holes = np.isnan(filled)
        filled[holes] = np.broadcast_to(self.fill_values_, filled.shape)[holes]
        return rows.rebuild(filled, missing if self.add_indicator else None)

    def _read(self, X, *, reset):
        """Return the rows of `X`, checked against those of fit unless `reset`."""
        name = type(self).__name__
        is_two_d = not (
            isinstance(X, Sequences)
            or is_list_of_arrays(X)
            or (isinstance(X, np.ndarray) and X.ndim == 3)
        )
        before = None if reset else self._kind
        if is_two_d and before in (None, "a 2-D array"):
            X = validate_data(
                self, X, dtype=_FLOATS, ensure_all_finite=False, reset=reset
            )
        elif is_two_d:
            raise TypeError(f"{name} was fitted on {before}. Got {_described(X)}.")
        rows = read_rows(X, name)
        if before not in (None, rows.kind):
            raise TypeError(f"{name} was fitted on {before}. Got {rows.kind}.")
        if reset and not is_two_d:
            self.n_features_in_ = rows.n_channels
        elif not reset:
            self._check_channels(rows)
        rows.check_finite(name)
        check_sharing(windows_once(rows.starts, rows.stops), self.strategy)
        return rows

    def _check_channels(self, rows):
        if rows.names == self.channels_ and rows.n_channels == len(self.fill_values_):
            return
        seen, known = rows.names, self.channels_
        if seen is None or known is None:
            seen, known = rows.n_channels, len(self.fill_values_)
        raise ValueError(
            f"X must have the numeric channels that {type(self).__name__} was fitted "
            f"on: {known!r}. Got {seen!r}."
        )

    def _learn_fill(self, rows):
        if self.strategy == "constant":
            return np.full(rows.n_channels, float(self.fill_value))
        empty = np.flatnonzero(np.isnan(rows.values).all(axis=0))
        if len(empty):
            named = empty.tolist()
            if rows.names is not None:
                named = [rows.names[channel] for channel in named]
            raise ValueError(
                f"X has no known value in channels {named!r}, so there is no mean to "
                f"fill in. Drop them, or set strategy='constant'."
            )
        learn = np.nanmedian if self.strategy == "median" else np.nanmean
        return learn(rows.values.astype(np.float64), axis=0)

    def _fit_arima(self, rows):
        check_period(self.seasonal_order, int((rows.stops - rows.starts).max()))
        deviations = np.nanstd(rows.values.astype(np.float64), axis=0)
        self._scales = np.where(deviations > 0, deviations, 1.0)
        standard = self._standardise(rows)
        windows = windows_once(rows.starts, rows.stops).tolist()
        n_params = 1 + sum(
            order for place, order in enumerate(self.order) if place != 1
        )
        n_params += self.seasonal_order[0] + self.seasonal_order[2]
        self.arima_params_ = np.full((rows.n_channels, n_params), np.nan)
        for channel in np.flatnonzero(deviations > 0).tolist():
            self.arima_params_[channel] = fit_sarima(
                [standard[start:stop, channel] for start, stop in windows],
                self.order,
                self.seasonal_order,
            )

    def _standardise(self, rows):
        return (rows.values.astype(np.float64) - self.fill_values_) / self._scales

    def _fill(self, rows, missing):
        """Return new values; what stays NaN is filled with `fill_values_` later."""
        if self.strategy == "ffill":
            return fill_forward(rows.values, rows.starts)
        if self.strategy == "linear":
            windows = windows_once(rows.starts, rows.stops)
            return fill_linearly(rows.values, windows, rows.times)
        filled = rows.values.copy()
        if self.strategy == "arima":
            self._fill_arima(rows, missing, filled)
        return filled

    def _fill_arima(self, rows, missing, filled):
        standard = self._standardise(rows)
        windows = windows_once(rows.starts, rows.stops).tolist()
        for channel in np.flatnonzero(np.isfinite(self.arima_params_[:, 0])).tolist():
            for start, stop in windows:
                holes = missing[start:stop, channel]
                if not holes.any() or holes.all():
                    continue
                smooth = smooth_row(
                    standard[start:stop, channel],
                    self.arima_params_[channel],
                    self.order,
                    self.seasonal_order,
                )
                smooth = smooth * self._scales[channel] + self.fill_values_[channel]
                filled[start:stop, channel][holes] = smooth[holes]


def _described(X):
    shape = np.shape(X) if hasattr(X, "shape") else None
    return type(X).__name__ if shape is None else f"an array of shape {shape}"
