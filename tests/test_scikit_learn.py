"""scikit-learn's tools over pipelines, used as its documentation says."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import Pipeline, make_pipeline

from seqrec import (
    AttentionSequenceRecommender,
    KCoreFilter,
    LeaveLastOut,
    SequenceEncoder,
    Sequences,
    TemporalSplit,
    next_item_samples,
    ranking_scorer,
    recommend,
)
from tests.histories import as_columns, ordered_histories, small_recommender

NAME = "attentionsequencerecommender"
COLUMNS = as_columns(ordered_histories(30))
METRICS = ["ndcg@10", "hit_rate@5"]


@pytest.fixture(scope="module")
def events():
    return pd.DataFrame(COLUMNS)


@pytest.fixture(scope="module")
def samples():
    return next_item_samples(SequenceEncoder().fit_transform(pd.DataFrame(COLUMNS)))


def pipeline(**params):
    return make_pipeline(SequenceEncoder(), small_recommender(max_epochs=1, **params))


@pytest.fixture(params=[False, True], ids=["plain", "routing"])
def routing(request):
    """Run a test with and without scikit-learn's metadata routing."""
    with config_context(enable_metadata_routing=request.param):
        yield request.param


def test_ten_lines_from_events_to_a_searched_model(events):
    model = make_pipeline(
        SequenceEncoder(),
        AttentionSequenceRecommender(
            encoder="lstm",
            attention="multihead",
            n_heads=2,
            hidden_units=8,
            max_epochs=1,
        ),
    )
    model.fit(events)
    assert model.predict(events).shape == (30, 10)
    table = recommend(model, events, k=5)
    assert table.columns.tolist() == ["user_id", "rank", "item_id", "score"]
    search = GridSearchCV(
        model,
        {f"{NAME}__n_heads": [1, 2], f"{NAME}__hidden_units": [4, 8]},
        cv=LeaveLastOut(),
        scoring=ranking_scorer("ndcg@10"),
    ).fit(events)
    assert set(search.best_params_) == {f"{NAME}__n_heads", f"{NAME}__hidden_units"}
    assert search.predict(events).shape == (30, 10)
    assert 0 < search.best_score_ <= 1


@pytest.mark.slow
def test_two_processes_give_the_scores_of_one(events):
    def searched(n_jobs):
        search = GridSearchCV(
            pipeline(),
            {f"{NAME}__lr": [0.001, 0.1]},
            cv=LeaveLastOut(n_splits=2),
            scoring=ranking_scorer(METRICS),
            refit="ndcg@10",
            n_jobs=n_jobs,
        ).fit(events)
        scores = [search.cv_results_[f"mean_test_{metric}"] for metric in METRICS]
        return np.array(scores), search.best_params_, search.predict(events)

    one, two = searched(1), searched(2)
    np.testing.assert_array_equal(one[0], two[0])
    assert len(set(one[0][0].tolist())) == 2
    assert one[1] == two[1]
    np.testing.assert_array_equal(one[2], two[2])


def test_grid_search_scores_each_fold_as_by_hand(events):
    search = GridSearchCV(
        pipeline(),
        {f"{NAME}__lr": [0.001, 0.1]},
        cv=LeaveLastOut(),
        scoring=ranking_scorer(METRICS),
        refit="hit_rate@5",
    ).fit(events)
    ((train, test),) = LeaveLastOut().split(events)
    for place, lr in enumerate([0.001, 0.1]):
        model = pipeline(lr=lr).fit(events.iloc[train])
        expected = ranking_scorer(METRICS)(model, events.iloc[test])
        for metric in METRICS:
            found = search.cv_results_[f"mean_test_{metric}"][place]
            assert found == pytest.approx(expected[metric])
    best = pipeline(lr=search.best_params_[f"{NAME}__lr"]).fit(events)
    np.testing.assert_array_equal(search.predict(events), best.predict(events))


def test_without_scoring_a_search_takes_the_models_own_score(events):
    default = cross_val_score(pipeline(), events, cv=LeaveLastOut())
    named = cross_val_score(
        pipeline(), events, cv=LeaveLastOut(), scoring=ranking_scorer("ndcg@10")
    )
    np.testing.assert_allclose(default, named)


def test_searches_run_with_and_without_metadata_routing(events, routing):
    model = pipeline()
    grid = GridSearchCV(model, {f"{NAME}__n_heads": [1, 2]}, cv=LeaveLastOut())
    assert grid.fit(events).score(events) > 0
    found = cross_validate(
        model, events, cv=LeaveLastOut(), scoring=ranking_scorer(METRICS)
    )
    assert {f"test_{metric}" for metric in METRICS} <= set(found)


def test_randomised_search_over_every_kind_of_parameter(events):
    search = RandomizedSearchCV(
        pipeline(),
        {
            "sequenceencoder__max_length": [3, None],
            f"{NAME}__encoder": ["gru", "lstm", "rnn"],
            f"{NAME}__attention": ["additive", "dot", "none"],
            f"{NAME}__dropout": [0.0, 0.3],
        },
        n_iter=3,
        cv=TemporalSplit(n_splits=1, test_span=60),
        random_state=0,
    ).fit(events)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_halving_search_takes_epochs_as_its_resource(events):
    search = HalvingGridSearchCV(
        pipeline(),
        {f"{NAME}__lr": [0.001, 0.01, 0.1]},
        resource=f"{NAME}__max_epochs",
        max_resources=3,
        min_resources=1,
        cv=LeaveLastOut(),
    ).fit(events)
    assert search.n_resources_ == [1, 3]
    assert search.best_estimator_[-1].n_epochs_ == 3


def test_halving_search_takes_samples_of_sequences(samples):
    X, y, _ = samples
    search = HalvingGridSearchCV(
        small_recommender(max_epochs=1),
        {"lr": [0.001, 0.1]},
        min_resources=60,
        max_resources=120,
        cv=GroupKFold(3),
        random_state=0,
    ).fit(X, y, groups=X.users)
    assert search.n_resources_[0] == 60
    assert search.predict(X).shape == (150, 10)


def test_cross_validation_over_time_ordered_samples(samples):
    X, y, time = samples
    assert (np.diff(time) >= 0).all()
    found = cross_validate(
        small_recommender(max_epochs=1),
        X,
        y,
        cv=TimeSeriesSplit(n_splits=3),
        scoring=ranking_scorer(METRICS),
        return_estimator=True,
    )
    assert len(found["estimator"]) == 3
    train, test = next(iter(TimeSeriesSplit(n_splits=3).split(X)))
    model = small_recommender(max_epochs=1).fit(X[train], y[train])
    assert found["test_ndcg@10"][0] == pytest.approx(model.score(X[test], y[test]))


def test_cross_val_predict_answers_each_sample_from_the_other_folds(samples):
    X, y, _ = samples
    model = small_recommender(max_epochs=1)
    items = cross_val_predict(model, X, y, cv=3)
    assert items.shape == (150, 10)
    fold = np.arange(50, 150)
    first = clone(model).fit(X[fold], y[fold])
    np.testing.assert_array_equal(items[:50], first.predict(X[:50]))


def test_a_learning_curve_has_a_point_for_each_size(samples):
    X, y, _ = samples
    sizes, train, test = learning_curve(
        small_recommender(max_epochs=1),
        X,
        y,
        groups=X.users,
        cv=GroupKFold(3),
        train_sizes=[0.3, 1.0],
    )
    assert sizes.tolist() == [30, 100]
    assert train.shape == test.shape == (2, 3)
    assert np.isfinite(test).all()


def test_a_cached_pipeline_answers_the_same(events, tmp_path):
    plain = pipeline().fit(events)
    cached = Pipeline(plain.steps, memory=str(tmp_path / "cache"))
    for _ in range(2):  # written, then read
        again = clone(cached).fit(events)
        np.testing.assert_array_equal(again.predict(events), plain.predict(events))
        assert recommend(again, events, k=3).equals(recommend(plain, events, k=3))
    assert any((tmp_path / "cache").iterdir())


def test_filters_go_before_the_encoder(events):
    events = pd.concat([events, events[:1].assign(user_id=99, item_id=999)])
    model = make_pipeline(KCoreFilter(2, 2), SequenceEncoder(), small_recommender())
    model.fit(events)
    assert model[-1].n_items_ == 15
    assert model.predict(events).shape[1] == 10


def test_a_clone_of_a_fitted_model_fits_to_the_same(events):
    model = pipeline().fit(events)
    again = clone(model)
    assert not hasattr(again[-1], "net_")
    np.testing.assert_array_equal(
        again.fit(events).predict(events), model.predict(events)
    )


def test_the_kind_of_table_does_not_matter(events):
    frame = pl.DataFrame(COLUMNS)
    ours = cross_val_score(pipeline(), frame, cv=LeaveLastOut())
    np.testing.assert_array_equal(
        ours, cross_val_score(pipeline(), events, cv=LeaveLastOut())
    )


def test_lists_of_items_are_searched_too():
    histories = ordered_histories(30)
    search = GridSearchCV(small_recommender(max_epochs=1), {"n_heads": [1, 2]}, cv=3)
    search.fit(histories)
    assert search.predict(histories).shape == (30, 10)
    of_sequences = clone(search).fit(Sequences.from_lists(histories))
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"],
        of_sequences.cv_results_["mean_test_score"],
        atol=0.2,
    )
