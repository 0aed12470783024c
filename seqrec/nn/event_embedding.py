"""Events -> vectors: items, and the context they came in (floor 1: torch)."""

import torch
from torch import nn

from seqrec._validation.params import check_int, check_option
from seqrec.nn.embeddings import ItemEmbedding

__all__ = ["EventEmbedding"]

_STD = 0.02  # of category vectors at the start, as of item vectors
FUSIONS = ("sum", "concat")


class EventEmbedding(nn.Module):
    """One vector for each event: of its item, of its context, or of both.

    Categories are looked up, numbers are projected, and all channels of the context
    are summed into one vector. A missing category counts as zero; a missing number is
    filled with 0 and marked, and the mark is projected with the numbers.

    Parameters
    ----------
    n_items : int or None
        Items of the catalogue, V; None where events have no items.
    embedding_dim : int
        Width of an item vector and of the context vector, D.
    n_numbers : int, default=0
        Numeric channels.
    n_categories : sequence of int, default=()
        Number of categories of each categorical channel; codes are 0 (missing) to it.
    fusion : {"sum", "concat"}, default="sum"
        Whether the context vector is added to the item's or stands beside it.
    weight : ndarray of shape (n_items, embedding_dim), default=None
        Start values of the item vectors; None draws them.

    Attributes
    ----------
    item_embedding : ItemEmbedding or None
        The vectors of the items.
    output_dim : int
        Width of what the encoder reads: D, or 2 D for items beside context.

    Raises
    ------
    ValueError
        If there is neither an item nor a channel.
    """

    def __init__(
        self,
        n_items,
        embedding_dim,
        *,
        n_numbers=0,
        n_categories=(),
        fusion="sum",
        weight=None,
    ):
        super().__init__()
        owner = "EventEmbedding"
        n_numbers = check_int("n_numbers", n_numbers, owner=owner, low=0)
        check_option("fusion", fusion, FUSIONS, owner=owner)
        self.embedding_dim = check_int("embedding_dim", embedding_dim, owner=owner)
        self.has_context = bool(n_numbers or len(n_categories))
        if n_items is None and not self.has_context:
            raise ValueError(
                "EventEmbedding needs items or channels to embed. Got n_items=None, "
                "n_numbers=0 and no categories."
            )
        self.item_embedding = (
            None
            if n_items is None
            else ItemEmbedding(n_items, embedding_dim, weight=weight)
        )
        self.number_projection = (
            nn.Linear(2 * n_numbers, embedding_dim) if n_numbers else None
        )
        self.category_embeddings = nn.ModuleList(
            ItemEmbedding(max(1, size), embedding_dim, std=_STD)
            for size in n_categories
        )
        self.is_wide = fusion == "concat" and n_items is not None and self.has_context
        self.output_dim = embedding_dim * (2 if self.is_wide else 1)

    def _context(self, events):
        """Return the sum of the channels' vectors, (B, T, D)."""
        total = 0.0
        if self.number_projection is not None:
            is_missing = events.numbers.isnan()
            filled = events.numbers.masked_fill(is_missing, 0.0)
            both = torch.cat([filled, is_missing.to(filled.dtype)], dim=-1)
            total = self.number_projection(both.to(self.number_projection.weight.dtype))
        for place, embedding in enumerate(self.category_embeddings):
            total = total + embedding(events.categories[..., place])
        return total

    def forward(self, events, table=None):
        """Embed events.

        Parameters
        ----------
        events : Events
            A batch with the columns that this embedding was made for.
        table : Tensor of shape (R, D), default=None
            The item vectors that the item codes stand for; None is all of them.

        Returns
        -------
        inputs : Tensor of shape (B, T, output_dim)
            What the encoder reads.
        own : Tensor of shape (B, T, D)
            The vector of the item alone; of the context where there are no items.
        """
        if self.item_embedding is None:
            context = self._context(events)
            return context, context
        items = self.item_embedding(events.codes, table)  # (B, T, D)
        if not self.has_context:
            return items, items
        context = self._context(events)
        if self.is_wide:
            return torch.cat([items, context], dim=-1), items
        return items + context, items
