"""What the heads share: scores of all items or of some (floor 1: torch)."""

from torch import nn
from torch.nn import functional as F

__all__ = ["ItemHead"]


class ItemHead(nn.Module):
    """Score items by the product of a state and one vector for each item.

    A head has `weight`, of shape (V, D), and `bias`, of shape (V,) or None; row c - 1
    belongs to item code c.
    """

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
        return score_items(context, self.weight, self.bias, candidates)


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
