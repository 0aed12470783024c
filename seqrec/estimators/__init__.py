"""Recommenders (floor 2)."""

from seqrec.estimators._attention import AttentionSequenceRecommender
from seqrec.estimators._attention_classifier import AttentionSequenceClassifier
from seqrec.estimators._attention_regressor import AttentionSequenceRegressor
from seqrec.estimators._item_knn import ItemKNNRecommender
from seqrec.estimators._markov_chain import MarkovChainRecommender
from seqrec.estimators._popularity import PopularityRecommender
from seqrec.estimators._recommend import recommend
from seqrec.estimators._sequential_rules import SequentialRulesRecommender
from seqrec.estimators._stan import STANRecommender
from seqrec.estimators._voting import VotingRecommender
from seqrec.estimators._vsknn import VSKNNRecommender

__all__ = [
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
]
