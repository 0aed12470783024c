"""Additive attention (floor 1: torch)."""

import torch
from torch import nn

from seqrec.nn.attention._additive_scores import additive_scores
from seqrec.nn.attention._base import Attention
from seqrec.nn.attention._weights import attend

__all__ = ["AdditiveAttention"]


class AdditiveAttention(Attention):
    """Score a query and an event by a small network [1]_.

    The score is ``v . tanh(W q + U k + b)``; the context is the weighted sum of the
    values themselves. Scores are computed in blocks of queries, so memory grows with
    the number of pairs of events, not with pairs times width.

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

    Attributes
    ----------
    output_dim : int
        Width of the context, E.

    References
    ----------
    .. [1] D. Bahdanau, K. Cho and Y. Bengio (2015). Neural machine translation by
       jointly learning to align and translate. ICLR. arXiv:1409.0473
    """

    def __init__(self, dim, n_heads=None, activation="softmax", dropout=0.0):
        super().__init__(dim, n_heads, activation, dropout)
        self.query_projection = nn.Linear(dim, dim)
        self.key_projection = nn.Linear(dim, dim, bias=False)
        self.vector = nn.Parameter(torch.empty(dim).uniform_(-1, 1) * dim**-0.5)

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
        projected = self.query_projection(query).to(self.vector.dtype)
        keys = self.key_projection(key).to(self.vector.dtype)
        scores = additive_scores(projected, keys, self.vector, is_causal=is_causal)
        context, weights = attend(
            _given_scores,
            scores[:, None],  # (B, 1, Tq, T)
            value[:, None],
            mask,
            self.activation,
            is_causal=is_causal,
            need_weights=need_weights,
            bias=bias,
        )
        return self.dropout(context[:, 0]), weights


def _given_scores(scores, keys):
    return scores[..., keys]
