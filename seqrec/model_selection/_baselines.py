"""What every claim is measured against: recommenders that only count."""

from sklearn.pipeline import make_pipeline

from seqrec.data.schema import ITEM, TIME, USER
from seqrec.estimators import (
    ItemKNNRecommender,
    MarkovChainRecommender,
    PopularityRecommender,
    SequentialRulesRecommender,
)
from seqrec.preprocessing import SequenceEncoder

__all__ = ["make_baselines"]

_WEEK = 7 * 86_400  # seconds


def make_baselines(*, user=USER, item=ITEM, time=TIME, time_unit="s", has_times=True):
    """Return unfitted pipelines of the baselines, by name.

    Parameters
    ----------
    user, item : str
        Columns of the ids.
    time : str or None
        Column of the times.
    time_unit : {"s", "ms", "us", "ns"}
        Unit of times given as numbers.
    has_times : bool
        Whether the log has times, and not merely an order; with them, the favourites of
        the last seven days are among the baselines.
    """
    kinds = {"popularity": PopularityRecommender()}
    if has_times:
        kinds["popularity, 7 days"] = PopularityRecommender(window=_WEEK)
    kinds["Markov chain"] = MarkovChainRecommender()
    kinds["item kNN"] = ItemKNNRecommender()
    kinds["sequential rules"] = SequentialRulesRecommender()
    return {
        name: make_pipeline(
            SequenceEncoder(user, item, time=time, time_unit=time_unit), kind
        )
        for name, kind in kinds.items()
    }
