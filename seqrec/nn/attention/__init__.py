"""Attention: states so far -> a context for each query (floor 1: torch).

A class of your own, a subclass of `Attention` or any module, is built as ``Class(dim,
n_heads, activation)`` and has attributes `output_dim` and `n_heads` and a method
``forward(query, key, value, mask, *, is_causal, need_weights)`` that returns a context
(B, Tq, E) and, if asked for, weights (B, H, Tq, T); with `is_causal` query t may look
at the events 0 to t alone. It gets a ``bias`` (B, H, Tq, T) for its scores where the
network is time-aware, and ``sessions`` (B, T) where its class attribute
`needs_sessions` is true; the class attribute `options` may name "is_scaled".
"""

from seqrec.nn.attention.additive import AdditiveAttention
from seqrec.nn.attention.dot import DotAttention
from seqrec.nn.attention.hierarchical import HierarchicalAttention
from seqrec.nn.attention.identity import IdentityAttention
from seqrec.nn.attention.multihead import MultiheadAttention

__all__ = [
    "ATTENTIONS",
    "AdditiveAttention",
    "DotAttention",
    "HierarchicalAttention",
    "IdentityAttention",
    "MultiheadAttention",
]

ATTENTIONS = {
    "additive": AdditiveAttention,
    "dot": DotAttention,
    "hierarchical": HierarchicalAttention,
    "multihead": MultiheadAttention,
    "none": IdentityAttention,
}
