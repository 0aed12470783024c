"""VotingRecommender: votes by hand, learned weights, and the contract of its kind."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from seqrec import LeaveLastOut, SequenceEncoder, ranking_scorer, recommend
from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators import _scoring
from seqrec.estimators._base import BaseRecommender
from seqrec.estimators._item_knn import ItemKNNRecommender
from seqrec.estimators._popularity import PopularityRecommender
from seqrec.estimators._sequential_rules import SequentialRulesRecommender
from seqrec.estimators._voting import VotingRecommender
from seqrec.exceptions import UnknownItemsError
from seqrec.persistence import load_model, save_model
from tests.histories import as_columns, ordered_histories, small_recommender

HISTORIES = ordered_histories(80)


class Told(BaseRecommender):
    """Gives every row the same scores."""

    _parameter_constraints: dict = {
        **BaseRecommender._parameter_constraints,
        "scores": [list],
    }

    def __init__(self, scores, top_k=10, exclude_seen="auto"):
        self.scores = scores
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _fit(self, sequences, targets):
        pass

    def _score_items(self, sequences):
        return np.tile(np.asarray(self.scores, dtype=float), (len(sequences), 1))


class Backwards(SequentialRulesRecommender):
    """Learns what came before, not after."""

    def _add_counts(self, sequences, targets):
        super()._add_counts(sequences, targets)
        self.rule_weights_ = self.rule_weights_.T.tocsr()
        self._totals = self.rule_weights_.sum(axis=1)


def counting(**params):
    params = {"weights": [2, 1], "exclude_seen": False, **params}
    members = [("rules", SequentialRulesRecommender()), ("knn", ItemKNNRecommender())]
    return VotingRecommender(members, **params)


def mixed(**params):
    members = [("net", small_recommender()), ("rules", SequentialRulesRecommender())]
    return VotingRecommender(members, **params)


# ------------------------------------------------------------------ by hand
def told(**params):
    members = [("one", Told([3.0, 1.0, 0.0])), ("two", Told([0.0, 2.0, 0.0]))]
    return VotingRecommender(members, exclude_seen=False, **params).fit(
        [["a", "b", "c"], ["b", "a", "c"]]
    )


def test_scores_are_pooled_as_weighted_logarithms():
    model = told(weights=[3, 1])
    one = np.array([(3 / 4 + 1 / 3), (1 / 4 + 1 / 3), 1 / 3]) / 2
    two = np.array([1 / 3, 1 + 1 / 3, 1 / 3]) / 2
    expected = 0.75 * np.log(one) + 0.25 * np.log(two)
    np.testing.assert_allclose(model.decision_function([["a"]]), [expected])
    assert model.predict([["a"]], top_k=3).tolist() == [["a", "b", "c"]]


def test_ranks_are_pooled_as_weighted_reciprocals():
    model = told(weights=[3, 1], combine="ranks", rank_offset=1.0)
    expected = [
        0.75 / 2 + 0.25 / 3.5,  # second and third of `two` tie
        0.75 / 3 + 0.25 / 2,
        0.75 / 4 + 0.25 / 3.5,
    ]
    np.testing.assert_allclose(model.decision_function([["a"]]), [expected])


def test_a_vote_of_votes_weighs_as_one():
    members = [("inner", told(weights=[3, 1])), ("three", Told([1.0, 1.0, 5.0]))]
    model = VotingRecommender(members, weights=None, exclude_seen=False)
    model.fit([["a", "b", "c"], ["b", "a", "c"]])
    inner = np.exp(told(weights=[3, 1]).decision_function([["a"]])[0])
    three = np.array([1 / 7 + 1 / 3, 1 / 7 + 1 / 3, 5 / 7 + 1 / 3]) / 2
    expected = (np.log(inner / inner.sum()) + np.log(three)) / 2
    np.testing.assert_allclose(model.decision_function([["a"]]), [expected])


@pytest.mark.parametrize("combine", ["scores", "ranks"])
@pytest.mark.parametrize("place", [0, 1])
def test_one_with_all_the_weight_ranks_alone(combine, place):
    weights = np.eye(2)[place]
    model = counting(weights=weights, combine=combine).fit(HISTORIES)
    alone = clone(model.estimators_[place]).set_params(exclude_seen=False)
    alone.fit(HISTORIES)
    np.testing.assert_array_equal(
        model.predict([*HISTORIES, []]), alone.predict([*HISTORIES, []])
    )
    assert model.score(HISTORIES) == pytest.approx(alone.score(HISTORIES))


# ------------------------------------------------------------------ weights
def noisy_log(shuffled=False):
    return Sequences.from_lists(ordered_histories(400, 40, 6, shuffled=shuffled))


def test_a_bad_member_loses_its_weight():
    members = [("good", SequentialRulesRecommender()), ("bad", Backwards())]
    model = VotingRecommender(members, random_state=0).fit(noisy_log())
    assert model.weights_[1] < 0.1
    good, bad = model.validation_scores_["good"], model.validation_scores_["bad"]
    assert good > 0.6 > 0.1 > bad
    assert model.validation_score_ == pytest.approx(good, abs=0.02)


def test_of_two_good_members_none_loses_its_weight():
    members = [
        ("good", SequentialRulesRecommender()),
        ("twin", SequentialRulesRecommender()),
    ]
    model = VotingRecommender(members, random_state=0).fit(noisy_log())
    np.testing.assert_allclose(model.weights_, 0.5)


def test_nothing_is_learned_from_a_shuffled_log():
    members = [("rules", SequentialRulesRecommender()), ("knn", ItemKNNRecommender())]
    model = VotingRecommender(members, random_state=0).fit(noisy_log(shuffled=True))
    chance = (1 / np.log2(1 + np.arange(1, 11))).sum() / 35  # of 40, five are seen
    assert model.validation_score_ < 2 * chance


def test_held_out_events_are_unknown_to_the_first_fit_alone():
    sequences = Sequences.from_lists(HISTORIES)
    counts = sequences.lengths.sum()
    for refit, expected in ((True, counts), (False, counts - 20)):
        model = counting(weights="learn", refit=refit, random_state=0).fit(sequences)
        assert model.estimators_[0].item_counts_.sum() == expected
        assert model.item_counts_.sum() == counts
    again = counting(weights=model.weights_).fit(sequences)
    refitted = counting(weights="learn", random_state=0).fit(sequences)
    np.testing.assert_array_equal(
        again.decision_function(sequences), refitted.decision_function(sequences)
    )
    assert not hasattr(again, "validation_scores_")


def test_weights_given_after_learned_ones_leave_no_old_scores():
    model = counting(weights="learn").fit(HISTORIES)
    assert model.set_params(weights=None).fit(HISTORIES).weights_.tolist() == [0.5, 0.5]
    assert not hasattr(model, "validation_scores_")


def test_weights_are_learned_from_targets_too():
    X, y, _ = next_item_samples(noisy_log())
    members = [("good", SequentialRulesRecommender()), ("bad", Backwards())]
    model = VotingRecommender(members, random_state=0).fit(X, y)
    assert model.weights_[1] < 0.1
    assert model.score(X, y) > 0.6


def test_validation_scores_are_those_of_the_members_own():
    sequences = Sequences.from_lists(HISTORIES)
    model = mixed(random_state=0, refit=False).fit(sequences)
    held = model.estimators_[1].item_counts_.sum() - sequences.lengths.sum()
    assert held == -20
    for name, member in model.named_estimators_.items():
        assert 0 <= model.validation_scores_[name] <= 1
        assert name in ("net", "rules")
        assert member in model.estimators_


def test_other_weights_may_be_put_in_their_place():
    model = counting().fit(HISTORIES)
    expected = counting(weights=[1, 3]).fit(HISTORIES).decision_function(HISTORIES)
    assert np.abs(model.decision_function(HISTORIES) - expected).max() > 0.1
    model.weights_ = np.array([0.25, 0.75])
    np.testing.assert_array_equal(model.decision_function(HISTORIES), expected)


def test_a_single_member_needs_no_learning():
    model = counting(weights="learn").set_params(knn="drop").fit(HISTORIES)
    assert model.weights_.tolist() == [1.0]
    assert list(model.named_estimators_) == ["rules"]
    assert not hasattr(model, "validation_scores_")


def test_too_few_histories_to_learn_weights_are_an_error():
    with pytest.raises(ValueError, match=r"weights='learn' holds out .* weights=None"):
        counting(weights="learn").fit([["a", "b"], ["b", "a"]])


# ------------------------------------------------------------------ parameters
def test_parameters_of_members_are_reached_by_name():
    model = counting()
    assert model.get_params()["rules__decay"] == 0.7
    assert model.get_params(deep=False).keys() == set(model._parameter_constraints)
    model.set_params(rules__decay=0.1, knn=PopularityRecommender())
    assert model.estimators[0][1].decay == 0.1
    assert isinstance(model.get_params()["knn"], PopularityRecommender)
    model.set_params(rules="drop").fit(HISTORIES)
    assert len(model.estimators_) == 1
    with pytest.raises(ValueError, match="Invalid parameter 'no'"):
        model.set_params(no=1)


def test_members_given_are_not_fitted_themselves():
    model = mixed(weights=None)
    again = clone(model)
    model.fit(HISTORIES)
    for _, member in [*model.estimators, *again.estimators]:
        assert not hasattr(member, "vocabulary_")
    assert again.estimators[0][1] is not model.estimators[0][1]


def test_grid_search_over_members_and_weights():
    events = pd.DataFrame(as_columns(HISTORIES))
    search = GridSearchCV(
        make_pipeline(SequenceEncoder(), counting()),
        {
            "votingrecommender__rules__decay": [0.0, 0.9],
            "votingrecommender__weights": [[1, 0], [1, 2], None, "learn"],
            "votingrecommender__knn": ["drop", ItemKNNRecommender()],
        },
        cv=LeaveLastOut(),
        scoring=ranking_scorer("ndcg@10"),
    ).fit(events)
    scores = search.cv_results_["mean_test_score"].reshape(2, 2, 4)  # knn, decay, ..
    np.testing.assert_array_equal(scores[0] == scores[0, :, :1], True)  # one votes
    np.testing.assert_array_equal(scores[1, :, 0], scores[0, :, 0])  # all the weight
    assert len(np.unique(scores[1, 1])) > 2
    table = recommend(search, events, k=3)
    assert table.columns.tolist() == ["user_id", "rank", "item_id", "score"]


# ------------------------------------------------------------------ repeatability
def test_random_state_reaches_members_that_have_none():
    def scores(random_state, own=None):
        model = mixed(weights=None, random_state=random_state)
        model.set_params(net__random_state=own)
        return model.fit(HISTORIES).decision_function(HISTORIES)

    np.testing.assert_array_equal(scores(0), scores(0))
    assert np.abs(scores(0) - scores(1)).max() > 1e-3
    np.testing.assert_array_equal(scores(0, own=5), scores(1, own=5))


@pytest.mark.slow
def test_two_processes_learn_what_one_does():
    one, two = (mixed(random_state=0, n_jobs=n).fit(HISTORIES) for n in (None, 2))
    np.testing.assert_array_equal(one.weights_, two.weights_)
    np.testing.assert_array_equal(
        one.decision_function(HISTORIES), two.decision_function(HISTORIES)
    )


@pytest.mark.parametrize("combine", ["scores", "ranks"])
def test_a_row_scores_the_same_alone_and_in_any_batch(combine, monkeypatch):
    model = counting(combine=combine).fit(HISTORIES)
    rows = [*HISTORIES, []]
    scores = model.decision_function(rows)
    alone = [model.decision_function([row])[0] for row in rows]
    np.testing.assert_array_equal(scores, alone)
    monkeypatch.setattr(_scoring, "_BLOCK", 7 * 15)
    np.testing.assert_array_equal(model.decision_function(rows), scores)


class Rounded(Told):
    """Scores whose rounding depends on the number of rows, as a network's does."""

    _is_rounded = True

    def _score_rows(self, block):
        scores = np.tile(np.asarray(self.scores, dtype=float), (len(block), 1))
        scores[:, 1] += 1e-7 * (len(block) > 1)
        return scores


def test_close_calls_are_settled_as_for_a_row_alone():
    members = [("close", Rounded([1.0, 1.0, 2.0, 0.0])), ("other", Told([1.0] * 4))]
    model = VotingRecommender(members, weights=None, exclude_seen=False, top_k=2)
    model.fit([["a", "b", "c", "d"]] * 2)
    expected = [["c", "a"]]
    assert model.predict([["a"]]).tolist() == expected
    assert model.predict([["a"]] * 5).tolist() == expected * 5
    assert model.predict([["a"]], top_k=4).tolist() == [["c", "a", "b", "d"]]
    model.set_params(combine="ranks")  # which cannot tell a close call
    assert model.predict([["a"]] * 5).tolist() == [["c", "b"]] * 5


def test_a_network_ranks_a_row_alike_alone_and_in_a_batch():
    model = mixed(weights=None).fit(HISTORIES)
    alone = [model.predict([row])[0] for row in HISTORIES[:20]]
    np.testing.assert_array_equal(model.predict(HISTORIES)[:20], alone)
    nested = VotingRecommender([("inner", mixed(weights=None))], weights=None)
    assert nested.fit(HISTORIES)._is_rounded
    assert not counting().fit(HISTORIES)._is_rounded


# ------------------------------------------------------------------ contract
@pytest.mark.parametrize("combine", ["scores", "ranks"])
def test_empty_histories_get_the_most_popular_items(combine):
    histories = [*HISTORIES, *[[101, 107]] * 30]
    model = mixed(weights=None, combine=combine).fit(histories)
    popular = PopularityRecommender(exclude_seen=True).fit(histories)
    expected = popular.predict([[]], top_k=2)[0].tolist()
    found = model.predict([[], [101, 102], [999]], top_k=2)
    assert found[[0, 2]].tolist() == [expected] * 2


def test_seen_items_leave_the_ranking_as_the_vote_decides():
    members = [
        ("stay", SequentialRulesRecommender(exclude_seen=False)),
        ("knn", ItemKNNRecommender()),
    ]
    model = VotingRecommender(members, weights=None).fit(HISTORIES)
    assert model.exclude_seen_
    for row, items in zip(HISTORIES, model.predict(HISTORIES, top_k=9), strict=True):
        assert not set(items) & set(row)
    stay = model.recommend(HISTORIES[:1], 15, exclude_seen=False)
    assert set(HISTORIES[0]) < set(stay["item_id"])


def test_candidates_alone_are_chosen_among():
    for model in (counting(), mixed(weights=None, exclude_seen=False)):
        table = model.fit(HISTORIES).recommend(HISTORIES[:9], 2, candidates=[103, 107])
        assert set(table["item_id"]) == {103, 107}
        assert len(table) == 18


def test_more_items_than_the_catalogue_is_an_error():
    with pytest.raises(ValueError, match="top_k=16 is more than the 15 items"):
        counting().fit(HISTORIES).predict(HISTORIES, top_k=16)


def test_fit_with_targets_of_lists_makes_one_catalogue():
    X, y = [["a"], ["a"], ["b"], ["b"], ["c"]], ["c", "c", "d", "d", "c"]
    model = mixed(weights=None, exclude_seen=False).fit(X, y)
    assert model.items_.tolist() == ["a", "b", "c", "d"]
    for member in model.estimators_:
        assert member.items_.tolist() == ["a", "b", "c", "d"]


def test_partial_fit_on_two_halves_equals_fit():
    model = counting()
    assert model.partial_fit(HISTORIES) is model
    model.partial_fit(HISTORIES[::2])
    expected = counting().fit([*HISTORIES, *HISTORIES[::2]])
    np.testing.assert_allclose(
        model.decision_function(HISTORIES), expected.decision_function(HISTORIES)
    )
    np.testing.assert_array_equal(model.item_counts_, expected.item_counts_)
    with pytest.raises(UnknownItemsError, match=r"2 items .* 777, 778"):
        model.partial_fit([[777, 778, 101]])


def test_partial_fit_trains_a_network_on_and_keeps_the_weights():
    model = mixed(random_state=0).partial_fit(HISTORIES)
    weights, epochs = model.weights_, model.estimators_[0].n_epochs_
    members = model.estimators_
    model.partial_fit(HISTORIES)
    assert model.weights_ is weights
    assert model.estimators_[0].n_epochs_ == epochs + 1
    assert members[0].n_epochs_ == epochs  # what was handed out is not changed


def test_partial_fit_is_there_where_all_members_have_it():
    assert hasattr(counting(), "partial_fit")
    model = VotingRecommender([("told", Told([1.0])), ("gone", "drop")])
    assert not hasattr(model, "partial_fit")


def test_a_fit_that_goes_wrong_leaves_no_old_answers():
    model = counting().fit(HISTORIES)
    model.set_params(knn=Broken())
    with pytest.raises(RuntimeError, match="broken"):
        model.fit([["a", "b", "c"]] * 3)
    with pytest.raises(ValueError, match="not fitted"):
        model.predict(HISTORIES)


class Broken(PopularityRecommender):
    """Fails where it learns."""

    def _fit(self, sequences, targets):
        raise RuntimeError("broken")


@pytest.mark.parametrize("make", [counting, mixed])
def test_a_saved_vote_ranks_alike(make, tmp_path):
    model = make(weights=None).fit(HISTORIES)
    save_model(tmp_path / "vote.joblib", model)
    for again in (
        load_model(tmp_path / "vote.joblib"),
        pickle.loads(pickle.dumps(model)),
    ):
        np.testing.assert_array_equal(
            again.predict(HISTORIES), model.predict(HISTORIES)
        )
        np.testing.assert_array_equal(again.weights_, model.weights_)


def test_input_is_not_changed():
    sequences = Sequences.from_lists(HISTORIES)
    before = pickle.dumps(sequences)
    model = counting(weights="learn").fit(sequences)
    model.partial_fit(sequences).predict(sequences)
    assert pickle.dumps(sequences) == before
