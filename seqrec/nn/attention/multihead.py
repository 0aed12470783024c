"""Multi-head attention (floor 1: torch)."""

import torch
from torch import nn

from seqrec._validation.params import check_int
from seqrec.nn.attention._base import Attention
from seqrec.nn.attention._weights import dot_product_attention, weigh

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Attention):
    """Attend several times at once, each head in a subspace of its own [1]_.

    Head by head, learned projections of query, key and value of width ``E / H`` meet
    in scaled dot-product attention; a last projection mixes the heads.

    Parameters
    ----------
    dim : int
        Width of queries, keys and values, E.
    n_heads : int, default=None
        Number of heads, H; it divides `dim`. None means 2.
    activation : {"softmax", "gelu", "silu"}, default="softmax"
        How scores become weights. Softmax weights sum to 1 over the visible events;
        the others act on each score alone and are divided by the number of visible
        events.
    dropout : float, default=0.0
        Share of the context dropped in training, before the last projection.
    is_scaled : bool, default=True
        Whether scores are divided by the root of the width of a head.

    Attributes
    ----------
    output_dim : int
        Width of the context, E.

    Notes
    -----
    Dropout acts on the context, not on single weights as in [1]_: then the weights
    need never be in memory, and on the CPU training takes a third of the time.

    References
    ----------
    .. [1] A. Vaswani et al. (2017). Attention is all you need. NeurIPS.
       arXiv:1706.03762
    """

    options = ("is_scaled",)
    default_n_heads = 2
    has_heads = True

    def __init__(
        self, dim, n_heads=None, activation="softmax", dropout=0.0, *, is_scaled=True
    ):
        super().__init__(dim, n_heads, activation, dropout)
        self.is_scaled = is_scaled
        self.in_projection = nn.Linear(dim, 3 * dim)
        self.out_projection = nn.Linear(dim, dim)
        nn.init.xavier_uniform_(self.in_projection.weight)
        nn.init.zeros_(self.in_projection.bias)
        nn.init.zeros_(self.out_projection.bias)

    def _check_heads(self, n_heads):
        n_heads = self.default_n_heads if n_heads is None else n_heads
        n_heads = check_int("n_heads", n_heads, owner="MultiheadAttention")
        if self.output_dim % n_heads:
            raise ValueError(
                f"The 'n_heads' parameter of MultiheadAttention must divide the width "
                f"of the states, {self.output_dim}. Got {n_heads} instead. Change "
                f"n_heads or hidden_units."
            )
        return n_heads

    def _project(self, query, key, value):
        """Return the three projections, each of shape (B, T, E)."""
        if query is key and key is value:
            return self.in_projection(query).chunk(3, dim=-1)
        weights = self.in_projection.weight.chunk(3)
        biases = self.in_projection.bias.chunk(3)
        parts = zip((query, key, value), weights, biases, strict=True)
        return [nn.functional.linear(x, weight, bias) for x, weight, bias in parts]

    def _attend_once(self, query, key, value, mask, bias):
        """Return context (B, 1, E) and weights (B, H, 1, T) of a single query.

        Only the query is projected, also with what belongs to keys and values: products
        are associative, and one query is less than T keys and values.
        """
        shape = (3, self.n_heads, -1)
        w_query, w_key, w_value = self.in_projection.weight.unflatten(0, shape)
        b_query, b_key, b_value = self.in_projection.bias.unflatten(0, shape)
        heads = torch.einsum("be,hde->bhd", query[:, 0], w_query) + b_query
        if self.is_scaled:
            heads = heads * heads.shape[-1] ** -0.5
        scores = torch.einsum("bhd,hde->bhe", heads, w_key) @ key.transpose(1, 2)
        scores = scores + (heads * b_key).sum(dim=-1, keepdim=True)  # (B, H, T)
        weights = weigh(
            scores[:, :, None], mask, self.activation, is_causal=False, bias=bias
        )
        mixed = weights[:, :, 0].to(value.dtype) @ value  # (B, H, E)
        context = torch.einsum("bhe,hde->bhd", mixed, w_value)
        context = context + b_value * weights.sum(dim=-1)  # (B, H, E / H)
        return context.flatten(1)[:, None], weights

    def _attend(self, query, key, value, mask, *, is_causal, need_weights, bias):
        """Return context (B, Tq, E) and weights (B, H, Tq, T) or None."""
        query, key, value = (
            part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (B, H, T, E / H)
            for part in self._project(query, key, value)
        )
        context, weights = dot_product_attention(
            query,
            key,
            value,
            mask,
            self.activation,
            is_causal=is_causal,
            need_weights=need_weights,
            bias=bias,
            is_scaled=self.is_scaled,
        )
        return context.transpose(1, 2).flatten(-2), weights

    def forward(
        self,
        query,
        key,
        value,
        mask,
        *,
        is_causal=True,
        need_weights=False,
        bias=None,
    ):
        """Attend from each query to the events it may see.

        Parameters
        ----------
        query : Tensor of shape (B, Tq, E)
            Where attention starts from.
        key : Tensor of shape (B, T, E)
            What events are scored by, padded on the right.
        value : Tensor of shape (B, T, E)
            What is summed up.
        mask : Tensor of shape (B, T), dtype=bool
            True where an event is real.
        is_causal : bool, default=True
            Whether query t sees the events 0 to t (Tq equals T); if not, every query
            sees every real event.
        need_weights : bool, default=False
            Whether to return the weights.
        bias : Tensor, broadcastable to (B, H, Tq, T), default=None
            Added to the scores before they become weights; None adds nothing.

        Returns
        -------
        context : Tensor of shape (B, Tq, E)
            The last projection's bias where no event is visible; meaningless but
            finite for padded queries.
        weights : Tensor of shape (B, H, Tq, T) or None
            None unless asked for.
        """
        if query.shape[1] == 1 and not is_causal:
            context, weights = self._attend_once(query, key, value, mask, bias)
        else:
            context, weights = self._attend(
                query,
                key,
                value,
                mask,
                is_causal=is_causal,
                need_weights=need_weights,
                bias=bias,
            )
        context = self.out_projection(self.dropout(context))
        return context, weights if need_weights else None
