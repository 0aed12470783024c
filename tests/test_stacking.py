"""What recommenders know of a history feeds other models of scikit-learn."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from seqrec import (
    ItemKNNRecommender,
    Sequences,
    SequentialRulesRecommender,
    VotingRecommender,
)
from tests.histories import ordered_histories, small_recommender

HISTORIES = Sequences.from_lists(ordered_histories(120))
UPPER = np.array([history[-1] > 108 for history in ordered_histories(120)])  # of 15
NAME = "attentionsequencerecommender"


def from_states(**params):
    network = small_recommender(**params)
    return make_pipeline(network, StandardScaler(), LogisticRegression())


def from_scores(recommender):
    asked = FunctionTransformer(recommender.decision_function)
    return make_pipeline(asked, TruncatedSVD(4, random_state=0), LogisticRegression())


def test_states_tell_an_attribute_of_the_user():
    scores = cross_val_score(from_states(), HISTORIES, UPPER, cv=3)
    assert scores.mean() > 0.85


def test_states_tell_nothing_of_a_drawn_attribute():
    drawn = np.random.default_rng(0).permutation(UPPER)
    scores = cross_val_score(from_states(), HISTORIES, drawn, cv=3)
    assert 0.3 < scores.mean() < 0.7


def test_the_network_of_a_pipeline_does_not_learn_from_the_attribute():
    model = from_states().fit(HISTORIES, UPPER)
    alone = small_recommender().fit(HISTORIES)
    np.testing.assert_array_equal(
        model[0].transform(HISTORIES), alone.transform(HISTORIES)
    )


def test_a_number_is_told_from_states_too():
    last = HISTORIES.codes[HISTORIES.stops - 1].astype(float)
    model = make_pipeline(small_recommender(max_epochs=5), StandardScaler(), Ridge())
    assert cross_val_score(model, HISTORIES, last, cv=3).mean() > 0.3


@pytest.mark.parametrize(
    "recommender",
    [
        SequentialRulesRecommender(),
        VotingRecommender(
            [("rules", SequentialRulesRecommender()), ("knn", ItemKNNRecommender())]
        ),
    ],
    ids=lambda recommender: type(recommender).__name__,
)
def test_scores_tell_an_attribute_of_the_user(recommender):
    model = from_scores(clone(recommender).fit(HISTORIES))
    assert cross_val_score(model, HISTORIES, UPPER, cv=3).mean() > 0.75


def test_a_stack_learns_from_states_and_scores():
    rules = SequentialRulesRecommender().fit(HISTORIES)
    stack = StackingClassifier(
        [("states", from_states()), ("scores", from_scores(rules))], cv=3
    )
    train, test = np.arange(80), np.arange(80, 120)
    stack.fit(HISTORIES[train], UPPER[train])
    assert stack.score(HISTORIES[test], UPPER[test]) > 0.8
    again = pickle.loads(pickle.dumps(stack))
    np.testing.assert_array_equal(
        again.predict_proba(HISTORIES), stack.predict_proba(HISTORIES)
    )


def test_states_of_two_networks_stand_side_by_side():
    networks = FeatureUnion(
        [("lstm", small_recommender()), ("mean", small_recommender(encoder="mean"))]
    )
    states = networks.fit_transform(HISTORIES)
    assert states.shape == (120, 16)
    alone = small_recommender(encoder="mean").fit(HISTORIES).transform(HISTORIES)
    np.testing.assert_array_equal(states[:, 8:], alone)


def test_the_network_under_another_model_is_searched():
    search = GridSearchCV(from_states(), {f"{NAME}__max_epochs": [1, 2]}, cv=2)
    assert search.fit(HISTORIES, UPPER).predict(HISTORIES).shape == (120,)
