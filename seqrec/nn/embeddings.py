"""Item codes -> vectors (floor 1: torch)."""

import numpy as np
import torch
from torch import nn

from seqrec._validation.params import check_int, check_real

__all__ = ["ItemEmbedding"]


class ItemEmbedding(nn.Module):
    """One learned vector for each item code.

    Row 0 belongs to padding: it is zero, gets no gradient and so stays zero.

    Parameters
    ----------
    n_items : int
        Items of the catalogue, V; their codes are 1 to V.
    embedding_dim : int
        Width of a vector, D.
    std : float, default=0.02
        Standard deviation of the normal start values.
    weight : ndarray of shape (n_items, embedding_dim), default=None
        Start values, row c - 1 for item code c; None draws them.

    Attributes
    ----------
    weight : Parameter of shape (n_items + 1, embedding_dim)
        The vectors; row c for item code c.

    Raises
    ------
    ValueError
        If `weight` has another shape or holds values that are not finite.

    Examples
    --------
    >>> embedding = ItemEmbedding(3, 2, weight=np.arange(6.0).reshape(3, 2))
    >>> embedding(torch.tensor([3, 0]))
    tensor([[4., 5.],
            [0., 0.]], grad_fn=<EmbeddingBackward0>)
    """

    def __init__(self, n_items, embedding_dim, *, std=0.02, weight=None):
        super().__init__()
        self.n_items = check_int("n_items", n_items, owner="ItemEmbedding")
        self.embedding_dim = check_int(
            "embedding_dim", embedding_dim, owner="ItemEmbedding"
        )
        std = check_real("std", std, owner="ItemEmbedding")
        self.weight = nn.Parameter(torch.zeros(self.n_items + 1, self.embedding_dim))
        with torch.no_grad():
            if weight is None:
                self.item_weight.normal_(std=std)
            else:
                self.item_weight.copy_(self._check_weight(weight))

    def _check_weight(self, weight):
        weight = np.asarray(weight)
        expected = (self.n_items, self.embedding_dim)
        if weight.shape != expected:
            raise ValueError(
                f"The 'weight' parameter of ItemEmbedding must have shape {expected}. "
                f"Got {weight.shape} instead. Give one row an item, in code order."
            )
        if weight.dtype.kind not in "fiu" or not np.isfinite(weight).all():
            raise ValueError(
                f"The 'weight' parameter of ItemEmbedding must hold finite numbers. "
                f"Got an array of dtype {weight.dtype} with others. Replace them first."
            )
        return torch.from_numpy(weight.astype(np.float64))

    @property
    def item_weight(self):
        """The vectors of the items alone, a view of shape (n_items, embedding_dim)."""
        return self.weight[1:]

    def forward(self, codes, table=None):
        """Look up vectors.

        Parameters
        ----------
        codes : Tensor of shape (...), dtype=int64 or int32
            Item codes, 0 for padding; with a table, its row numbers.
        table : Tensor of shape (R, embedding_dim), default=None
            The rows of `weight` to look up in, row 0 first; None is all of them.

        Returns
        -------
        vectors : Tensor of shape (..., embedding_dim)
            Zero where a code is padding.
        """
        weight = self.weight if table is None else table
        return nn.functional.embedding(codes, weight, padding_idx=0)

    def extra_repr(self):
        """Return what `repr` shows between the parentheses.

        Returns
        -------
        text : str
            The two sizes.
        """
        return f"n_items={self.n_items}, embedding_dim={self.embedding_dim}"
