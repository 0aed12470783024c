"""Heads: a state -> scores of items (floor 1: torch)."""

from seqrec.nn.heads.linear import LinearHead
from seqrec.nn.heads.tied import TiedHead

__all__ = ["HEADS", "LinearHead", "TiedHead"]

HEADS = {
    "linear": LinearHead,
    "tied": TiedHead,
}
