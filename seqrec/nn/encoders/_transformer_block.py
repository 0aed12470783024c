"""A layer of the Transformer encoders (floor 1: torch)."""

import torch
from torch import nn
from torch.nn import functional as F

from seqrec.nn.dropout import Dropout

__all__ = ["TransformerBlock"]

_FREQUENCY_BASE = 10_000.0
_WIDENING = 4  # width of the feed-forward network over that of the states


class TransformerBlock(nn.Module):
    """One layer: attention, then a feed-forward network, each added to the states.

    Parameters
    ----------
    dim : int
        Width of a state, E.
    n_heads : int
        Attention heads, a divisor of `dim`.
    dropout : float
        Share of what each branch adds that is dropped in training.
    is_rotary : bool
        Whether queries and keys are turned by their place.
    """

    def __init__(self, dim, n_heads, dropout, is_rotary):
        super().__init__()
        self.n_heads = n_heads
        self.is_rotary = is_rotary
        self.attention_norm = nn.LayerNorm(dim)
        self.in_projection = nn.Linear(dim, 3 * dim)
        self.out_projection = nn.Linear(dim, dim)
        self.forward_norm = nn.LayerNorm(dim)
        self.widen = nn.Linear(dim, _WIDENING * dim)
        self.narrow = nn.Linear(_WIDENING * dim, dim)
        self.dropout = Dropout(dropout, owner="TransformerEncoder")

    def forward(self, x):
        """Return (B, T, E) of (B, T, E)."""
        x = x + self.dropout(self.attend(self.attention_norm(x)))
        wide = F.gelu(self.widen(self.forward_norm(x)))
        return x + self.dropout(self.narrow(wide))

    def attend(self, x):
        """Return what causal attention makes of (B, T, E), of the same shape."""
        query, key, value = (
            part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (B, H, T, E / H)
            for part in self.in_projection(x).chunk(3, dim=-1)
        )
        if self.is_rotary:
            cosine, sine = _angles(query)
            query, key = _turn(query, cosine, sine), _turn(key, cosine, sine)
        context = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out_projection(context.transpose(1, 2).flatten(2))


def _angles(query):
    """Return cosine and sine (T, P) of the angle of each step and pair of values."""
    n_steps, width = query.shape[-2:]
    pairs = torch.arange(width // 2, device=query.device, dtype=torch.float64)
    speed = _FREQUENCY_BASE ** (-pairs / max(1, width // 2))
    steps = torch.arange(n_steps, device=query.device, dtype=torch.float64)
    angle = steps[:, None] * speed
    return angle.cos().to(query.dtype), angle.sin().to(query.dtype)


def _turn(values, cosine, sine):
    """Turn each pair of values (p, p + P) by its angle; an odd last value stays."""
    n_pairs = cosine.shape[1]
    first, second = values[..., :n_pairs], values[..., n_pairs : 2 * n_pairs]
    turned = [first * cosine - second * sine, second * cosine + first * sine]
    return torch.cat([*turned, values[..., 2 * n_pairs :]], dim=-1)
