"""Attention: states so far -> a context for each query (floor 1: torch)."""

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
