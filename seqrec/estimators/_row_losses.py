"""The losses of rows with one answer, weighted row by row."""

import torch
from torch.nn import functional as F

from seqrec.nn.value_losses import VALUE_LOSSES

__all__ = ["ClassLoss", "ValueLoss"]


class ClassLoss(torch.nn.Module):
    """Cross-entropy of the softmax over classes."""

    def forward(self, outputs, targets):
        """Return the weighted mean; targets are (class numbers, weights)."""
        classes, weights = targets
        errors = F.cross_entropy(outputs.values.float(), classes, reduction="none")
        return (errors * weights).mean()


class ValueLoss(torch.nn.Module):
    """Error of real values.

    Parameters
    ----------
    loss : str
        Which one of `VALUE_LOSSES`.
    quantile : float
        For "quantile".
    """

    def __init__(self, loss="squared_error", quantile=0.5):
        super().__init__()
        self.loss = loss
        self.quantile = quantile

    def forward(self, outputs, targets):
        """Return the weighted mean over known values; targets are (values, weights)."""
        values, weights = targets
        known = ~values.isnan()
        loss = VALUE_LOSSES[self.loss]
        options = {name: getattr(self, name) for name in loss.options}
        errors = loss(
            outputs.values.float(), values.masked_fill(~known, 0.0), **options
        )
        n_known = known.sum().clamp(min=1)
        return (errors * known * weights[:, None]).sum() / n_known
