"""What cannot vote is named before anything is fitted."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from seqrec.estimators._popularity import PopularityRecommender
from seqrec.estimators._sequential_rules import SequentialRulesRecommender
from seqrec.estimators._vote_members import check_members, check_weights
from seqrec.estimators._voting import VotingRecommender
from seqrec.preprocessing import SequenceEncoder

POPULAR = ("popular", PopularityRecommender())
RULES = ("rules", SequentialRulesRecommender())
HISTORIES = [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]


@pytest.fixture
def no_fit(monkeypatch):
    """Fail where a member would be fitted."""

    def fail(*args, **kwargs):
        pytest.fail("a fit was reached")

    monkeypatch.setattr(PopularityRecommender, "fit", fail)
    monkeypatch.setattr(SequentialRulesRecommender, "fit", fail)


@pytest.mark.parametrize(
    ("estimators", "error", "match"),
    [
        ([], ValueError, r"pairs, at least one. Got \[\]; give it like \[\('popular'"),
        ([PopularityRecommender()], ValueError, "list of .name, recommender. pairs"),
        ([(1, PopularityRecommender())], ValueError, "pairs"),
        ([POPULAR, POPULAR], ValueError, "'popular' stands there 2 times. Choose"),
        ([("a__b", POPULAR[1])], ValueError, "'a__b' holds '__'"),
        ([("weights", POPULAR[1])], ValueError, "'weights' is a parameter of Voting"),
        (
            [("a__b", POPULAR[1]), ("top_k", RULES[1])],
            ValueError,
            "'a__b' holds .*; 'top_k' is a parameter",
        ),
        ([("a", "drop"), ("b", "drop")], ValueError, "all 'drop'. Keep one"),
        (
            [("popular", PopularityRecommender)],
            TypeError,
            r"Got PopularityRecommender for 'popular'; write PopularityRecommender\(\)",
        ),
        (
            [POPULAR, ("line", LogisticRegression())],
            TypeError,
            "recommenders or 'drop'. Got LogisticRegression for 'line'",
        ),
        (
            [("piped", make_pipeline(SequenceEncoder(), PopularityRecommender()))],
            TypeError,
            r"Got Pipeline for 'piped'; a SequenceEncoder .* goes before VotingReco",
        ),
        ([("typo", "dorp"), POPULAR], TypeError, "'drop'. Got str for 'typo'"),
        (
            [POPULAR, ("rules", SequentialRulesRecommender(decay=2))],
            ValueError,
            "'decay' parameter of SequentialRulesRecommender",
        ),
    ],
)
def test_estimators_that_cannot_vote_are_refused(estimators, error, match, no_fit):
    with pytest.raises(error, match=match):
        VotingRecommender(estimators).fit(HISTORIES)


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        ([1.0], r"for each of the 2 estimators, .* Got shape \(1,\)"),
        ([[1.0, 2.0]], r"Got shape \(1, 2\)"),
        ([1.0, -1.0], "finite and 0 or more. Got -1.0 for 'rules'"),
        ([float("nan"), 1.0], "Got nan for 'popular'"),
        ([1.0, float("inf")], "Got inf for 'rules'"),
        ([0, 0], "are 0 for all estimators .* Give one"),
        (["a", "b"], r"must be numbers. Got \['a', 'b'\]"),
    ],
)
def test_weights_that_cannot_count_are_refused(weights, match, no_fit):
    with pytest.raises(ValueError, match=match):
        VotingRecommender([POPULAR, RULES], weights=weights).fit(HISTORIES)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"combine": "score"}, "Got 'score' instead. Did you mean 'scores'"),
        ({"weights": "lern"}, "Got 'lern' instead. Did you mean 'learn'"),
        ({"rank_offset": -1}, "'rank_offset' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"n_jobs": 1.5}, "'n_jobs' parameter"),
    ],
    ids=str,
)
def test_a_parameter_out_of_range_is_an_error(params, match, no_fit):
    with pytest.raises(ValueError, match=match):
        VotingRecommender([POPULAR, RULES], **params).fit(HISTORIES)


def test_those_dropped_neither_vote_nor_weigh():
    voting = VotingRecommender([POPULAR, ("gone", "drop"), RULES], weights=[1, 5, 3])
    assert [name for name, _ in check_members(voting)] == ["popular", "rules"]
    np.testing.assert_allclose(check_weights(voting), [0.25, 0.75])
    voting.set_params(weights=[0, 5, 0])
    with pytest.raises(ValueError, match="nobody votes"):
        check_weights(voting)


def test_no_weights_are_equal_ones():
    voting = VotingRecommender([POPULAR, ("gone", "drop"), RULES], weights=None)
    np.testing.assert_allclose(check_weights(voting), 0.5)
