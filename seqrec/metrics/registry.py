"""The metrics by name: one line each (floor 1: numpy alone).

The first two tables have the same keys. `METRICS` holds functions of
``(targets, rankings, *, k)``, `RANK_METRICS` the same formulas as functions of
``(ranks, *, k)``. `seqrec.metrics.names` reads them, hence a file below the facade.
`LIST_METRICS` holds what looks at whole lists, beyond accuracy: each function says in
its signature what it needs besides the rankings, and whether it gives one value a row
or one for all rows.
"""

from seqrec.metrics.average_precision import (
    average_precision,
    average_precision_at_ranks,
)
from seqrec.metrics.coverage import catalogue_coverage
from seqrec.metrics.exposure import exposure_gap
from seqrec.metrics.gini import gini
from seqrec.metrics.hit_rate import hit_rate, hit_rate_at_ranks
from seqrec.metrics.intra_list_diversity import intra_list_diversity
from seqrec.metrics.mrr import mrr, mrr_at_ranks
from seqrec.metrics.ndcg import ndcg, ndcg_at_ranks
from seqrec.metrics.novelty import novelty
from seqrec.metrics.popularity_bias import popularity_bias
from seqrec.metrics.precision import precision, precision_at_ranks
from seqrec.metrics.recall import recall, recall_at_ranks
from seqrec.metrics.serendipity import serendipity

__all__ = ["LIST_METRICS", "METRICS", "RANK_METRICS"]

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

LIST_METRICS = {
    "coverage": catalogue_coverage,
    "exposure_gap": exposure_gap,
    "gini": gini,
    "intra_list_diversity": intra_list_diversity,
    "novelty": novelty,
    "popularity_bias": popularity_bias,
    "serendipity": serendipity,
}
