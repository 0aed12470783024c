"""Heads: a state -> scores of items (floor 1: torch).

A head of your own is a module, a subclass of `ItemHead` or not, that is built as
``Head(item_embedding, *, has_bias=True, temperature=None)`` and has

- `weight`, of shape (V, D): one vector for each item, row c - 1 for item code c,
- `bias`, of shape (V,), or None,
- ``project(states)``: final states (N, D) as they are multiplied with `weight`, and
- ``forward(context, candidates=None)``: logits (B, V), or (B, C) of candidates, which
  are ``project(context) @ weight.T + bias``.

Losses read the first three, answers come from the last. A subclass of `ItemHead` gives
`weight` and `bias`, and hands on the temperature; the rest is there, also what losses
over drawn items need to work with these alone.
"""

from seqrec.nn.heads._base import ItemHead
from seqrec.nn.heads.linear import LinearHead
from seqrec.nn.heads.tied import TiedHead

__all__ = ["HEADS", "ItemHead", "LinearHead", "TiedHead"]

HEADS = {
    "linear": LinearHead,
    "tied": TiedHead,
}
