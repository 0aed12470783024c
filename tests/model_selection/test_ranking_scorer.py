"""ranking_scorer alone, and in every tool of scikit-learn that takes scoring=."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators._base import BaseRecommender
from seqrec.model_selection import LeaveLastOut, TemporalSplit, ranking_scorer
from seqrec.preprocessing import KCoreFilter, SequenceEncoder

KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


class CountRecommender(BaseRecommender):
    """Score items by how often they occur, or by minus that."""

    def __init__(self, sign=1, patience=1, top_k=1, exclude_seen=False):
        self.sign = sign
        self.patience = patience
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _fit(self, sequences, targets):
        pass

    def _score_items(self, sequences):
        return np.tile(self.sign * self.item_counts_, (len(sequences), 1))


CountRecommender._parameter_constraints = {
    **BaseRecommender._parameter_constraints,
    "sign": [int],
    "patience": [int],
}


@pytest.fixture(scope="module")
def columns():
    """Return 40 users' 6 events each, of 8 items that are not equally frequent."""
    rng = np.random.default_rng(0)
    return {
        "user_id": np.repeat(np.arange(40), 6),
        "item_id": rng.choice(list("abcdefgh"), 240, p=np.arange(8, 0, -1) / 36),
        "timestamp": rng.permutation(240),
    }


@pytest.fixture(scope="module")
def events(columns):
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def samples(events):
    return next_item_samples(SequenceEncoder().fit_transform(events))


@pytest.fixture
def model():
    return make_pipeline(SequenceEncoder(), CountRecommender())


GRID = {"countrecommender__sign": [-1, 1]}

# By count: a 3, b 2, c 1. Targets: b rank 2, a rank 1.
HISTORIES = [["a", "b", "a"], ["c", "b", "a"]]


# ---------------------------------------------------------------------- values
@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("ndcg@10", (1 / np.log2(3) + 1) / 2),
        ("ndcg", (1 / np.log2(3) + 1) / 2),
        ("mrr@10", 0.75),
        ("hit_rate@1", 0.5),
        ("hit_rate@2", 1.0),
        ("recall@1", 0.5),
        ("precision@2", 0.5),
        ("map@2", 0.75),
    ],
)
def test_value_is_the_mean_over_the_rows(metric, value):
    recommender = CountRecommender().fit(HISTORIES)
    score = ranking_scorer(metric)(recommender, HISTORIES, ["b", "a"])
    assert type(score) is float
    assert score == pytest.approx(value, abs=1e-15)


def test_list_of_metrics_gives_a_dict_of_the_single_values():
    recommender = CountRecommender().fit(HISTORIES)
    names = ["ndcg@10", "hit_rate@1", "mrr"]
    scores = ranking_scorer(names)(recommender, HISTORIES, ["b", "a"])
    assert list(scores) == names
    for name in names:
        assert scores[name] == ranking_scorer(name)(recommender, HISTORIES, ["b", "a"])


def test_list_of_metrics_takes_one_pass_over_the_scores(monkeypatch):
    recommender = CountRecommender().fit(HISTORIES)
    rows = []

    def count(sequences):
        rows.append(len(sequences))
        return np.zeros((len(sequences), 3))

    monkeypatch.setattr(recommender, "_score_items", count)
    ranking_scorer(["ndcg@10", "hit_rate@1", "mrr"])(recommender, HISTORIES)
    assert rows == [2]


@pytest.mark.parametrize(
    ("ties", "value"), [("optimistic", 1), ("mean", 1 / 2), ("pessimistic", 1 / 3)]
)
def test_ties_place_the_target(ties, value):
    recommender = CountRecommender(sign=0).fit(HISTORIES)  # every score is 0
    scorer = ranking_scorer("mrr@3", ties=ties)
    assert scorer(recommender, HISTORIES) == pytest.approx(value)


def test_scorer_equals_score(events, samples, model):
    scorer = ranking_scorer()
    assert scorer(model.fit(events), events) == model.score(events)
    recommender = CountRecommender().fit(samples.X, samples.y)
    assert scorer(recommender, samples.X) == recommender.score(samples.X)
    assert scorer(recommender, samples.X, samples.y) == recommender.score(
        samples.X, samples.y
    )


def test_without_y_the_last_event_is_the_target():
    recommender = CountRecommender().fit(HISTORIES)
    scorer = ranking_scorer("mrr")
    assert scorer(recommender, [["c", "b"], ["c", "a"], ["a"]]) == 0.75
    assert scorer(recommender, [["c"], ["c"]], ["b", "a"]) == 0.75
    sequences = Sequences.from_lists([["c", "b"], ["c", "a"]])
    assert scorer(recommender, sequences) == 0.75


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_an_unknown_target_is_a_miss_and_no_earlier_event_stands_in(make):
    train = make({"user_id": [1, 1], "item_id": ["a", "a"], "timestamp": [1, 2]})
    test = make(
        {
            "user_id": [1, 1, 2, 2],
            "item_id": ["a", "new", "a", "a"],
            "timestamp": [1, 2, 3, 4],
        }
    )
    model = make_pipeline(SequenceEncoder(), CountRecommender()).fit(train)
    assert ranking_scorer("hit_rate@1")(model, test) == 0.5


def test_a_new_item_of_the_test_part_is_a_miss_in_cross_validation(model):
    events = pd.DataFrame(
        {
            "user_id": [1, 1, 1, 2, 2, 2],
            "item_id": ["a", "a", "new", "a", "a", "a"],
            "timestamp": [1, 2, 3, 1, 2, 3],
        }
    )
    scoring = ranking_scorer("hit_rate@1")
    assert cross_val_score(model, events, cv=LeaveLastOut(), scoring=scoring) == [0.5]


# ---------------------------------------------------------------------- estimators
def test_pipelines_may_have_more_steps_and_be_nested(events, model):
    score = ranking_scorer()(model.fit(events), events)
    longer = make_pipeline(
        "passthrough", KCoreFilter(1, 1), None, make_pipeline(*model)
    )
    assert ranking_scorer()(longer.fit(events), events) == score


def test_a_search_is_scored_by_its_best_estimator(events, model):
    search = GridSearchCV(
        model, GRID, cv=LeaveLastOut(), scoring=ranking_scorer(["mrr", "ndcg"]),
        refit="ndcg",
    ).fit(events)  # fmt: skip
    scores = ranking_scorer(["mrr", "ndcg"])(search, events)
    assert scores["ndcg"] == search.score(events)
    assert scores == ranking_scorer(["mrr", "ndcg"])(search.best_estimator_, events)


def test_an_estimator_that_is_not_fitted_is_an_error(events, model):
    for estimator in (model, model[-1], GridSearchCV(model, GRID)):
        with pytest.raises(NotFittedError):
            ranking_scorer()(estimator, events)


def test_an_estimator_of_another_kind_is_an_error():
    X, y = np.array([[0.0], [1.0]]), np.array([0, 1])
    for estimator in (LogisticRegression().fit(X, y), object()):
        with pytest.raises(TypeError, match=r"needs a recommender.*BaseRecommender"):
            ranking_scorer()(estimator, X, y)


def test_a_search_without_refit_is_an_error(events, model):
    search = GridSearchCV(
        model, GRID, cv=LeaveLastOut(), scoring=ranking_scorer(), refit=False
    )
    with pytest.raises(TypeError, match=r"in a search with refit. Got GridSearchCV"):
        ranking_scorer()(search.fit(events), events)


# ---------------------------------------------------------------------- the object
@pytest.mark.parametrize("metrics", ["mrr@5", ["mrr@5", "ndcg"], ("mrr@5",)])
def test_scorer_survives_pickle_and_deepcopy(metrics):
    scorer = ranking_scorer(metrics, ties="pessimistic")
    recommender = CountRecommender().fit(HISTORIES)
    for twin in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert twin(recommender, HISTORIES) == scorer(recommender, HISTORIES)
        assert repr(twin) == repr(scorer)


def test_later_changes_of_the_list_do_not_reach_the_scorer():
    metrics = ["mrr@5"]
    scorer = ranking_scorer(metrics)
    metrics.append("nonsense")
    assert repr(scorer) == "ranking_scorer(['mrr@5'])"


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"metrics": "ndgc@10"}, ValueError, "Did you mean 'ndcg'"),
        ({"metrics": ["ndcg@0"]}, ValueError, "'k' of metric 'ndcg@0'"),
        ({"metrics": 10}, TypeError, "'metrics' .* Got 10 instead"),
        ({"metrics": []}, ValueError, "one metric or more"),
        ({"metrics": ["mrr", "mrr"]}, ValueError, "each once. Got"),
        ({"metrics": [3]}, TypeError, "Got 3 instead"),
        ({"ties": "worst"}, ValueError, "'ties' .* Got 'worst'"),
    ],
)
def test_a_parameter_out_of_range_is_an_error_at_once(parameters, error, message):
    with pytest.raises(error, match=message):
        ranking_scorer(**parameters)


# ---------------------------------------------------------------------- scikit-learn
def run_grid_search(model, X, y, n_jobs, cv):
    search = GridSearchCV(model, GRID, cv=cv, scoring=ranking_scorer(), n_jobs=n_jobs)
    search.fit(X, y)
    assert search.best_params_ == {"countrecommender__sign": 1}
    return search.cv_results_["mean_test_score"]


def run_grid_search_of_several_metrics(model, X, y, n_jobs, cv):
    search = GridSearchCV(
        model,
        GRID,
        cv=cv,
        scoring=ranking_scorer(["hit_rate@2", "ndcg@10"]),
        refit="ndcg@10",
        n_jobs=n_jobs,
    ).fit(X, y)
    assert search.best_params_ == {"countrecommender__sign": 1}
    assert search.score(X, y) == ranking_scorer("ndcg@10")(search, X, y)
    return search.cv_results_["mean_test_ndcg@10"]


def run_random_search(model, X, y, n_jobs, cv):
    search = RandomizedSearchCV(
        model,
        GRID,
        n_iter=2,
        cv=cv,
        scoring=ranking_scorer(),
        random_state=0,
        n_jobs=n_jobs,
    ).fit(X, y)
    assert search.best_params_ == {"countrecommender__sign": 1}
    return search.cv_results_["mean_test_score"]


def run_halving_search(model, X, y, n_jobs, cv):
    search = HalvingGridSearchCV(
        model,
        GRID,
        resource="countrecommender__patience",
        max_resources=4,
        cv=cv,
        scoring=ranking_scorer(),
        n_jobs=n_jobs,
        random_state=0,
    ).fit(X, y)
    assert search.best_params_["countrecommender__sign"] == 1
    return search.cv_results_["mean_test_score"]


def run_cross_validate(model, X, y, n_jobs, cv):
    results = cross_validate(
        model,
        X,
        y,
        cv=cv,
        scoring=ranking_scorer(["mrr", "hit_rate@2"]),
        return_train_score=True,
        n_jobs=n_jobs,
    )
    names = ["test_mrr", "test_hit_rate@2", "train_mrr", "train_hit_rate@2"]
    return np.concatenate([results[name] for name in names])


def run_dict_of_scorers(model, X, y, n_jobs, cv):
    scoring = {"ours": ranking_scorer("mrr"), "high": ranking_scorer("hit_rate@1")}
    results = cross_validate(model, X, y, cv=cv, scoring=scoring, n_jobs=n_jobs)
    return np.concatenate([results["test_ours"], results["test_high"]])


def run_cross_val_score(model, X, y, n_jobs, cv):
    return cross_val_score(
        model, X, y, cv=cv, scoring=ranking_scorer("mrr"), n_jobs=n_jobs
    )


def run_learning_curve(model, X, y, n_jobs, cv):
    sizes, train, test = learning_curve(
        model,
        X,
        y,
        train_sizes=[0.5, 1.0],
        cv=cv,
        scoring=ranking_scorer(),
        n_jobs=n_jobs,
    )
    assert len(sizes) == 2
    return np.concatenate([train.ravel(), test.ravel()])


TOOLS = {
    tool.__name__.removeprefix("run_"): tool
    for tool in (
        run_grid_search,
        run_grid_search_of_several_metrics,
        run_random_search,
        run_halving_search,
        run_cross_validate,
        run_dict_of_scorers,
        run_cross_val_score,
        run_learning_curve,
    )
}
SPLITTERS = {
    "LeaveLastOut": LeaveLastOut(n_splits=2),
    "TemporalSplit": TemporalSplit(n_splits=2),
}


@pytest.mark.parametrize("cv", SPLITTERS.values(), ids=SPLITTERS.keys())
@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS.keys())
@pytest.mark.parametrize("routing", [False, True], ids=["plain", "routing"])
def test_tool_takes_an_event_log(tool, cv, routing, events, model):
    with config_context(enable_metadata_routing=routing):
        scores = tool(model, events, None, 1, cv)
    assert ((scores > 0) & (scores < 1)).all()


@pytest.mark.parametrize("cv", SPLITTERS.values(), ids=SPLITTERS.keys())
@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS.keys())
@pytest.mark.parametrize("routing", [False, True], ids=["plain", "routing"])
def test_tool_takes_sequences_with_y(tool, cv, routing, samples):
    model = make_pipeline("passthrough", CountRecommender())
    with config_context(enable_metadata_routing=routing):
        scores = tool(model, samples.X, samples.y, 1, cv)
    assert ((scores > 0) & (scores < 1)).all()


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS.keys())
def test_two_jobs_give_the_scores_of_one(tool, events, model):
    one = tool(model, events, None, 1, LeaveLastOut(n_splits=2))
    two = tool(model, events, None, 2, LeaveLastOut(n_splits=2))
    np.testing.assert_array_equal(one, two)


def test_two_jobs_give_the_scores_of_one_over_sequences(samples):
    scores = [
        cross_val_score(
            CountRecommender(),
            samples.X,
            samples.y,
            cv=TemporalSplit(n_splits=2),
            scoring=ranking_scorer(),
            n_jobs=n_jobs,
        )
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


def test_halving_search_takes_samples_of_sequences_as_its_resource(samples):
    search = HalvingGridSearchCV(
        CountRecommender(),
        {"sign": [-1, 1]},
        cv=LeaveLastOut(),
        scoring=ranking_scorer(),
        min_resources=80,
        random_state=0,
    ).fit(samples.X, samples.y)
    assert search.best_params_ == {"sign": 1}
    assert search.n_resources_[0] == 80


@pytest.mark.parametrize(
    "cv", [GroupKFold(3), TimeSeriesSplit(3)], ids=["GroupKFold", "TimeSeriesSplit"]
)
def test_splitters_of_scikit_learn_split_sequences_with_y(cv, samples):
    by_user = isinstance(cv, GroupKFold)
    scores = cross_val_score(
        CountRecommender(),
        samples.X,
        samples.y,
        groups=samples.X.users if by_user else None,
        cv=cv,
        scoring=ranking_scorer(),
    )
    assert scores.shape == (3,)
    assert (scores > 0).all()


# ---------------------------------------------------------------------- options
def test_ties_are_worth_the_mean_over_their_orders():
    recommender = CountRecommender(sign=0).fit(HISTORIES)  # every score is 0
    scorer = ranking_scorer("mrr@3", ties="expected")
    assert scorer(recommender, HISTORIES) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("auc", 0.75),  # b beats c alone, a beats both
        ("coverage@1", 1 / 3),  # a for everybody
        ("coverage@3", 1.0),
        ("gini@3", 0.0),
        ("neg_coverage@1", -1 / 3),
        ("novelty@1", 1.0),  # a has half of the events
        ("popularity_bias@1", 1.5),
        ("serendipity@1", 0.0),
    ],
)
def test_metrics_beyond_the_rank_by_hand(metric, value):
    recommender = CountRecommender().fit(HISTORIES)
    score = ranking_scorer(metric)(recommender, HISTORIES, ["b", "a"])
    assert score == pytest.approx(value, abs=1e-12)


def test_metrics_take_what_is_known_of_items_and_users():
    recommender = CountRecommender().fit(HISTORIES)
    names = ["intra_list_diversity@2", "exposure_gap@1", "hit_rate_gap@1"]
    scorer = ranking_scorer(
        names,
        item_features={"a": [1, 0], "b": [0, 1], "c": [1, 0]},
        item_groups=pd.Series({"a": "left", "b": "right", "c": "right"}),
        user_groups={0: "young", 1: "old"},
    )
    scores = scorer(recommender, HISTORIES, ["b", "a"])
    assert scores == pytest.approx(dict(zip(names, [1.0, 2 / 3, 1.0], strict=True)))


def test_weights_by_popularity_favour_targets_of_rare_items():
    recommender = CountRecommender().fit(HISTORIES)  # a 3 times, b 2 times
    scorer = ranking_scorer("hit_rate@1", propensity="popularity")
    score = scorer(recommender, HISTORIES, ["b", "a"])  # a is hit, b is not
    assert score == pytest.approx((1 / 3) / (1 / 3 + 1 / 2))


def test_repr_tells_options_that_are_not_the_defaults():
    scorer = ranking_scorer("novelty", propensity="popularity", item_groups={"a": 1})
    assert repr(scorer) == (
        "ranking_scorer('novelty', item_groups=..., propensity='popularity')"
    )


@pytest.mark.parametrize(
    ("metric", "options", "error", "message"),
    [
        (
            "exposure_gap@5",
            {},
            ValueError,
            "'exposure_gap@5' needs item_groups=, a map",
        ),
        ("intra_list_diversity", {}, ValueError, "needs item_features=, a mapping"),
        ("ndcg_gap", {}, ValueError, "'ndcg_gap' needs user_groups=, a mapping"),
        (
            "ndcg",
            {"user_groups": ["a"]},
            TypeError,
            "'user_groups' .* a mapping of ids",
        ),
        ("ndcg", {"propensity": "rank"}, ValueError, "'propensity' parameter"),
        ("auc@5", {}, ValueError, "counts all places. Write 'auc'"),
    ],
)
def test_a_metric_without_what_it_needs_is_an_error_at_once(
    metric, options, error, message
):
    with pytest.raises(error, match=message):
        ranking_scorer(metric, **options)


def test_items_without_a_group_are_named():
    recommender = CountRecommender().fit(HISTORIES)
    scorer = ranking_scorer("exposure_gap", item_groups={"a": 1})
    with pytest.raises(ValueError, match="item_groups lacks 2 items: 'b', 'c'"):
        scorer(recommender, HISTORIES)


def test_a_search_over_a_metric_that_is_better_small(events, model):
    search = GridSearchCV(
        model,
        GRID,
        cv=LeaveLastOut(),
        scoring=ranking_scorer(["ndcg@10", "neg_popularity_bias@2"]),
        refit="neg_popularity_bias@2",
    ).fit(events)
    assert search.best_params_ == {"countrecommender__sign": -1}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_kinds_of_tables_give_the_same_scores(make, columns, events, model):
    cv, scoring = LeaveLastOut(n_splits=2), ranking_scorer()
    np.testing.assert_array_equal(
        cross_val_score(model, make(columns), cv=cv, scoring=scoring),
        cross_val_score(model, events, cv=cv, scoring=scoring),
    )


def test_pipeline_with_a_cache_gives_the_same_scores(events, model, tmp_path):
    cached = make_pipeline(*model, memory=str(tmp_path))
    np.testing.assert_array_equal(
        run_grid_search(cached, events, None, 1, LeaveLastOut()),
        run_grid_search(model, events, None, 1, LeaveLastOut()),
    )
    assert any(tmp_path.iterdir())


def test_nothing_of_the_test_part_is_learned(events, model):
    results = cross_validate(
        model,
        events,
        cv=TemporalSplit(n_splits=2),
        scoring=ranking_scorer(),
        return_estimator=True,
        return_indices=True,
    )
    for fitted, train in zip(
        results["estimator"], results["indices"]["train"], strict=True
    ):
        assert fitted[-1].item_counts_.sum() == len(train)
