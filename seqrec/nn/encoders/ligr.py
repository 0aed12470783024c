"""Causal Transformer encoder with gates (floor 1: torch)."""

import torch
from torch import nn
from torch.nn import functional as F

from seqrec.nn.encoders._transformer_block import TransformerBlock
from seqrec.nn.encoders.transformer import TransformerEncoder

__all__ = ["LigrEncoder"]


class _GatedBlock(TransformerBlock):
    """One layer whose branches are gated by the states that they are added to."""

    def __init__(self, dim, n_heads, dropout, is_rotary):
        super().__init__(dim, n_heads, dropout, is_rotary)
        self.attention_gate = nn.Linear(dim, dim)
        self.forward_gate = nn.Linear(dim, dim)
        self.widen_gate = nn.Linear(dim, self.widen.out_features)

    def forward(self, x):
        """Return (B, T, E) of (B, T, E)."""
        branch = self.dropout(self.attend(self.attention_norm(x)))
        x = x + torch.sigmoid(self.attention_gate(x)) * branch
        normed = self.forward_norm(x)
        wide = F.silu(self.widen_gate(normed)) * self.widen(normed)
        branch = self.dropout(self.narrow(wide))
        return x + torch.sigmoid(self.forward_gate(x)) * branch


class LigrEncoder(TransformerEncoder):
    """Self-attention with learned gates, as in LiGR [1]_ and eSASRec [2]_.

    A `TransformerEncoder` in which the states decide, value by value, how much of each
    branch is added to them: ``x + sigmoid(W x + b) * branch(norm(x))``, once for the
    attention and once for a feed-forward network with SwiGLU,
    ``W2 (silu(W0 x) * W1 x)`` [3]_. Half as many weights again as without gates.

    Parameters
    ----------
    input_dim : int
        Width of an input, D.
    hidden_units : int
        Width of a state, E.
    n_layers : int, default=1
        Layers of attention and feed-forward network.
    dropout : float, default=0.0
        Share of what each branch adds that is dropped in training.
    n_heads : int or None, default=None
        Attention heads, a divisor of `hidden_units`; None means 2.
    positions : {"rotary", "learned"}, default="rotary"
        Rotary positions turn queries and keys, so that scores depend on distance;
        learned ones are vectors added to the inputs.
    max_length : int, default=100
        Longest row, for learned positions; rotary ones have no limit.

    Attributes
    ----------
    output_dim : int
        Width of a state, E.

    References
    ----------
    .. [1] F. Borisyuk et al. (2025). From features to transformers: redefining ranking
       for scalable impact. arXiv:2502.03417
    .. [2] D. Tikhonovich et al. (2025). eSASRec: enhancing transformer-based
       recommendations in a modular fashion. RecSys. arXiv:2508.06450
    .. [3] N. Shazeer (2020). GLU variants improve transformer. arXiv:2002.05202
    """

    _block_class = _GatedBlock
