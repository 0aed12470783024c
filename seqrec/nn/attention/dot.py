"""Dot-product attention (floor 1: torch)."""

from seqrec.nn.attention._base import Attention
from seqrec.nn.attention._weights import dot_product_attention

__all__ = ["DotAttention"]


class DotAttention(Attention):
    """Score a query and an event by their product [1]_, scaled [2]_.

    The score is ``q . k / sqrt(E)``, or ``q . k`` if not scaled. Nothing is learned
    here: the states are compared and summed up as they are.

    Parameters
    ----------
    dim : int
        Width of queries, keys and values, E.
    n_heads : int, default=None
        One head; None means 1, and any other number is an error.
    activation : {"softmax", "gelu", "silu"}, default="softmax"
        How scores become weights. Softmax weights sum to 1 over the visible events;
        the others act on each score alone and are divided by the number of visible
        events.
    dropout : float, default=0.0
        Share of the context dropped in training.
    is_scaled : bool, default=True
        Whether scores are divided by the root of the width of a head.

    Attributes
    ----------
    output_dim : int
        Width of the context, E.

    References
    ----------
    .. [1] M.-T. Luong, H. Pham and C. D. Manning (2015). Effective approaches to
       attention-based neural machine translation. EMNLP. arXiv:1508.04025
    .. [2] A. Vaswani et al. (2017). Attention is all you need. NeurIPS.
       arXiv:1706.03762
    """

    options = ("is_scaled",)

    def __init__(
        self, dim, n_heads=None, activation="softmax", dropout=0.0, *, is_scaled=True
    ):
        super().__init__(dim, n_heads, activation, dropout)
        self.is_scaled = is_scaled

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
            Zero where no event is visible; meaningless but finite for padded queries.
        weights : Tensor of shape (B, 1, Tq, T) or None
            None unless asked for.
        """
        context, weights = dot_product_attention(
            query[:, None],
            key[:, None],
            value[:, None],
            mask,
            self.activation,
            is_causal=is_causal,
            need_weights=need_weights,
            bias=bias,
            is_scaled=self.is_scaled,
        )
        return self.dropout(context[:, 0]), weights
