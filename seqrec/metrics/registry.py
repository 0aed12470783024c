"""The metrics by name: one line each (floor 1: numpy alone).

The two tables have the same keys. `METRICS` holds functions of
``(targets, rankings, *, k)``, `RANK_METRICS` the same formulas as functions of
``(ranks, *, k)``. `seqrec.metrics.names` reads them, hence a file below the facade.
"""

from seqrec.metrics.average_precision import (
    average_precision,
    average_precision_at_ranks,
)
from seqrec.metrics.hit_rate import hit_rate, hit_rate_at_ranks
from seqrec.metrics.mrr import mrr, mrr_at_ranks
from seqrec.metrics.ndcg import ndcg, ndcg_at_ranks
from seqrec.metrics.precision import precision, precision_at_ranks
from seqrec.metrics.recall import recall, recall_at_ranks

__all__ = ["METRICS", "RANK_METRICS"]

METRICS = {
    "hit_rate": hit_rate,
    "map": average_precision,
    "mrr": mrr,
    "ndcg": ndcg,
    "precision": precision,
    "recall": recall,
}

RANK_METRICS = {
    "hit_rate": hit_rate_at_ranks,
    "map": average_precision_at_ranks,
    "mrr": mrr_at_ranks,
    "ndcg": ndcg_at_ranks,
    "precision": precision_at_ranks,
    "recall": recall_at_ranks,
}
