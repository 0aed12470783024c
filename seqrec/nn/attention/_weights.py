"""Scores -> attention weights -> context (floor 1: torch).

Axes: B rows, H heads, Tq queries, T events, E width of a head.
"""

import functools
from collections.abc import Callable

import torch
from torch.nn import functional as F

from seqrec.nn.attention._blocks import Visibility, attend_in_blocks
from seqrec.nn.masks import fill_hidden, visible_mask

__all__ = [
    "ACTIVATIONS",
    "POINTWISE",
    "attend",
    "dot_product_attention",
    "spread_bias",
    "weigh",
]


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

# What acts on each score alone, before it is divided.
POINTWISE: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "gelu": F.gelu,
    "silu": F.silu,
}


def weigh(scores, mask, activation, *, is_causal, bias=None):
    """Turn scores (B, H, Tq, T), and a bias added to them, into weights."""
    visible = visible_mask(mask, scores.shape[-2], is_causal=is_causal)
    return ACTIVATIONS[activation](_add(scores, bias), visible)


def _add(scores, bias):
    return scores if bias is None else scores + bias


def spread_bias(bias, n_queries, n_keys):
    """Return a bias with an axis for every query and event, a view (b, h, Tq, T)."""
    if bias is None:
        return None
    shape = torch.broadcast_shapes(bias.shape, (1, 1, n_queries, n_keys))
    return bias.expand(shape)


def attend(
    score, per_query, value, mask, activation, *, is_causal, need_weights, bias=None
):
    """Attend with any scores.

    Parameters
    ----------
    score : callable
        ``score(part, keys)`` returns the scores (B, H, queries, keys) of a block of
        queries and a slice of events.
    per_query : Tensor of shape (B, H, Tq, X)
        What `score` gets a block of: queries, or their scores.
    value : Tensor of shape (B, H, T, E)
        What is summed up.
    mask : Tensor of shape (B, T), dtype=bool
        True where an event is real.
    activation : {"softmax", "gelu", "silu"}
        How scores become weights.
    is_causal, need_weights : bool
        As in the forward method of every attention.
    bias : Tensor, broadcastable to (B, H, Tq, T), default=None
        Added to the scores.

    Returns
    -------
    context : Tensor of shape (B, H, Tq, E)
    weights : Tensor of shape (B, H, Tq, T) or None
        None unless asked for; if not, scores are in memory in blocks only.
    """
    n_rows, n_heads, n_queries = per_query.shape[:3]
    bias = spread_bias(bias, n_queries, mask.shape[1])
    if need_weights:
        scores = score(per_query, slice(None))
        weights = weigh(scores, mask, activation, is_causal=is_causal, bias=bias)
        return weights.to(value.dtype) @ value, weights
    visibility = Visibility(mask, n_queries, is_causal=is_causal)
    block = functools.partial(_attend_block, score, value, visibility, activation)
    query_size = n_rows * n_heads * mask.shape[1]
    return attend_in_blocks(block, (per_query, bias), visibility, query_size), None


def _attend_block(score, value, visibility, activation, queries, keys, part, bias):
    """Return the context of some queries, (B, H, queries, E)."""
    scores = _add(score(part, keys), None if bias is None else bias[..., keys])
    weights = ACTIVATIONS[activation](scores, visibility.of(queries, keys))
    return weights.to(value.dtype) @ value[..., keys, :]


def dot_product_attention(
    query,
    key,
    value,
    mask,
    activation,
    *,
    is_causal,
    need_weights,
    bias=None,
    is_scaled=True,
):
    """Attend with scores ``q . k / sqrt(E)``, or ``q . k`` unless scaled.

    Returns the context (B, H, Tq, E) and, if asked for, the weights (B, H, Tq, T).
    """
    scale = query.shape[-1] ** -0.5 if is_scaled else 1.0
    is_square = query.shape[-2] == key.shape[-2]
    is_plain = is_causal and is_square and bias is None and not need_weights
    if activation == "softmax" and is_plain:
        # Padding is on the right, so a real query cannot see it, with or without mask.
        context = F.scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scale
        )
        return context, None
    # A bias that is learned rules the fused kernels out, so they are not asked.
    return attend(
        functools.partial(_products, key),
        query * scale,
        value,
        mask,
        activation,
        is_causal=is_causal,
        need_weights=need_weights,
        bias=bias,
    )


def _products(key, query, keys):
    return query @ key[..., keys, :].transpose(-1, -2)  # (B, H, queries, keys)
