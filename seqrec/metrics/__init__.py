"""Ranking metrics on arrays, one value a row (floor 1: numpy alone)."""

from seqrec.metrics.average_precision import (
    average_precision,
    average_precision_at_ranks,
)
from seqrec.metrics.hit_rate import hit_rate, hit_rate_at_ranks
from seqrec.metrics.mrr import mrr, mrr_at_ranks
from seqrec.metrics.names import parse_metric
from seqrec.metrics.ndcg import ndcg, ndcg_at_ranks
from seqrec.metrics.precision import precision, precision_at_ranks
from seqrec.metrics.ranks import ranking_ranks, target_ranks, top_k
from seqrec.metrics.recall import recall, recall_at_ranks
from seqrec.metrics.registry import METRICS, RANK_METRICS

__all__ = [
    "METRICS",
    "RANK_METRICS",
    "average_precision",
    "average_precision_at_ranks",
    "hit_rate",
    "hit_rate_at_ranks",
    "mrr",
    "mrr_at_ranks",
    "ndcg",
    "ndcg_at_ranks",
    "parse_metric",
    "precision",
    "precision_at_ranks",
    "ranking_ranks",
    "recall",
    "recall_at_ranks",
    "target_ranks",
    "top_k",
]
