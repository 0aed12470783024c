"""Input that cannot be used is an error of the right class before any training."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline

from seqrec import (
    AttentionSequenceRecommender,
    KCoreFilter,
    LeaveLastOut,
    PopularityRecommender,
    SequenceEncoder,
    TemporalSplit,
    ranking_scorer,
    recommend,
)
from seqrec.estimators._net import SequenceNeuralNet
from seqrec.exceptions import DataWarning, UnknownItemsError
from tests.histories import as_columns, ordered_histories, small_recommender


@pytest.fixture
def events():
    return pd.DataFrame(as_columns(ordered_histories(20)))


@pytest.fixture
def no_training(monkeypatch):
    """Fail where the network would be trained."""

    def fail(*args, **kwargs):
        pytest.fail("training was reached")

    monkeypatch.setattr(SequenceNeuralNet, "partial_fit", fail)
    monkeypatch.setattr(SequenceNeuralNet, "fit", fail)


@pytest.fixture(scope="module")
def fitted():
    """Return a fitted pipeline that no test may change."""
    events = pd.DataFrame(as_columns(ordered_histories(20)))
    return make_pipeline(SequenceEncoder(), small_recommender(max_epochs=1)).fit(events)


def pipeline(**params):
    return make_pipeline(SequenceEncoder(), small_recommender(**params))


def assert_refused(model, X, error, match):
    before = X.copy()
    with pytest.raises(error, match=match):
        model.fit(X)
    pd.testing.assert_frame_equal(X, before)


def with_value(column, row, value):
    """Return a function that puts a value into a column."""

    def change(events):
        values = events[column].astype(object)
        values[row] = value
        return events.assign(**{column: values})

    return change


TABLES = {
    "missing item column": (
        lambda events: events.rename(columns={"item_id": "item_ids"}),
        ValueError,
        r"Column 'item_id' \(item\) is missing; .* Did you mean 'item_ids'\?",
    ),
    "missing user column": (
        lambda events: events.rename(columns={"user_id": "userid"}),
        ValueError,
        r"Column 'user_id' \(user\) is missing; .* Did you mean 'userid'\?",
    ),
    "missing time column": (
        lambda events: events.rename(columns={"timestamp": "time_stamp"}),
        ValueError,
        r"Column 'timestamp' \(time\) is missing; .* Did you mean 'time_stamp'\?",
    ),
    "null user": (
        with_value("user_id", 3, None),
        ValueError,
        r"Column 'user_id' \(user\) has 1 null, in row 3\. Drop or fill",
    ),
    "null item": (
        with_value("item_id", 3, None),
        ValueError,
        r"Column 'item_id' \(item\) has 1 null, in row 3\. Drop or fill",
    ),
    "null time": (
        lambda events: events.assign(
            timestamp=events["timestamp"].astype(float).where(events.index > 1)
        ),
        ValueError,
        r"Column 'timestamp' \(time\) has 2 nulls, in rows 0, 1\. Drop or fill",
    ),
    "infinite time": (
        lambda events: events.assign(
            timestamp=events["timestamp"].astype(float).where(events.index != 5, np.inf)
        ),
        ValueError,
        r"\(time\) has 1 infinite times, first in row 5\. Drop or correct",
    ),
    "unreadable time": (
        lambda events: events.assign(timestamp=["2024-01-01"] * 7 + ["soon"] * 113),
        ValueError,
        r"\(time\) has 113 texts that cannot be read as ISO 8601 times: 'soon'",
    ),
    "times of another kind": (
        lambda events: events.assign(timestamp=events["timestamp"] > 0),
        TypeError,
        r"\(time\) must hold datetimes, numbers, or text in ISO 8601 form. Got Boolean",
    ),
    "empty": (
        lambda events: events[:0],
        ValueError,
        "The table has no events; give it at least one row",
    ),
    "one event a user": (
        lambda events: events.drop_duplicates("user_id"),
        ValueError,
        "No row has two events, so there is no next event to learn: .* Check the user",
    ),
    "one item": (
        lambda events: events.assign(item_id="a"),
        ValueError,
        "The catalogue has one item, 'a'; there is nothing to rank",
    ),
    "item ids of mixed kind": (
        with_value("item_id", 0, "a"),
        TypeError,
        "item ids in column 'item_id' must be all integers or all strings. Got int .*"
        r"str \('a'\)",
    ),
    "user ids of mixed kind": (
        with_value("user_id", 0, "a"),
        TypeError,
        "user ids in column 'user_id' must be all integers or all strings. Got int",
    ),
    "fractional ids": (
        lambda events: events.assign(item_id=events["item_id"] + 0.5),
        TypeError,
        "item ids in column 'item_id' must be integers or strings. Got Float64",
    ),
    "ids above 64 bits": (
        lambda events: events.assign(
            item_id=[item + 2**64 for item in events["item_id"].tolist()]
        ),
        ValueError,
        "item ids in column 'item_id' must fit in 64 bits",
    ),
    "a repeated column": (
        lambda events: pd.concat([events, events["item_id"]], axis=1),
        ValueError,
        "needs a table whose columns differ in name",
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_cannot_be_used_is_refused(case, events, no_training):
    change, error, match = TABLES[case]
    assert_refused(pipeline(), change(events), error, match)


def test_all_that_is_wrong_with_a_table_is_said_at_once(events, no_training):
    wrong = with_value("user_id", 3, None)(events).drop(columns="item_id")
    assert_refused(pipeline(), wrong, ValueError, r"(?s)'item_id'.*'user_id'.*null")


def test_a_filter_that_leaves_nothing_is_an_error(events, no_training):
    model = make_pipeline(KCoreFilter(7), SequenceEncoder(), small_recommender())
    assert_refused(model, events, ValueError, "KCoreFilter leaves no event")


@pytest.mark.parametrize("X", [None, 3, "events.csv", {"user_id": [1]}])
def test_what_is_no_table_is_refused(X, no_training):
    with pytest.raises(TypeError, match="SequenceEncoder needs an event log"):
        pipeline().fit(X)


@pytest.mark.parametrize("kind", [AttentionSequenceRecommender, PopularityRecommender])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_bare_recommender_says_what_a_table_needs(kind, method, events, no_training):
    match = f"put a SequenceEncoder before it: make_pipeline.*{kind.__name__}"
    with pytest.raises(TypeError, match=match):
        getattr(kind(), method)(events)


@pytest.mark.parametrize("X", ["abc", b"abc", 7])
def test_a_bare_recommender_names_what_it_takes(X, no_training):
    with pytest.raises(
        TypeError, match="takes Sequences or a list of lists of item id"
    ):
        small_recommender().fit(X)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (["ab", "cd"], TypeError, "Each history must be a sequence of item ids"),
        ([1, 2], TypeError, "Each history must be a sequence of item ids. Got 1"),
        ([["a", 1]], TypeError, "must be all integers or all strings"),
        ([[1.5, 2.5]], TypeError, "must be all integers or all strings"),
        ([], ValueError, "got no events"),
    ],
)
def test_lists_that_are_no_histories_are_refused(X, error, match, no_training):
    with pytest.raises(error, match=match):
        small_recommender().fit(X)


@pytest.mark.parametrize(
    ("y", "error", "match"),
    [
        (["a"], ValueError, "must have the same number of rows. Got 2 and 1"),
        ([1.5, 2.5], TypeError, "items in y must be all integers or all strings"),
        (["a", 1], TypeError, "items in y must be all integers or all strings"),
    ],
)
def test_targets_that_do_not_fit_are_refused(y, error, match, no_training):
    with pytest.raises(error, match=match):
        small_recommender().fit([["a", "b"], ["b", "c"]], y)


def test_targets_outside_the_catalogue_of_sequences_are_named(events, no_training):
    sequences = SequenceEncoder().fit_transform(events)
    with pytest.raises(ValueError, match=r"y has 20 items that are not in .*: 1, 1"):
        small_recommender().fit(sequences, [1] * 20)


def test_repeated_rows_are_counted_and_kept(events):
    twice = pd.concat([events, events[:4]])
    with pytest.warns(DataWarning, match="4 of 124 events repeat another event's") as w:
        encoder = SequenceEncoder().fit(twice)
    assert w[0].filename == __file__
    with pytest.warns(DataWarning, match="4 of 124 events"):
        assert encoder.fit_transform(twice).lengths.sum() == 124


@pytest.mark.parametrize("first", [2**63 - 20, 2**63, 2**64 - 200])
def test_the_largest_integers_are_ids(first, events):
    ids = (
        np.uint64(first)
        + events["item_id"].to_numpy().astype(np.uint64)
        - np.uint64(101)
    )
    large = events.assign(item_id=ids, user_id=events["user_id"] + (2**63 - 100))
    model = make_pipeline(SequenceEncoder(), PopularityRecommender()).fit(large)
    table = recommend(model, large, k=3)
    assert set(table["item_id"].tolist()) <= set(ids.tolist())
    assert set(table["user_id"].tolist()) == set(large["user_id"].tolist())


# ------------------------------------------------------------------ parameters
@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"hidden_units": 0}, r"'hidden_units' parameter .* in the range \[1, inf\)"),
        ({"hidden_units": 8.0}, "'hidden_units' parameter of AttentionSequenceRecomm"),
        ({"dropout": 1.0}, r"'dropout' parameter .* in the range \[0.0, 1.0\)"),
        ({"lr": 0}, r"'lr' parameter .* in the range \(0.0, inf\). Got 0"),
        ({"lr": float("nan")}, "'lr' parameter"),
        ({"encoder": "lsmt"}, "Got 'lsmt' instead. Did you mean 'lstm'?"),
        ({"loss": "softmx"}, "Did you mean 'softmax'?"),
        ({"max_epochs": "many"}, "'max_epochs' parameter"),
        ({"callbacks": 3}, "'callbacks' parameter"),
        ({"random_state": "a"}, "'random_state' parameter"),
        ({"n_heads": 3}, "n_heads"),
        ({"n_heads": 2, "attention": "dot"}, "n_heads"),
        ({"attention": "none", "attention_activation": "gelu"}, "activation"),
        ({"device": "gpu"}, "device='gpu' is no torch device"),
        ({"early_stopping": True, "validation_fraction": 0.01}, "out the last target"),
        ({"net_params": {"no_such": 1}}, "no_such"),
    ],
    ids=str,
)
def test_a_parameter_out_of_range_is_an_error(params, match, events, no_training):
    assert_refused(pipeline(**params), events, ValueError, match)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"user": 3}, "'user' parameter of SequenceEncoder"),
        ({"max_length": 0}, "'max_length' parameter of SequenceEncoder"),
        ({"unknown_items": "eror"}, "Did you mean 'error'?"),
        ({"min_item_count": 999}, "No item has min_item_count=999 events"),
        ({"time_unit": "h"}, "'time_unit' parameter of SequenceEncoder"),
    ],
    ids=str,
)
def test_a_parameter_of_the_encoder_is_checked_too(params, match, events, no_training):
    model = make_pipeline(SequenceEncoder(**params), small_recommender())
    assert_refused(model, events, ValueError, match)


# ------------------------------------------------------------------ questions
@pytest.mark.parametrize("method", ["predict", "decision_function", "score"])
def test_an_unfitted_pipeline_is_said_so(method, events):
    with pytest.raises(NotFittedError):
        getattr(pipeline(), method)(events)
    with pytest.raises(NotFittedError):
        recommend(pipeline(), events)
    with pytest.raises(NotFittedError):
        ranking_scorer()(pipeline(), events)


def test_unseen_items_alone_are_an_error(fitted, events):
    other = events.assign(item_id=events["item_id"] + 1000)
    match = "None of the 15 items in this log .*: 1101, 1102, .* look like 101"
    for ask in (fitted.predict, fitted.score, lambda X: recommend(fitted, X)):
        with pytest.raises(UnknownItemsError, match=match):
            ask(other)


def test_unseen_items_are_an_error_where_asked_for(events):
    model = make_pipeline(
        SequenceEncoder(unknown_items="error"), PopularityRecommender()
    )
    model.fit(events)
    some = events.assign(item_id=events["item_id"].replace(101, 999))
    with pytest.raises(UnknownItemsError, match=r"transform got 1 items .*: 999"):
        model.predict(some)


@pytest.mark.parametrize(
    "ask", [recommend, lambda model, X, k: model.predict(X, top_k=k)]
)
def test_more_than_the_catalogue_is_an_error(ask, fitted, events):
    with pytest.raises(
        ValueError, match="=16 is more than the 15 items of the catalogu"
    ):
        ask(fitted, events, k=16)


def test_the_top_k_of_a_small_catalogue_is_an_error(events):
    model = pipeline(max_epochs=1, top_k=16).fit(events)
    with pytest.raises(ValueError, match="top_k=16 is more than the 15 items"):
        model.predict(events)


def test_candidates_outside_the_catalogue_are_named(fitted, events):
    with pytest.raises(
        ValueError, match=r"2 of 3 candidates are not in .*: 7, 8\. Take"
    ):
        recommend(fitted, events, candidates=[7, 101, 8])


def test_nothing_to_score_is_an_error(fitted, events):
    first = events.drop_duplicates("user_id")
    with pytest.raises(ValueError, match="No row has a target to rank"):
        fitted.score(first)


# ------------------------------------------------------------------ splits
def test_a_split_without_a_training_event_is_an_error(events, no_training):
    first = events.drop_duplicates("user_id")
    with pytest.raises(ValueError, match="has no user to test in its first fold"):
        cross_validate(pipeline(), first, cv=LeaveLastOut(), error_score="raise")
    cv = TemporalSplit(test_span=10**9)
    with pytest.raises(ValueError, match="has nothing to learn from in its first fold"):
        cross_validate(pipeline(), events, cv=cv, error_score="raise")


def test_a_split_that_leaves_one_event_a_user_is_an_error(events, no_training):
    two = events.groupby("user_id").head(2)
    with pytest.raises(ValueError, match="No row has two events"):
        cross_validate(pipeline(), two, cv=LeaveLastOut(), error_score="raise")


def test_histories_of_another_kind_of_id_are_refused():
    model = PopularityRecommender().fit([["a", "b"], ["b", "c"]])
    with pytest.raises(ValueError, match="ids like 1, the catalogue ids like 'a'"):
        model.predict([[1]], top_k=1)


def test_candidates_in_a_table_are_refused():
    model = PopularityRecommender().fit([["a", "b"], ["b", "c"]])
    with pytest.raises(TypeError, match="one flat list of item ids"):
        model.recommend([["a"]], 1, candidates=pd.DataFrame({"item_id": ["a"]}))


def test_milliseconds_taken_for_seconds_are_noted():
    events = pd.DataFrame(
        {"user_id": [1, 1], "item_id": [1, 2], "timestamp": [1_700_000_000_000] * 2}
    )
    with pytest.warns(DataWarning, match="pass time_unit='ms'"):
        SequenceEncoder().fit(events)
    SequenceEncoder(time_unit="ms").fit(events)
