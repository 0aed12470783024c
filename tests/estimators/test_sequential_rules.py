import numpy as np
import pytest

from seqrec.estimators._sequential_rules import SequentialRulesRecommender

LOG = [["a", "b", "c", "a"], ["a", "c"], ["b", "a", "d"]]
WEIGHTS = np.array(
    [[1 / 3, 1, 1.5, 1], [1.5, 0, 1, 0.5], [1, 0, 0, 0], [0, 0, 0, 0]]
)  # of LOG


def test_rules_weigh_one_over_their_distance():
    model = SequentialRulesRecommender().fit(LOG)
    np.testing.assert_allclose(model.rule_weights_.toarray(), WEIGHTS, rtol=1e-15)


def test_rules_are_no_longer_than_max_gap():
    model = SequentialRulesRecommender(2).fit(LOG)
    expected = WEIGHTS.copy()
    expected[0, 0] = 0
    np.testing.assert_allclose(model.rule_weights_.toarray(), expected, rtol=1e-15)


@pytest.mark.parametrize("shrink", [0, 10.0])
def test_scores_add_the_rules_of_the_last_events(shrink):
    model = SequentialRulesRecommender(decay=0.5, shrink=shrink).fit(LOG)
    rules = WEIGHTS[:3] / (WEIGHTS[:3].sum(axis=1, keepdims=True) + shrink)
    scores = model.decision_function([["b", "c"], ["a", "d", "b", "b"], ["d"]])
    expected = [
        rules[2] + 0.5 * rules[1],
        1.5 * rules[1] + 0.125 * rules[0],
        np.zeros(4),
    ]
    np.testing.assert_allclose(scores, expected, atol=1e-9)


def test_history_length_bounds_the_history():
    model = SequentialRulesRecommender(history_length=2).fit(LOG)
    scores = model.decision_function([["a", "b", "c"], ["d", "b", "c"]])
    np.testing.assert_array_equal(scores[0], scores[1])
    model.set_params(history_length=None)
    scores = model.decision_function([["a", "b", "c"], ["d", "b", "c"]])
    assert (scores[0] > scores[1]).all()


def test_items_without_a_rule_stand_by_popularity():
    model = SequentialRulesRecommender(top_k=4, exclude_seen=False).fit([*LOG, ["c"]])
    assert model.predict([["c"], ["d"]]).tolist() == [["a", "c", "b", "d"]] * 2


def test_only_rules_into_targets_are_learned():
    model = SequentialRulesRecommender()
    model.fit([["a", "b"], ["a"], []], ["c", "b", "a"])
    np.testing.assert_array_equal(
        model.rule_weights_.toarray(), [[0, 1, 0.5], [0, 0, 1], [0, 0, 0]]
    )


@pytest.mark.parametrize(
    "params",
    [
        {"max_gap": 0},
        {"max_gap": 1.5},
        {"decay": 1.1},
        {"decay": -0.1},
        {"history_length": 0},
        {"shrink": -1},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_errors(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"'{name}' parameter of SequentialRules"):
        SequentialRulesRecommender(**params).fit(LOG)
