"""Head with vectors of its own (floor 1: torch)."""

import torch
from torch import nn

from seqrec.nn.heads._base import ItemHead, normalise
from seqrec.nn.row_gradients import take_rows

__all__ = ["LinearHead"]


class LinearHead(ItemHead):
    """Score an item by the product of a state and a vector learned for scoring alone.

    Parameters
    ----------
    item_embedding : ItemEmbedding
        Gives the number of items and the width of a vector.
    has_bias : bool, default=True
        Whether each item has a number of its own, added to its logit.
    temperature : float or None, default=None
        Logits are cosines divided by this; None takes products as they are.

    Attributes
    ----------
    vectors : Parameter of shape (n_items, embedding_dim)
        One vector for each item, row c - 1 for item code c.
    bias : Parameter of shape (n_items,) or None
        One number for each item, 0 at the start.
    """

    def __init__(self, item_embedding, *, has_bias=True, temperature=None):
        super().__init__(temperature=temperature)
        n_items, dim = item_embedding.n_items, item_embedding.embedding_dim
        bound = dim**-0.5
        self.vectors = nn.Parameter(torch.empty(n_items, dim).uniform_(-bound, bound))
        bias = nn.Parameter(torch.zeros(n_items)) if has_bias else None
        self.register_parameter("bias", bias)

    @property
    def weight(self):
        """The vectors; with a temperature, of length 1. (n_items, embedding_dim)."""
        return self.vectors if self.temperature is None else normalise(self.vectors)

    def _select(self, columns, table):
        vectors = take_rows(self.vectors, columns)
        bias = None if self.bias is None else take_rows(self.bias, columns)
        return vectors if self.temperature is None else normalise(vectors), bias
