"""What the heads share: scores of all items or of some (floor 1: torch)."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from seqrec._validation.params import check_real

__all__ = ["ItemHead", "normalise"]

# A vector shorter than this counts as shorter than 1 instead of being stretched, so
# that neither it nor its gradient gets out of hand near zero.
_SHORTEST = 1e-4


class ItemHead(nn.Module):
    """Score items by the product of a state and one vector for each item.

    A subclass has `weight`, of shape (V, D), and `bias`, of shape (V,) or None; row c -
    1 belongs to item code c. With a temperature, its `weight` has rows of length 1.

    Parameters
    ----------
    temperature : float or None, default=None
        Logits are cosines divided by this; None takes products as they are.
    """

    weight: Any
    bias: Any

    def __init__(self, *, temperature=None):
        super().__init__()
        if temperature is not None:
            owner = type(self).__name__
            temperature = check_real(
                "temperature", temperature, owner=owner, low_open=True
            )
        self.temperature = temperature

    def project(self, states):
        """Return states as they are multiplied with `weight`.

        Parameters
        ----------
        states : Tensor of shape (N, D)
            Final states.

        Returns
        -------
        states : Tensor of shape (N, D)
            The same; with a temperature, those of length 1, divided by it.
        """
        if self.temperature is None:
            return states
        return normalise(states, 1.0 / self.temperature)

    def select(self, rows, table):
        """Return vectors and biases of some items.

        Parameters
        ----------
        rows : Tensor of shape (R,), dtype=int64
            Item codes, each once, in increasing order.
        table : Tensor of shape (R, D)
            The embeddings of these items.

        Returns
        -------
        weight : Tensor of shape (R, D)
            Their rows of `weight`.
        bias : Tensor of shape (R,) or None
            Their biases.
        """
        return self._select(rows - 1, table)

    def _select(self, columns, table):
        bias = None if self.bias is None else self.bias.index_select(0, columns)
        return self.weight.index_select(0, columns), bias

    def forward(self, context, candidates=None):
        """Return the logits of items.

        Parameters
        ----------
        context : Tensor of shape (B, D)
            What each row of scores starts from.
        candidates : Tensor of shape (C,) or (B, C), dtype=int64, default=None
            Item codes to score, 1 to V: the same for every row, or a list for each.
            None scores every item, in code order.

        Returns
        -------
        logits : Tensor of shape (B, V) or (B, C)
            One logit for each item asked for.
        """
        return score_items(self.project(context), self.weight, self.bias, candidates)


def normalise(vectors, length=1.0):
    """Return vectors (..., D) brought to a length; a zero vector stays zero.

    Computed in float32 at least; the type of the vectors stays.
    """
    wide = vectors.to(torch.promote_types(vectors.dtype, torch.float32))
    out = F.normalize(wide, dim=-1, eps=_SHORTEST) * length
    return out.to(vectors.dtype)


def score_items(context, weight, bias, candidates):
    """Return ``context . weight + bias`` for every item or for the candidates."""
    if candidates is None:
        return F.linear(context, weight, bias)
    columns = candidates - 1
    # A lookup that refuses column -1, where an index would take the last item.
    rows = F.embedding(columns, weight)  # (C, D) or (B, C, D)
    bias = None if bias is None else bias[columns]
    if candidates.dim() == 1:
        return F.linear(context, rows, bias)
    logits = (rows @ context[:, :, None])[:, :, 0]  # (B, C)
    return logits if bias is None else logits + bias
