"""Sequential recommendation the scikit-learn way.

Names load on first use, so that importing this package loads neither torch nor a data
frame library.
"""

import lazy_loader

from seqrec._version import __version__

__getattr__, _dir, _names = lazy_loader.attach(
    __name__,
    submodules=["datasets", "exceptions", "metrics", "persistence"],
    submod_attrs={
        "data.sequences": [
            "Sequences",
        ],
        "data.windows": [
            "next_item_samples",
        ],
        "preprocessing": [
            "KCoreFilter",
            "SequenceEncoder",
            "Sessionizer",
        ],
        "estimators": [
            "AttentionSequenceRecommender",
            "ItemKNNRecommender",
            "MarkovChainRecommender",
            "PopularityRecommender",
            "SequentialRulesRecommender",
            "recommend",
        ],
        "model_selection": [
            "LeaveLastOut",
            "TemporalSplit",
            "ranking_scorer",
        ],
    },
)

__all__ = [
    "AttentionSequenceRecommender",
    "ItemKNNRecommender",
    "KCoreFilter",
    "LeaveLastOut",
    "MarkovChainRecommender",
    "PopularityRecommender",
    "SequenceEncoder",
    "Sequences",
    "SequentialRulesRecommender",
    "Sessionizer",
    "TemporalSplit",
    "__version__",
    "next_item_samples",
    "ranking_scorer",
    "recommend",
]


def __dir__():
    return [*__all__, "datasets", "exceptions", "metrics", "persistence"]
