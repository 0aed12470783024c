import numpy as np
import pytest

from seqrec.estimators._markov_chain import MarkovChainRecommender

LOG = [["a", "b", "c", "a"], ["a", "c"], ["b", "a", "d"]]


def test_steps_inside_rows_are_counted():
    model = MarkovChainRecommender().fit(LOG)
    np.testing.assert_array_equal(
        model.transition_counts_.toarray(),
        [[0, 1, 1, 1], [1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]],
    )


def test_scores_are_probabilities_smoothed_by_popularity():
    model = MarkovChainRecommender(smoothing=2.0).fit(LOG)
    share = np.array([4, 2, 2, 1]) / 9
    scores = model.decision_function([["d", "a"], ["b"], ["d"]])
    expected = [
        (np.array([0, 1, 1, 1]) + 2 * share) / 5,
        (np.array([1, 0, 1, 0]) + 2 * share) / 4,
        share,
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-12)


def test_only_steps_into_targets_are_learned():
    model = MarkovChainRecommender().fit([["a", "b"], ["a"], []], ["c", "b", "a"])
    np.testing.assert_array_equal(
        model.transition_counts_.toarray(), [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    )


def test_items_that_never_followed_stand_by_popularity():
    model = MarkovChainRecommender(top_k=4, exclude_seen=False).fit([*LOG, ["c"]])
    assert model.predict([["c"]]).tolist() == [["a", "c", "b", "d"]]


@pytest.mark.parametrize("smoothing", [0, -1.0, "much"])
def test_smoothing_must_be_positive(smoothing):
    with pytest.raises(ValueError, match="'smoothing' parameter of MarkovChain"):
        MarkovChainRecommender(smoothing=smoothing).fit(LOG)
