"""Losses: states and output vectors -> one number (floor 1: torch).

A loss takes states, not logits, since the logits of all items for all targets must
never be whole in memory. Its attribute `needs_negatives` says whether it takes sampled
item codes as `negatives`.
"""

from typing import Any

from seqrec.nn.losses.cross_entropy import cross_entropy
from seqrec.nn.losses.sampled_softmax import draw_uniform, sampled_softmax

__all__ = ["LOSSES", "cross_entropy", "draw_uniform", "sampled_softmax"]

LOSSES: dict[str, Any] = {
    "sampled_softmax": sampled_softmax,
    "softmax": cross_entropy,
}
