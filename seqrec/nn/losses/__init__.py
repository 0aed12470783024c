"""Losses: states and output vectors -> one number (floor 1: torch).

A loss takes states, not logits, since the logits of all items for all targets must
never be whole in memory. Its attribute `needs_negatives` says whether it takes sampled
item codes as `negatives`, its attribute `options` which further options it takes.
"""

from typing import Any

from seqrec.nn.losses.binary_cross_entropy import binary_cross_entropy
from seqrec.nn.losses.bpr import bpr
from seqrec.nn.losses.bpr_max import bpr_max
from seqrec.nn.losses.cross_entropy import cross_entropy
from seqrec.nn.losses.gbce import gbce
from seqrec.nn.losses.sampled_softmax import sampled_softmax
from seqrec.nn.losses.top1_max import top1_max

__all__ = [
    "LOSSES",
    "binary_cross_entropy",
    "bpr",
    "bpr_max",
    "cross_entropy",
    "gbce",
    "sampled_softmax",
    "top1_max",
]

LOSSES: dict[str, Any] = {
    "binary_cross_entropy": binary_cross_entropy,
    "bpr": bpr,
    "bpr_max": bpr_max,
    "gbce": gbce,
    "sampled_softmax": sampled_softmax,
    "softmax": cross_entropy,
    "top1_max": top1_max,
}
