"""Metrics of rankings, on arrays (floor 1: numpy alone)."""

from seqrec.metrics.auc import auc_at_ranks
from seqrec.metrics.average_precision import (
    average_precision,
    average_precision_at_ranks,
)
from seqrec.metrics.coverage import catalogue_coverage
from seqrec.metrics.expected import expected_at_ranks
from seqrec.metrics.exposure import exposure, exposure_gap
from seqrec.metrics.gini import gini
from seqrec.metrics.group_gap import group_gap, group_means
from seqrec.metrics.hit_rate import hit_rate, hit_rate_at_ranks
from seqrec.metrics.intra_list_diversity import intra_list_diversity
from seqrec.metrics.inverse_propensity import (
    WeightedMean,
    inverse_propensity_mean,
    popularity_propensities,
)
from seqrec.metrics.mrr import mrr, mrr_at_ranks
from seqrec.metrics.names import metric_names, parse_metric
from seqrec.metrics.ndcg import ndcg, ndcg_at_ranks
from seqrec.metrics.novelty import novelty
from seqrec.metrics.popularity_bias import popularity_bias
from seqrec.metrics.precision import precision, precision_at_ranks
from seqrec.metrics.ranks import rank_bounds, ranking_ranks, target_ranks, top_k
from seqrec.metrics.recall import recall, recall_at_ranks
from seqrec.metrics.registry import LIST_METRICS, METRICS, RANK_METRICS
from seqrec.metrics.serendipity import serendipity

__all__ = [
    "LIST_METRICS",
    "METRICS",
    "RANK_METRICS",
    "WeightedMean",
    "auc_at_ranks",
    "average_precision",
    "average_precision_at_ranks",
    "catalogue_coverage",
    "expected_at_ranks",
    "exposure",
    "exposure_gap",
    "gini",
    "group_gap",
    "group_means",
    "hit_rate",
    "hit_rate_at_ranks",
    "intra_list_diversity",
    "inverse_propensity_mean",
    "metric_names",
    "mrr",
    "mrr_at_ranks",
    "ndcg",
    "ndcg_at_ranks",
    "novelty",
    "parse_metric",
    "popularity_bias",
    "popularity_propensities",
    "precision",
    "precision_at_ranks",
    "rank_bounds",
    "ranking_ranks",
    "recall",
    "recall_at_ranks",
    "serendipity",
    "target_ranks",
    "top_k",
]
