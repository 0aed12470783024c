"""Scores -> attention weights -> context (floor 1: torch).

Axes: B rows, H heads, Tq queries, T events, E width of a head.
"""

import torch
from torch.nn import functional as F

from seqrec.nn.masks import fill_hidden, visible_mask

__all__ = ["ACTIVATIONS", "dot_product_attention", "weigh"]


def softmax_weights(scores, visible):
    """Return weights that sum to 1 over the visible events; 0 where none is visible."""
    lowest = torch.finfo(scores.dtype).min  # not -inf: a row may see no event at all
    weights = torch.softmax(fill_hidden(scores, visible, lowest), dim=-1)
    return fill_hidden(weights, visible, 0.0)


def gelu_weights(scores, visible):
    """Return GELU of each score, divided by the number of visible events."""
    return _share(F.gelu(scores), visible)


def silu_weights(scores, visible):
    """Return SiLU of each score, divided by the number of visible events."""
    return _share(F.silu(scores), visible)


def _share(weights, visible):
    n_visible = visible.sum(dim=-1, keepdim=True).clamp_(min=1)
    return fill_hidden(weights, visible, 0.0) / n_visible


ACTIVATIONS = {
    "gelu": gelu_weights,
    "silu": silu_weights,
    "softmax": softmax_weights,
}


def weigh(scores, mask, activation, *, is_causal):
    """Turn scores (B, H, Tq, T) into weights of the same shape."""
    visible = visible_mask(mask, scores.shape[-2], is_causal=is_causal)
    return ACTIVATIONS[activation](scores, visible)


def dot_product_attention(
    query, key, value, mask, activation, *, is_causal, need_weights
):
    """Attend with scores ``q . k / sqrt(E)``.

    Returns the context (B, H, Tq, E) and, if asked for, the weights (B, H, Tq, T).
    """
    is_square = query.shape[-2] == key.shape[-2]
    if activation == "softmax" and is_causal and is_square and not need_weights:
        # Padding is on the right, so a real query cannot see it, with or without mask.
        return F.scaled_dot_product_attention(query, key, value, is_causal=True), None
    scale = query.shape[-1] ** -0.5
    scores = (query * scale) @ key.transpose(-1, -2)  # (B, H, Tq, T)
    weights = weigh(scores, mask, activation, is_causal=is_causal)
    return weights.to(value.dtype) @ value, weights if need_weights else None
