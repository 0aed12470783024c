"""AttentionSequenceRecommender with context, times, sessions and further targets."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from seqrec import LeaveLastOut, SequenceEncoder, Sequences, ranking_scorer
from seqrec.exceptions import DataWarning
from tests.histories import rich_sequences, small_recommender

BOTH = {"rating": "regression", "kind": "classification"}


def told_sequences(n_users=80, n_items=12, length=8):
    """Make sequences in which a channel of each event tells the next item, in part."""
    rng = np.random.default_rng(0)
    items = rng.integers(n_items, size=(n_users, length))
    hint = np.roll(items, -1, axis=1) % 4
    frame = pd.DataFrame({
        "user_id": np.repeat(np.arange(n_users), length),
        "item_id": items.ravel(),
        "timestamp": np.tile(np.arange(length), n_users),
        "hint": np.array(list("wxyz"))[hint.ravel()],
        "number": hint.ravel() * 1.0,
    })  # fmt: skip
    return SequenceEncoder(context=("hint", "number")).fit_transform(frame)


def score(X, **params):
    settings = {"max_epochs": 15, "lr": 0.02, "exclude_seen": False, **params}
    return small_recommender(**settings).fit(X).score(X)


@pytest.mark.parametrize("name", ["hint", "number"])
@pytest.mark.parametrize("fusion", ["sum", "concat"])
def test_context_that_tells_the_next_item_is_learned(name, fusion):
    X = told_sequences()
    # One of three items is left to choose among: (1 + 0.63 + 0.5) / 3 at best.
    assert score(X, context=[name], context_fusion=fusion, hidden_units=16) > 0.62
    assert score(X, context=None) < 0.5


def test_context_off_is_as_if_the_channels_were_not_there():
    X = rich_sequences()
    bare = Sequences(X.codes, X.starts, X.stops, vocabulary=X.vocabulary, users=X.users)
    one = small_recommender(context=None, time_features=())
    one = one.fit(X).decision_function(X)
    other = small_recommender().fit(bare).decision_function(bare)
    np.testing.assert_array_equal(one, other)


def test_a_fitted_model_asks_for_its_channels():
    model = small_recommender().fit(rich_sequences())
    with pytest.raises(ValueError, match="AttentionSequenceRecommender was fitted on"):
        model.predict([[101, 102]])


def test_shifting_all_times_changes_nothing_and_stretching_them_does():
    X = rich_sequences()

    def at(times):
        return Sequences(
            X.codes, X.starts, X.stops,
            vocabulary=X.vocabulary, users=X.users, times=times, context=X.context,
        )  # fmt: skip

    model = small_recommender(time_aware=True, max_epochs=5, lr=0.05).fit(X)
    scores = model.decision_function(X)
    shifted = model.decision_function(at(X.times + 7 * 86_400))
    np.testing.assert_allclose(shifted, scores, rtol=1e-4, atol=1e-5)
    start = np.repeat(X.times[X.starts], X.lengths)
    stretched = model.decision_function(at(start + (X.times - start) * 1000))
    assert abs(stretched - scores).max() > 1e-3


def test_time_aware_attention_works_without_times():
    X = rich_sequences().to_lists()
    model = small_recommender(time_aware=True).fit(X)
    assert not model.channels_.has_times
    assert np.isfinite(model.decision_function(X)).all()


def test_hierarchical_attention_reads_the_sessions():
    X = rich_sequences()
    model = small_recommender(attention="hierarchical", context=None).fit(X)
    others = Sequences(
        X.codes, X.starts, X.stops, vocabulary=X.vocabulary, users=X.users,
        context={**X.context, "session": np.ones(len(X.codes), dtype=np.int32)},
    )  # fmt: skip
    change = model.decision_function(X) - model.decision_function(others)
    assert abs(change).max() > 1e-6
    with pytest.raises(ValueError, match="'session'"):
        model.predict(X.to_lists())


def test_hierarchical_attention_without_sessions_warns():
    with pytest.warns(DataWarning, match="Set session_gap on the SequenceEncoder"):
        small_recommender(attention="hierarchical").fit([[1, 2, 3]] * 9)


# ------------------------------------------------------------------ further targets
def test_further_targets_are_learned_beside_the_items():
    X = rich_sequences()
    model = small_recommender(
        auxiliary_targets=BOTH, auxiliary_weight=1.0, max_epochs=40, lr=0.02,
        hidden_units=16, dropout=0.0,
    ).fit(X)  # fmt: skip
    histories, _ = X.split_last()
    last = X.stops - 1
    found = model.predict_auxiliary(histories)
    kind = X.context["kind"][last] - 1
    assert found["kind"].shape == (len(X), 3)
    np.testing.assert_allclose(found["kind"].sum(axis=1), 1, rtol=1e-5)
    assert (found["kind"].argmax(axis=1) == kind).mean() > 0.8
    rating = X.context["rating"][last]
    known = ~np.isnan(rating)
    assert np.corrcoef(found["rating"][known], rating[known])[0, 1] > 0.5


def test_the_history_reports_each_part_of_the_loss():
    model = small_recommender(auxiliary_targets=BOTH, auxiliary_weight=0.5)
    history = model.fit(rich_sequences()).net_.history
    parts = {name: history[:, f"loss_{name}"] for name in ("item", *BOTH)}
    total = np.array(parts["item"]) + 0.5 * (
        np.array(parts["rating"]) + np.array(parts["kind"])
    )
    np.testing.assert_allclose(history[:, "train_loss"], total, rtol=1e-5)


def test_weights_by_channel():
    model = small_recommender(
        auxiliary_targets=BOTH, auxiliary_weight={"rating": 0.0, "kind": 2.0}
    ).fit(rich_sequences())
    assert {task.name: task.weight for task in model.tasks_} == {
        "rating": 0.0,
        "kind": 2.0,
    }


def test_further_targets_survive_pickling_and_partial_fit():
    X = rich_sequences()
    model = small_recommender(auxiliary_targets=BOTH).fit(X)
    again = pickle.loads(pickle.dumps(model))
    for name, found in again.predict_auxiliary(X).items():
        np.testing.assert_array_equal(found, model.predict_auxiliary(X)[name])
    again.partial_fit(X)
    assert again.n_epochs_ == 3


def test_without_further_targets_there_is_nothing_to_answer():
    X = rich_sequences()
    assert small_recommender().fit(X).predict_auxiliary(X) == {}


@pytest.mark.parametrize(
    ("targets", "match"),
    [
        ({"stars": "regression"}, "the channel 'stars'"),
        ({"rating": "ranking"}, r"must be 'regression' or 'classification'. Got 'rank"),
        ({"rating": "classification"}, "holds numbers. Use 'regression'"),
        ({"kind": "regression"}, "holds categories. Use 'classification'"),
    ],
)
def test_wrong_further_targets_are_refused(targets, match):
    with pytest.raises(ValueError, match=match):
        small_recommender(auxiliary_targets=targets).fit(rich_sequences())


def test_further_targets_need_whole_histories():
    histories, codes = rich_sequences().split_last()
    y = histories.vocabulary.decode(codes)
    with pytest.raises(ValueError, match="Fit whole histories with y=None"):
        small_recommender(auxiliary_targets=BOTH).fit(histories, y)


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        ({"rating": -5.0}, r"auxiliary_weight\['rating'\].* Got -5.0 instead"),
        ({"rating": np.nan}, r"auxiliary_weight\['rating'\].* Got nan instead"),
        ({"nope": 1.0}, "auxiliary_weight names 'nope', which is none"),
    ],
)
def test_weights_that_are_no_weights_are_refused(weight, match):
    model = small_recommender(auxiliary_targets=BOTH, auxiliary_weight=weight)
    with pytest.raises(ValueError, match=match):
        model.fit(rich_sequences())


def test_further_training_takes_a_category_it_never_saw_as_unknown():
    X = rich_sequences()
    has_c = np.array([(X.context["kind"][a:b] == 3).any() for a, b in windows(X)])
    model = small_recommender(
        context=None, auxiliary_targets={"kind": "classification"}
    ).partial_fit(X[~has_c])
    model.partial_fit(X[has_c])
    assert model.predict_auxiliary(X)["kind"].shape == (len(X), 2)


def windows(X):
    return zip(X.starts.tolist(), X.stops.tolist(), strict=True)


def test_further_training_needs_the_further_targets():
    X = rich_sequences()
    model = small_recommender(auxiliary_targets=BOTH, context=None).partial_fit(X)
    with pytest.raises(ValueError, match="fitted on sequences with the context channe"):
        model.partial_fit(Sequences.from_lists(X.to_lists()))
    with pytest.raises(ValueError, match="Fit whole histories with y=None"):
        model.partial_fit(X, X.vocabulary.decode(X.codes[X.starts]))


def test_warm_start_takes_over_what_can_change_and_refuses_the_rest():
    X = rich_sequences()
    targets = {"rating": "regression"}
    model = small_recommender(warm_start=True, auxiliary_targets=targets).fit(X)
    model.set_params(loss="bpr", auxiliary_weight=3.0).fit(X)
    assert model.loss_ == "bpr"
    assert [task.weight for task in model.tasks_] == [3.0]
    for changed in (
        {"context": None},
        {"time_features": ("month",)},
        {"auxiliary_targets": BOTH},
    ):
        before = model.get_params()
        with pytest.raises(ValueError, match="What the network reads and foresees"):
            model.set_params(**changed).fit(X)
        model.set_params(**before)


def test_context_goes_through_a_pipeline_and_a_search():
    rng = np.random.default_rng(0)
    events = pd.DataFrame({
        "user_id": np.repeat(np.arange(20), 5),
        "item_id": rng.integers(9, size=100),
        "timestamp": np.tile(np.arange(5) * 3600, 20),
        "price": rng.normal(size=100),
    })  # fmt: skip
    model = make_pipeline(
        SequenceEncoder(context=("price",)),
        small_recommender(max_epochs=1, top_k=5, time_features=("hour_of_day",)),
    )
    name = "attentionsequencerecommender__context"
    search = GridSearchCV(
        model, {name: ["all", None]}, cv=LeaveLastOut(),
        scoring=ranking_scorer("ndcg@10"), error_score="raise",
    )  # fmt: skip
    assert search.fit(events).predict(events).shape == (20, 5)
