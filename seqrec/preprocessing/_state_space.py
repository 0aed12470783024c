"""SARIMA models of rows with holes, on the state-space models of statsmodels."""

import numpy as np
from scipy.optimize import minimize

from seqrec._validation.warn import warn_caller
from seqrec.exceptions import ConvergenceWarning

__all__ = ["check_orders", "check_period", "fit_sarima", "load_sarimax", "smooth_row"]

MAX_EVENTS = 10_000  # events that the likelihood is computed on
_WORST = 1e10  # in place of a likelihood that cannot be computed


def load_sarimax():
    """Return the model class of statsmodels; an error says how to install it."""
    try:
        from statsmodels.tsa.statespace.sarimax import SARIMAX
    except ImportError as exc:
        raise ImportError(
            "SequenceImputer(strategy='arima') needs statsmodels, which is not "
            "installed. Install it: pip install 'seqrec[timeseries]'"
        ) from exc
    return SARIMAX


def check_orders(order, seasonal_order):
    """Raise unless both are orders of a SARIMA model."""
    for name, value, n, form in (
        ("order", order, 3, "three non-negative int (p, d, q)"),
        (
            "seasonal_order",
            seasonal_order,
            4,
            "four non-negative int (P, D, Q, period)",
        ),
    ):
        whole = all(isinstance(one, int | np.integer) for one in value)
        if len(value) != n or not whole or min(value) < 0:
            raise ValueError(
                f"The {name!r} parameter of SequenceImputer must be {form}. Got "
                f"{value!r} instead."
            )
    if any(seasonal_order[:3]) and seasonal_order[3] < 2:
        raise ValueError(
            f"The 'seasonal_order' parameter of SequenceImputer needs a period of 2 or "
            f"more, its last number. Got {seasonal_order!r}."
        )


def check_period(seasonal_order, n_steps):
    """Raise unless a season fits into the longest row, of `n_steps` events."""
    if any(seasonal_order[:3]) and seasonal_order[3] >= n_steps:
        raise ValueError(
            f"seasonal_order={tuple(seasonal_order)!r} has a period of "
            f"{seasonal_order[3]} events, but the longest row has {n_steps}. Give "
            f"longer rows, or a season that fits into them."
        )


def _model(row, order, seasonal_order):
    return load_sarimax()(
        row,
        order=tuple(order),
        seasonal_order=tuple(seasonal_order),
        use_exact_diffuse=bool(order[1] + seasonal_order[1]),
    )


def fit_sarima(rows, order, seasonal_order):
    """Estimate one model from many rows: the sum of their log-likelihoods is greatest.

    Each row starts anew from the stationary (or, where the model takes differences, an
    exactly diffuse) distribution, so nothing is carried over from the row before.

    Parameters
    ----------
    rows : list of ndarray of shape (T_i,)
        About standardised; NaN where a value is missing.
    order, seasonal_order : tuple of int
        As `SequenceImputer` says.

    Returns
    -------
    params : ndarray of shape (n_params,)
        Coefficients in the order of statsmodels, the variance of the noise last.

    Raises
    ------
    ValueError
        If no row has enough known values.
    """
    n_lost = order[1] + seasonal_order[1] * seasonal_order[3]
    rows = [row for row in rows if np.isfinite(row).sum() > n_lost + 1]
    if not rows:
        raise ValueError(
            f"SequenceImputer(strategy='arima', order={order}, seasonal_order="
            f"{seasonal_order}) needs a training row with at least {n_lost + 2} known "
            f"values. No row has them; lower the orders, or take another strategy."
        )
    models = [_model(row, order, seasonal_order) for row in _spread_rows(rows)]
    n_known = sum(np.isfinite(model.endog).sum() for model in models)
    start = np.zeros(models[0].k_params)
    start[-1] = 1.0  # in the transformed space: no memory, noise of variance 1
    found = minimize(
        _mean_loss,
        start,
        args=(models, n_known),
        method="L-BFGS-B",
        jac="3-point",
    )
    if not found.success:
        warn_caller(
            f"The likelihood of SequenceImputer(strategy='arima', order={order}, "
            f"seasonal_order={seasonal_order}) did not converge in {found.nit} steps "
            f"({found.message}). Lower the orders.",
            ConvergenceWarning,
        )
    return models[0].transform_params(found.x)


def _spread_rows(rows):
    """Return rows spread evenly over all, with `MAX_EVENTS` events or one row."""
    mean_length = np.mean([len(row) for row in rows])
    n_taken = min(len(rows), max(1, int(MAX_EVENTS / mean_length)))
    taken = np.linspace(0, len(rows) - 1, n_taken).astype(np.int64)
    return [rows[row] for row in taken.tolist()]


def _mean_loss(unconstrained, models, n_known):
    params = models[0].transform_params(unconstrained)
    try:
        total = sum(model.loglike(params) for model in models)
    except np.linalg.LinAlgError:  # coefficients at the edge of what is stationary
        return _WORST
    return -total / n_known if np.isfinite(total) else _WORST


def smooth_row(row, params, order, seasonal_order):
    """Return a row with its holes filled by what the model expects there.

    Parameters
    ----------
    row : ndarray of shape (T,)
        At least one known value; NaN where one is missing.
    params : ndarray of shape (n_params,)
        As `fit_sarima` returns them.
    order, seasonal_order : tuple of int
        As in `fit_sarima`.

    Returns
    -------
    filled : ndarray of shape (T,)
        Known values as they are; for holes the expectation given all known values of
        the row, the later ones too.
    """
    model = _model(row, order, seasonal_order)
    model.update(params)
    states = model.ssm.smooth().smoothed_state  # (n_states, T)
    expected = model.ssm["design"][0] @ states
    return np.where(np.isnan(row), expected, row)
