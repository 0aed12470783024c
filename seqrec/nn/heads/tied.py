"""Head that scores with the item embedding itself (floor 1: torch)."""

import torch
from torch import nn

from seqrec.nn.heads._base import ItemHead, normalise
from seqrec.nn.row_gradients import take_rows

__all__ = ["TiedHead"]


class TiedHead(ItemHead):
    """Score an item by the product of a state and the item's own embedding [1]_.

    Parameters
    ----------
    item_embedding : ItemEmbedding
        Where the vectors are. It belongs to the network: the head reads it and neither
        registers nor saves it a second time.
    has_bias : bool, default=True
        Whether each item has a number of its own, added to its logit.
    temperature : float or None, default=None
        Logits are cosines divided by this; None takes products as they are.

    Attributes
    ----------
    bias : Parameter of shape (n_items,) or None
        One number for each item, 0 at the start.

    References
    ----------
    .. [1] O. Press and L. Wolf (2017). Using the output embedding to improve language
       models. EACL. arXiv:1608.05859
    """

    def __init__(self, item_embedding, *, has_bias=True, temperature=None):
        super().__init__(temperature=temperature)
        self._item_embedding = (item_embedding,)  # in a tuple: not a module of the head
        bias = nn.Parameter(torch.zeros(item_embedding.n_items)) if has_bias else None
        self.register_parameter("bias", bias)

    @property
    def weight(self):
        """The embeddings of the items, a view of shape (n_items, embedding_dim).

        With a temperature it is no view: rows have length 1.
        """
        vectors = self._item_embedding[0].item_weight
        return vectors if self.temperature is None else normalise(vectors)

    def _select(self, columns, table):
        bias = None if self.bias is None else take_rows(self.bias, columns)
        return table if self.temperature is None else normalise(table), bias
