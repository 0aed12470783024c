import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from seqrec.data.sequences import Sequences
from seqrec.estimators import MarkovChainRecommender, PopularityRecommender, recommend
from seqrec.model_selection import LeaveLastOut
from seqrec.preprocessing import SequenceEncoder
from tests.histories import as_columns, ordered_histories, small_recommender

HISTORIES = ordered_histories(30)
COLUMNS = as_columns(HISTORIES)
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.fixture(scope="module")
def events():
    return pd.DataFrame(COLUMNS)


@pytest.fixture(scope="module")
def model(events):
    """Return a fitted pipeline that no test may change."""
    return make_pipeline(SequenceEncoder(), MarkovChainRecommender()).fit(events)


def columns_of(table):
    return {name: np.asarray(table[name]).tolist() for name in COLUMN_NAMES}


COLUMN_NAMES = ["user_id", "rank", "item_id", "score"]


def test_a_table_holds_the_ranking_of_predict(model, events):
    table = recommend(model, events, k=5)
    assert list(table.columns) == COLUMN_NAMES
    assert table["rank"].tolist() == [1, 2, 3, 4, 5] * 30
    assert table["user_id"].tolist() == np.repeat(np.arange(1, 31), 5).tolist()
    items = table["item_id"].to_numpy().reshape(30, 5)
    np.testing.assert_array_equal(items, model.predict(events, top_k=5))
    scores = table["score"].to_numpy().reshape(30, 5)
    assert (np.diff(scores, axis=1) <= 0).all()


@pytest.mark.parametrize("kind", FRAMES)
def test_the_table_is_of_the_kind_that_came_in(kind, model, events):
    given = FRAMES[kind](COLUMNS)
    table = recommend(model, given, k=3)
    assert type(table) is type(given)
    assert columns_of(table) == columns_of(recommend(model, events, k=3))


@pytest.mark.parametrize("kind", FRAMES)
def test_text_ids_come_back_as_text(kind):
    named = {**COLUMNS}
    named["user_id"] = [f"u{user:02d}" for user in COLUMNS["user_id"]]
    named["item_id"] = [f"i{item}" for item in COLUMNS["item_id"]]
    given = FRAMES[kind](named)
    model = make_pipeline(SequenceEncoder(), PopularityRecommender()).fit(given)
    found = columns_of(recommend(model, given, k=2))
    assert found["user_id"][:2] == ["u01", "u01"]
    assert set(found["item_id"]) <= set(named["item_id"])


def test_columns_have_the_names_of_the_encoder(events):
    own = {"user_id": "who", "item_id": "what", "timestamp": "when"}
    given = events.rename(columns=own)
    model = make_pipeline(
        SequenceEncoder("who", "what", time="when"), PopularityRecommender()
    ).fit(given)
    assert list(recommend(model, given, k=1).columns) == [
        "who",
        "rank",
        "what",
        "score",
    ]


def test_a_bare_recommender_takes_lists_and_sequences():
    model = MarkovChainRecommender().fit(HISTORIES)
    of_lists = recommend(model, HISTORIES, k=2)
    assert of_lists["user_id"].tolist() == np.repeat(np.arange(30), 2).tolist()
    sequences = Sequences.from_lists(HISTORIES, users=[f"u{n}" for n in range(30)])
    of_sequences = recommend(model, sequences, k=2)
    assert of_sequences["item_id"].tolist() == of_lists["item_id"].tolist()
    assert of_sequences["user_id"].tolist()[:3] == ["u0", "u0", "u1"]
    pd.testing.assert_frame_equal(model.recommend(HISTORIES, k=2), of_lists)
    assert len(model.recommend(HISTORIES[:1])) == 9  # top_k=10, six of fifteen seen


def test_a_network_recommends_what_it_predicts(events):
    model = make_pipeline(SequenceEncoder(), small_recommender()).fit(events)
    items = recommend(model, events, k=4)["item_id"].to_numpy().reshape(30, 4)
    np.testing.assert_array_equal(items, model.predict(events, top_k=4))


def test_a_search_answers_with_its_best_estimator(model, events):
    search = GridSearchCV(
        model, {"sequenceencoder__max_length": [3, None]}, cv=LeaveLastOut()
    )
    search.fit(events)
    best = recommend(search.best_estimator_, events, k=2)
    pd.testing.assert_frame_equal(recommend(search, events, k=2), best)
    inside = make_pipeline("passthrough", search).fit(events)
    pd.testing.assert_frame_equal(recommend(inside, events, k=2), best)


def test_candidates_alone_are_ranked(model, events):
    table = recommend(model, events, k=10, candidates=[103, 107, 115, 103])
    assert set(table["item_id"]) == {103, 107, 115}
    seen = {(user, item) for user, h in enumerate(HISTORIES, 1) for item in h}
    assert not seen & set(zip(table["user_id"], table["item_id"], strict=True))
    every = recommend(model, events, k=10, candidates=[103, 107], exclude_seen=False)
    assert (
        every.groupby("user_id")["item_id"].apply(sorted).tolist() == [[103, 107]] * 30
    )
    full = recommend(model, events, k=15, exclude_seen=False)
    merged = every.merge(full, on=["user_id", "item_id", "score"])
    assert len(merged) == 60


@pytest.mark.parametrize(
    ("candidates", "error", "match"),
    [
        ([103, 1, 2], ValueError, "2 of 3 candidates are not in the catalogue: 1, 2. "),
        (["103"], ValueError, "1 of 1 candidates are not in the catalogue: '103'"),
        ([], ValueError, "candidates must hold at least one item id"),
        (103, TypeError, "candidates must be a sequence of ids. Got 103"),
        ("103", TypeError, "candidates must be a sequence of ids. Got '103'"),
        ([103, "a"], TypeError, "candidates must be all integers or all strings"),
    ],
)
def test_candidates_that_cannot_be_used_are_named(
    model, events, candidates, error, match
):
    with pytest.raises(error, match=match):
        recommend(model, events, candidates=candidates)


def test_exclude_seen_is_as_asked_or_as_decided_in_fit(model, events):
    seen = {(user, item) for user, h in enumerate(HISTORIES, 1) for item in h}

    def n_seen(exclude_seen):
        table = recommend(model, events, k=15, exclude_seen=exclude_seen)
        return len(seen & set(zip(table["user_id"], table["item_id"], strict=True)))

    assert model[-1].exclude_seen_
    assert n_seen(None) == n_seen(True) == n_seen(np.True_) == 0
    assert n_seen(False) == len(seen) == 180
    with pytest.raises(TypeError, match=r"must be a bool or None\. Got 'no'"):
        recommend(model, events, exclude_seen="no")


def test_a_user_who_saw_nearly_all_gets_fewer_rows(model, events):
    items = sorted(set(COLUMNS["item_id"]))
    given = pd.DataFrame(
        {
            "user_id": ["some"] * 3 + ["most"] * 13 + ["all"] * 15,
            "item_id": items[:3] + items[:13] + items,
            "timestamp": np.arange(31),
        }
    )
    counts = recommend(model, given, k=5).groupby("user_id").size()
    assert counts.to_dict() == {"most": 2, "some": 5}


def test_users_not_seen_in_fit_get_answers_from_their_events(model, events):
    given = events[events["user_id"] == 4].assign(user_id=4444)
    table = recommend(model, given, k=3)
    assert table["user_id"].tolist() == [4444] * 3
    known = recommend(model, events, k=3).query("user_id == 4")
    assert table["item_id"].tolist() == known["item_id"].tolist()


def test_a_user_of_unknown_items_alone_gets_popular_ones(model, events):
    given = pd.concat(
        [events, pd.DataFrame({"user_id": [99], "item_id": [7], "timestamp": [0]})]
    )
    table = recommend(model, given, k=15).query("user_id == 99")
    assert len(table) == 15
    assert table["score"].is_monotonic_decreasing


def test_the_table_that_came_in_stays_as_it_was(model, events):
    given = events.copy()
    recommend(model, given, k=3)
    pd.testing.assert_frame_equal(given, events)


@pytest.mark.parametrize(
    ("k", "error", "match"),
    [
        (16, ValueError, "k=16 is more than the 15 items of the catalogue"),
        (0, ValueError, "'k' parameter of MarkovChainRecommender.recommend must be"),
        (2.0, TypeError, "'k' parameter of MarkovChainRecommender.recommend must be"),
    ],
)
def test_a_k_that_cannot_be_had_is_an_error(model, events, k, error, match):
    with pytest.raises(error, match=match):
        recommend(model, events, k=k)


@pytest.mark.parametrize(
    "unfitted",
    [
        PopularityRecommender(),
        make_pipeline(SequenceEncoder(), PopularityRecommender()),
        GridSearchCV(PopularityRecommender(), {"top_k": [1, 2]}),
    ],
    ids=["bare", "pipeline", "search"],
)
def test_what_is_not_fitted_is_said_so(unfitted, events):
    with pytest.raises(NotFittedError):
        recommend(unfitted, events)


def test_what_is_no_recommender_is_named(events):
    with pytest.raises(TypeError, match=r"needs a fitted recommender.* Got str"):
        recommend("model", events)
    classifier = LogisticRegression().fit([[0], [1]], [0, 1])
    with pytest.raises(TypeError, match="Got LogisticRegression"):
        recommend(make_pipeline("passthrough", classifier), events)
