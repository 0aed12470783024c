import inspect
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from seqrec.data.sequences import Sequences
from seqrec.exceptions import DataWarning, UnknownItemsError
from seqrec.preprocessing import SequenceEncoder
from tests.strategies import event_logs
from tests.tables import KINDS, to_lists

each_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
with_repeats = pytest.mark.filterwarnings(
    "ignore:.*repeat another event", "ignore:Times reach beyond"
)

# u1: a 10, c 30        u2: b 10, a 20, a 40
COLUMNS = {
    "user_id": ["u2", "u1", "u2", "u1", "u2"],
    "item_id": ["b", "c", "a", "a", "a"],
    "timestamp": [10, 30, 20, 10, 40],
}


def log(**columns):
    return pd.DataFrame({**COLUMNS, **columns})


def same(one, other):
    return joblib.hash(one) == joblib.hash(other)


# ------------------------------------------------------------------------ what it makes
@with_repeats
@each_kind
@given(columns=event_logs())
def test_rows_are_the_users_histories_in_time_order(make, columns):
    sequences = SequenceEncoder().fit_transform(make(columns))
    events = sorted(
        zip(*columns.values(), strict=True), key=lambda event: (event[0], event[2])
    )
    users = sorted(set(columns["user_id"]))
    assert sequences.users.tolist() == users
    assert sequences.to_lists() == [
        [item for user, item, _ in events if user == wanted] for wanted in users
    ]
    assert sequences.times.tolist() == [float(time) for _, _, time in events]
    assert sequences.items.tolist() == sorted(set(columns["item_id"]))
    assert sequences.last_known.all()


@with_repeats
@each_kind
@given(columns=event_logs(), context=st.booleans(), count=st.sampled_from([1, 2]))
def test_fit_transform_is_fit_then_transform(make, columns, context, count):
    columns = {**columns, "price": list(range(len(columns["user_id"])))}
    if pd.Series(columns["item_id"]).value_counts().max() < count:
        return
    encoder = SequenceEncoder(
        context=("price", "item_id") if context else (), min_item_count=count
    )
    table = make(columns)
    together = encoder.fit_transform(table)
    assert same(together, encoder.transform(table))
    assert same(together, clone(encoder).fit(table).transform(table))


@with_repeats
@given(event_logs(), st.randoms(use_true_random=False))
def test_order_of_rows_plays_no_part_when_no_times_tie(columns, random):
    rows = list(range(len(columns["user_id"])))
    columns = {**columns, "timestamp": rows}
    random.shuffle(rows)
    shuffled = {name: [values[row] for row in rows] for name, values in columns.items()}
    encode = SequenceEncoder().fit_transform
    assert same(encode(pd.DataFrame(columns)), encode(pd.DataFrame(shuffled)))


@each_kind
def test_the_table_is_left_as_it_was(make):
    columns = {**COLUMNS, "price": [1.0, None, 2.0, 3.0, 4.0]}
    table = make(columns)
    before = to_lists(table)
    encoder = SequenceEncoder(context=("price",), session_gap=15)
    sequences = encoder.fit_transform(table)
    for array in (sequences.codes, sequences.times, sequences.context["price"]):
        array[:] = 0
    np.testing.assert_equal(to_lists(table), before)


def test_columns_have_the_names_that_are_given():
    table = pl.DataFrame({"who": [1, 1], "what": ["a", "b"], "when": [2, 1]})
    sequences = SequenceEncoder("who", "what", time="when").fit_transform(table)
    assert sequences.to_lists() == [["b", "a"]]


@each_kind
def test_a_log_with_positions_has_order_and_no_times(make):
    columns = {"user_id": [1, 1], "item_id": ["a", "b"], "position": [1, 0]}
    sequences = SequenceEncoder().fit_transform(make(columns))
    assert sequences.to_lists() == [["b", "a"]]
    assert sequences.times is None
    with pytest.raises(ValueError, match="session_gap needs times"):
        SequenceEncoder(session_gap=5).fit(make(columns))


def test_without_a_time_column_rows_are_in_order():
    sequences = SequenceEncoder(time=None).fit_transform(log())
    assert sequences.to_lists() == [["c", "a"], ["b", "a", "a"]]
    assert sequences.times is None


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 1000), ("us", 10**6)])
def test_time_unit_is_that_of_numbers(unit, scale):
    table = log(timestamp=[time * scale for time in COLUMNS["timestamp"]])
    sequences = SequenceEncoder(time_unit=unit).fit_transform(table)
    assert sequences.times.tolist() == [10.0, 30.0, 10.0, 20.0, 40.0]


def test_datetimes_give_the_same_as_their_seconds():
    as_dates = pd.to_datetime(COLUMNS["timestamp"], unit="s")
    encode = SequenceEncoder().fit_transform
    assert same(encode(log()), encode(log(timestamp=as_dates)))
    text = as_dates.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert same(encode(log()), encode(log(timestamp=text)))


def test_max_length_keeps_the_last_events():
    sequences = SequenceEncoder(max_length=2).fit_transform(log())
    assert sequences.to_lists() == [["a", "c"], ["a", "a"]]


def test_ids_keep_their_type():
    ids = {
        "user_id": np.array([7, 7, 3], np.int16),
        "item_id": np.array([9, 8, 9], "u4"),
    }
    sequences = SequenceEncoder(time=None).fit_transform(pd.DataFrame(ids))
    assert sequences.users.dtype == np.int16
    assert sequences.items.dtype == np.uint32


# ------------------------------------------------------------------------ the catalogue
def test_catalogue_is_sorted_and_attributes_agree():
    encoder = SequenceEncoder().fit(log())
    assert encoder.items_.tolist() == ["a", "b", "c"]
    assert encoder.n_items_ == len(encoder.vocabulary_) == 3
    assert encoder.vocabulary_.ids is encoder.items_


@each_kind
def test_catalogue_has_the_items_of_the_rows_of_fit_alone(make):
    table = make(COLUMNS)
    part = table[:1] if make is not KINDS["pyarrow"] else table.slice(0, 1)
    assert SequenceEncoder().fit(part).items_.tolist() == ["b"]


def test_categories_of_other_rows_do_not_leak():
    table = log().astype({"item_id": "category", "user_id": "category"})
    table["kind"] = pd.Categorical(["x", "y", "y", "y", "z"])
    table["price"] = [1.0, 100.0, 3.0, 100.0, 100.0]
    encoder = SequenceEncoder(context=("kind", "price")).fit(table[:3:2])
    assert encoder.items_.tolist() == ["a", "b"]
    assert encoder.context_categories_["kind"].tolist() == ["x", "y"]
    assert encoder.context_scales_["price"] == (2.0, 1.0)


def test_fitting_again_forgets_the_first_fit():
    encoder = SequenceEncoder(context=("price",)).fit(log(price=[1.0] * 5))
    fresh = SequenceEncoder().fit(log(item_id=[5, 6, 7, 7, 8]))
    encoder.set_params(context=()).fit(log(item_id=[5, 6, 7, 7, 8]))
    assert pickle.dumps(encoder) == pickle.dumps(fresh)


def test_rare_items_are_left_out_of_the_catalogue():
    encoder = SequenceEncoder(min_item_count=2)
    sequences = encoder.fit_transform(log())
    assert encoder.items_.tolist() == ["a"]
    assert sequences.to_lists() == [["a"], ["a", "a"]]
    assert sequences.times.tolist() == [10.0, 20.0, 40.0]
    assert sequences.last_known.tolist() == [False, True]
    assert sequences.split_last()[1].tolist() == [-1, 1]


def test_rare_items_are_left_out_whatever_unknown_items_says():
    encoder = SequenceEncoder(min_item_count=2, unknown_items="error")
    assert encoder.fit_transform(log()).to_lists() == [["a"], ["a", "a"]]
    with pytest.raises(
        UnknownItemsError, match=r"2 items .*not in the cat.*'b', 'c'. Set"
    ):
        encoder.transform(log())


def test_a_log_of_rare_items_cannot_be_fitted():
    with pytest.raises(ValueError, match=r"min_item_count=9 events; .* frequent has 3"):
        SequenceEncoder(min_item_count=9).fit(log())


# ------------------------------------------------------------------------ unknown items
NEW = {
    "user_id": ["u9", "u1", "u1", "u5", "u5"],
    "item_id": ["z", "a", "z", "z", "b"],
    "timestamp": [1, 1, 2, 1, 2],
}


@each_kind
def test_events_of_unknown_items_are_dropped_and_remembered(make):
    sequences = SequenceEncoder().fit(make(COLUMNS)).transform(make(NEW))
    assert sequences.users.tolist() == ["u1", "u5", "u9"]
    assert sequences.to_lists() == [["a"], ["b"], []]
    assert sequences.times.tolist() == [1.0, 2.0]
    assert sequences.last_known.tolist() == [False, True, False]
    histories, targets = sequences.split_last()
    assert targets.tolist() == [-1, 2, -1]
    assert histories.to_lists() == [["a"], [], []]


def test_channels_stay_with_their_events_when_others_are_dropped():
    encoder = SequenceEncoder(context=("price",), session_gap=0.5)
    encoder.fit(log(price=[0.0, 2.0, 0.0, 2.0, 1.0]))
    sequences = encoder.transform(pd.DataFrame({**NEW, "price": [9, 1, 9, 9, 2]}))
    scale = encoder.context_scales_["price"][1]
    assert sequences.context["price"] == pytest.approx([0.0, 1 / scale])
    assert sequences.context["session"].tolist() == [1, 2]  # counted before dropping


def test_unknown_items_are_an_error_on_request():
    encoder = SequenceEncoder(unknown_items="error").fit(log())
    with pytest.raises(
        UnknownItemsError, match=r"got 1 items .* catalogue of fit: 'z'."
    ):
        encoder.transform(pd.DataFrame(NEW))
    assert encoder.transform(log()).to_lists() == [["a", "c"], ["b", "a", "a"]]


def test_a_long_list_of_unknown_items_is_cut():
    table = pd.DataFrame({"user_id": 1, "item_id": list("stuvwxa"), "timestamp": 1})
    encoder = SequenceEncoder(unknown_items="error").fit(log())
    with pytest.raises(
        UnknownItemsError, match=r"6 items.*'s', 't', 'u', 'v', 'w', \.\."
    ):
        encoder.transform(table)


@pytest.mark.parametrize("unknown_items", ["ignore", "error"])
def test_a_log_of_unknown_items_alone_is_an_error(unknown_items):
    encoder = SequenceEncoder(unknown_items=unknown_items).fit(log())
    with pytest.raises(
        UnknownItemsError, match=r"None of the 5 items .*: 0, 1, 2.*'a';"
    ):
        encoder.transform(log(item_id=range(5)))


# ------------------------------------------------------------------------ context
@each_kind
def test_numbers_are_standardised_with_the_rows_of_fit(make):
    columns = {**COLUMNS, "price": [2.0, None, 4.0, 6.0, 8.0]}
    encoder = SequenceEncoder(context=("price",))
    channel = encoder.fit_transform(make(columns)).context["price"]
    mean, deviation = encoder.context_scales_["price"]
    assert (mean, deviation) == (5.0, pytest.approx(np.std([2, 4, 6, 8])))
    expected = (np.array([6, np.nan, 2, 4, 8]) - 5) / deviation
    np.testing.assert_allclose(channel, expected.astype(np.float32))
    assert channel.dtype == np.float32
    later = encoder.transform(make({**columns, "price": [5, 5, 5, 5, 100]}))
    np.testing.assert_allclose(later.context["price"][-1], 95 / deviation, rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([True, False, True, False, None], (0.5, 0.5)),
        ([0.1] * 5, (pytest.approx(0.1), 1.0)),
        ([7, None, None, None, None], (7.0, 1.0)),
        ([None] * 5, (0.0, 1.0)),
    ],
    ids=["booleans", "constant", "one value", "nothing"],
)
def test_scales_of_unusual_numbers(values, scale):
    encoder = SequenceEncoder(context=("value",))
    channel = encoder.fit_transform(log(value=values)).context["value"]
    assert encoder.context_scales_["value"] == scale
    rows = [3, 1, 0, 2, 4]  # in user and time order
    known = [values[row] is not None for row in rows]
    assert (~np.isnan(channel)).tolist() == known


@each_kind
def test_text_becomes_category_codes(make):
    columns = {**COLUMNS, "kind": ["v", None, "b", "v", "v"]}
    encoder = SequenceEncoder(context=("kind",))
    channel = encoder.fit_transform(make(columns)).context["kind"]
    assert encoder.context_categories_["kind"].tolist() == ["b", "v"]
    assert channel.tolist() == [2, 0, 2, 1, 2]
    assert channel.dtype == np.int32
    later = encoder.transform(make({**columns, "kind": ["new", "b", None, "v", "b"]}))
    assert later.context["kind"].tolist() == [2, 1, 0, 0, 1]


def test_a_channel_may_change_to_nothing_but_nulls():
    table = log(price=[1, 2, 3, 4, 5], kind=list("abcde"))
    encoder = SequenceEncoder(context=("price", "kind")).fit(table)
    for nothing in ([None] * 5, pd.array([None] * 5, dtype="string")):
        context = encoder.transform(log(price=nothing, kind=nothing)).context
        assert np.isnan(context["price"]).all()
        assert context["kind"].tolist() == [0] * 5


@pytest.mark.parametrize(
    ("name", "kinds"), [("price", "numbers.*text"), ("kind", "text")]
)
def test_a_channel_keeps_its_kind(name, kinds):
    columns = {"price": [1, 2, 3, 4, 5], "kind": list("abcde")}
    encoder = SequenceEncoder(context=("price", "kind")).fit(log(**columns))
    other = {"price": columns["kind"], "kind": columns["price"]}
    with pytest.raises(TypeError, match=f"'{name}' .* held {kinds}.* now. Cast it"):
        encoder.transform(log(**{**columns, name: other[name]}))


def test_sessions_are_numbered_within_each_user():
    columns = {
        "user_id": [1, 2, 1, 1, 2],
        "item_id": list("abcde"),
        "timestamp": [0, 100, 10, 21, 0],
    }
    sequences = SequenceEncoder(session_gap=10).fit_transform(pd.DataFrame(columns))
    assert sequences.context["session"].tolist() == [1, 1, 2, 1, 2]
    assert sequences.context["session"].dtype == np.int32


@pytest.mark.parametrize(
    ("options", "taken"),
    [({"context": ("time",)}, "time"),
     ({"context": ["session"], "session_gap": 5}, "session")],
)  # fmt: skip
def test_names_of_channels_that_are_made_are_taken(options, taken):
    with pytest.raises(ValueError, match=f"cannot be named '{taken}'.*Rename"):
        SequenceEncoder(**options).fit(log(time=1.0, session=1.0))


# ------------------------------------------------------------------ as an estimator
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"user": 1},
            "'user' parameter of SequenceEncoder must be an instance of 'str'",
        ),
        ({"context": "price"}, "'context' .* 'tuple' or an instance of 'list'"),
        ({"session_gap": 0}, r"'session_gap' .* range \(0.0, inf\) or None"),
        ({"max_length": 0}, r"'max_length' .* range \[1, inf\) or None"),
        ({"min_item_count": 0}, r"'min_item_count' .* range \[1, inf\)"),
        ({"unknown_items": "ignored"}, "'unknown_items' .*Did you mean 'ignore'?"),
        ({"time_unit": "m"}, "'time_unit' parameter"),
    ],
)
def test_parameters_are_checked_in_fit(options, message):
    encoder = SequenceEncoder(**options)
    with pytest.raises(ValueError, match=message):
        encoder.fit(log())


def test_before_fit_it_is_not_fitted():
    with pytest.raises(NotFittedError, match="SequenceEncoder instance is not fitted"):
        SequenceEncoder().transform(log())


def test_parameters_are_stored_untouched_and_cloned():
    context = ["price"]
    encoder = SequenceEncoder(context=context, max_length=5).fit(log(price=1.0))
    assert encoder.get_params()["context"] is context
    again = clone(encoder)
    assert again.get_params() == encoder.get_params()
    assert not hasattr(again, "items_")
    assert again.set_params(user="who").user == "who"
    assert repr(again) == "SequenceEncoder(context=['price'], max_length=5, user='who')"


def test_a_pickled_encoder_encodes_the_same():
    table = log(price=[1.0, 2.0, 3.0, 4.0, None], kind=list("aabbc"))
    encoder = SequenceEncoder(context=("price", "kind"), session_gap=5).fit(table)
    again = pickle.loads(pickle.dumps(encoder))
    assert same(encoder.transform(table), again.transform(table))


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_sequences_stay_sequences_whatever_the_output_of_transformers(output):
    with config_context(transform_output=output):
        encoder = SequenceEncoder()
        assert isinstance(encoder.fit_transform(log()), Sequences)
        assert isinstance(encoder.transform(log()), Sequences)


class Counter(BaseEstimator):
    """Counts its fits."""

    n_fits = 0

    def fit(self, X, y=None):
        Counter.n_fits += 1
        self.n_rows_ = len(X)
        return self


def test_a_pipeline_with_memory_encodes_the_same_log_once(tmp_path, monkeypatch):
    n_reads = []
    read = SequenceEncoder._read
    monkeypatch.setattr(
        SequenceEncoder, "_read", lambda self, X: n_reads.append(1) or read(self, X)
    )
    for _ in range(2):
        pipeline = make_pipeline(SequenceEncoder(), Counter(), memory=str(tmp_path))
        assert pipeline.fit(log())[-1].n_rows_ == 2
    assert len(n_reads) == 1


# ------------------------------------------------------------------------ repeats
REPEATED = pd.DataFrame(
    {"user_id": [1, 2, 1, 1], "item_id": [5, 5, 5, 5], "timestamp": [7, 7, 7, 8]}
)


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_repeated_events_are_kept_with_a_warning_at_the_callers_line(method):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(SequenceEncoder(), method)(REPEATED)
        line = inspect.currentframe().f_lineno - 1
    (warning,) = caught
    assert warning.category is DataWarning
    assert str(warning.message).startswith("1 of 4 events repeat another event's user,")
    assert (warning.filename, warning.lineno) == (__file__, line)


def test_the_warning_of_a_pipeline_points_at_its_caller():
    pipeline = make_pipeline(SequenceEncoder(), Counter())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipeline.fit(REPEATED)
        line = inspect.currentframe().f_lineno - 1
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, line)]


def test_transform_does_not_warn():
    with pytest.warns(DataWarning):
        encoder = SequenceEncoder().fit(REPEATED)
    assert encoder.transform(REPEATED).to_lists() == [[5, 5, 5], [5]]


def test_errors_name_the_encoder():
    with pytest.raises(
        ValueError, match="SequenceEncoder cannot use this event log: Col"
    ):
        SequenceEncoder().fit(log()[["user_id", "item_id"]])


def test_infinite_context_is_refused():
    events = pd.DataFrame(
        {"user_id": [1, 1], "item_id": [1, 2], "timestamp": [1, 2], "x": [0.0, np.inf]}
    )
    encoder = SequenceEncoder(context=("x",))
    with pytest.raises(ValueError, match=r"Column 'x' \(context\) has 1 infinite"):
        encoder.fit(events)
    encoder.fit(events.assign(x=[0.0, 1.0]))
    with pytest.raises(ValueError, match=r"Column 'x' \(context\) has 1 infinite"):
        encoder.transform(events)
