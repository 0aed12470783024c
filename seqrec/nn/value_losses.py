"""Losses of real values: error of each value, no mean (floor 1: torch)."""

from typing import Any

import torch
from torch.nn import functional as F

__all__ = ["VALUE_LOSSES", "absolute_error", "huber", "quantile_loss", "squared_error"]


def squared_error(values, targets):
    """Return ``(v - t)^2 / 2``; its minimum is the mean.

    Parameters
    ----------
    values, targets : Tensor
        Of one shape.

    Returns
    -------
    errors : Tensor
        Of that shape.
    """
    return 0.5 * (values - targets) ** 2


def absolute_error(values, targets):
    """Return ``|v - t|``; its minimum is the median.

    Parameters
    ----------
    values, targets : Tensor
        Of one shape.

    Returns
    -------
    errors : Tensor
        Of that shape.
    """
    return (values - targets).abs()


def huber(values, targets):
    """Return the squared error up to 1 and the absolute error beyond [1]_.

    With ``e = |v - t|``: ``e^2 / 2`` where ``e <= 1``, else ``e - 1/2``.

    Parameters
    ----------
    values, targets : Tensor
        Of one shape.

    Returns
    -------
    errors : Tensor
        Of that shape.

    References
    ----------
    .. [1] P. J. Huber (1964). Robust estimation of a location parameter. Annals of
       Mathematical Statistics 35(1). doi:10.1214/aoms/1177703732
    """
    return F.huber_loss(values, targets, reduction="none")


def quantile_loss(values, targets, *, quantile=0.5):
    """Return the pinball loss; its minimum is the quantile [1]_.

    ``q (t - v)`` where the value is too low and ``(1 - q) (v - t)`` where it is too
    high.

    Parameters
    ----------
    values, targets : Tensor
        Of one shape.
    quantile : float, default=0.5
        The quantile, q, between 0 and 1.

    Returns
    -------
    errors : Tensor
        Of that shape.

    References
    ----------
    .. [1] R. Koenker and G. Bassett (1978). Regression quantiles. Econometrica 46(1).
       doi:10.2307/1913643
    """
    lack = targets - values
    return torch.maximum(quantile * lack, (quantile - 1.0) * lack)


squared_error.options = ()  # type: ignore[attr-defined]
absolute_error.options = ()  # type: ignore[attr-defined]
huber.options = ()  # type: ignore[attr-defined]
quantile_loss.options = ("quantile",)  # type: ignore[attr-defined]

VALUE_LOSSES: dict[str, Any] = {
    "absolute_error": absolute_error,
    "huber": huber,
    "quantile": quantile_loss,
    "squared_error": squared_error,
}
