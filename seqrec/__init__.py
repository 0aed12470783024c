"""Sequential recommendation the scikit-learn way.

Names load on first use, so that importing this package loads neither torch nor a data
frame library.
"""

import lazy_loader

from seqrec._version import __version__

__getattr__, _dir, _names = lazy_loader.attach(
    __name__,
    submodules=["datasets", "exceptions", "metrics", "persistence", "recipes"],
    submod_attrs={
        "data.series": [
            "make_windows",
        ],
        "data.sequences": [
            "Sequences",
        ],
        "data.windows": [
            "next_item_samples",
        ],
        "preprocessing": [
            "KCoreFilter",
            "SequenceEncoder",
            "SequenceImputer",
            "Sessionizer",
        ],
        "estimators": [
            "AttentionSequenceClassifier",
            "AttentionSequenceRecommender",
            "AttentionSequenceRegressor",
            "ItemKNNRecommender",
            "MarkovChainRecommender",
            "PopularityRecommender",
            "STANRecommender",
            "SequentialRulesRecommender",
            "VSKNNRecommender",
            "VotingRecommender",
            "recommend",
        ],
        "inspection": [
            "SearchComparisonDisplay",
            "SearchCurveDisplay",
            "TrainingCurveDisplay",
            "profile_fit",
        ],
        "model_selection": [
            "EvaluationReport",
            "LeaveLastOut",
            "NewUserSplit",
            "RollingWindow",
            "TemporalSplit",
            "audit_split",
            "evaluate",
            "ranking_scorer",
        ],
    },
)

__all__ = [
    "AttentionSequenceClassifier",
    "AttentionSequenceRecommender",
    "AttentionSequenceRegressor",
    "EvaluationReport",
    "ItemKNNRecommender",
    "KCoreFilter",
    "LeaveLastOut",
    "MarkovChainRecommender",
    "NewUserSplit",
    "PopularityRecommender",
    "RollingWindow",
    "STANRecommender",
    "SearchComparisonDisplay",
    "SearchCurveDisplay",
    "SequenceEncoder",
    "SequenceImputer",
    "Sequences",
    "SequentialRulesRecommender",
    "Sessionizer",
    "TemporalSplit",
    "TrainingCurveDisplay",
    "VSKNNRecommender",
    "VotingRecommender",
    "__version__",
    "audit_split",
    "evaluate",
    "make_windows",
    "next_item_samples",
    "profile_fit",
    "ranking_scorer",
    "recommend",
]


def __dir__():
    return [*__all__, "datasets", "exceptions", "metrics", "persistence", "recipes"]
