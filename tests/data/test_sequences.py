import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.model_selection import KFold, cross_validate, train_test_split
from sklearn.utils import indexable, resample

from seqrec.data.sequences import Sequences
from seqrec.data.vocabulary import Vocabulary
from tests.strategies import ragged_histories

LISTS = [["c", "a", "a", "b"], [], ["b", "c"]]


def make(lists=LISTS, **options):
    return Sequences.from_lists(lists, **options)


def with_channels(lists=LISTS):
    """Return sequences with times and channels that tell events apart."""
    plain = make(lists)
    n = len(plain.codes)
    return Sequences(
        plain.codes,
        plain.starts,
        plain.stops,
        vocabulary=plain.vocabulary,
        users=np.array([f"u{row}" for row in range(len(plain))], dtype=object),
        times=np.arange(n) * 10.0,
        context={
            "price": np.arange(n, dtype=np.float32) / 8,
            "kind": np.arange(n, dtype=np.int32)[::-1].copy(),
        },
        last_known=np.arange(len(plain)) % 2 == 0,
        target_times=np.arange(len(plain)) * 1000.0,
    )


def contents(sequences):
    """Return all that a person can see of some sequences, as plain lists."""
    positions = sequences.positions()
    flat = {"code": sequences.codes, "time": sequences.times, **sequences.context}
    targets = sequences.target_times
    return {
        "histories": sequences.to_lists(),
        "items": sequences.items.tolist(),
        "users": sequences.users.tolist(),
        "last_known": sequences.last_known.tolist(),
        "target_times": None if targets is None else targets.tolist(),
        **{
            name: None if column is None else column[positions].tolist()
            for name, column in flat.items()
        },
    }


# ------------------------------------------------------------------------ making
@given(ragged_histories())
def test_lists_come_back_as_they_were(lists):
    sequences = make(lists)
    assert sequences.to_lists() == lists
    assert sequences.items.tolist() == sorted({i for row in lists for i in row})
    assert sequences.users.tolist() == list(range(len(lists)))
    assert sequences.last_known.all()
    assert sequences.codes.dtype == np.int32


def test_items_outside_the_catalogue_are_dropped_and_remembered():
    sequences = make([["a", "x"], ["x", "b"], ["x"], []], items=["b", "a"])
    assert sequences.to_lists() == [["a"], ["b"], [], []]
    assert sequences.codes.tolist() == [2, 1]
    assert sequences.last_known.tolist() == [False, True, False, True]


def test_a_vocabulary_is_taken_as_it_is():
    vocabulary = Vocabulary(["a", "b"])
    assert make([["b"]], items=vocabulary).vocabulary is vocabulary


def test_users_are_kept():
    assert make([["a"], ["b"]], users=["v", "u"]).users.tolist() == ["v", "u"]
    assert make([["a"]], users=np.array([7], dtype=np.int8)).users.dtype == np.int8


@pytest.mark.parametrize(
    "lists",
    [[np.array([3, 1]), (2,)], [pd.Series([3, 1]), np.array([2])]],
    ids=["arrays and tuples", "pandas"],
)
def test_a_history_may_be_any_sequence(lists):
    assert make(lists).to_lists() == [[3, 1], [2]]


def test_no_rows_and_empty_rows_are_possible():
    assert make([]).shape == (0,)
    assert make([]).to_lists() == []
    assert make([[], []]).to_lists() == [[], []]
    assert make([[]]).n_items == 0


@pytest.mark.parametrize("row", ["ab", b"ab", 5, None])
def test_a_history_is_a_sequence_of_ids(row):
    with pytest.raises(TypeError, match=r"must be a sequence of item ids.*in a list:"):
        make([["a"], row])


def test_ids_of_mixed_kinds_are_refused():
    with pytest.raises(TypeError, match="must be all integers or all strings"):
        make([["a"], [1]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"users": np.arange(2)}, r"'users' .* shape \(3,\), like starts. Got \(2,\)"),
        ({"times": np.zeros(5)}, r"'times' .* shape \(6,\), like codes. Got \(5,\)"),
        ({"context": {"a": np.zeros(1)}}, r"'a' .* shape \(6,\)"),
        ({"last_known": np.ones(4, bool)}, r"'last_known' .* shape \(3,\)"),
        ({"target_times": np.ones((3, 1))}, r"'target_times' .* Got \(3, 1\)"),
        ({"stops": np.array([4, 4, 7])}, "0 <= start <= stop <= 6"),
        ({"stops": np.array([4, 3, 6])}, "0 <= start <= stop <= 6"),
        ({"starts": np.array([-1, 4, 4])}, "0 <= start <= stop <= 6"),
        ({"stops": np.array([4, 6])}, r"'stops' .* shape \(3,\)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(options, message):
    plain = make()
    parts = {"codes": plain.codes, "starts": plain.starts, "stops": plain.stops}
    with pytest.raises(ValueError, match=message):
        Sequences(**{**parts, "vocabulary": plain.vocabulary, **options})


# ------------------------------------------------------------------------ as an array
def test_counts_and_shape():
    sequences = make()
    assert len(sequences) == 3
    assert sequences.shape == (3,)
    assert sequences.n_items == 3
    assert sequences.lengths.tolist() == [4, 0, 2]
    assert sequences.items.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("row", [0, 2, -1, -3, np.int64(2), np.uint8(0)])
def test_a_number_gives_the_items_of_a_row(row):
    assert make()[row].tolist() == LISTS[int(row)]


@pytest.mark.parametrize("row", [3, -4])
def test_a_row_that_is_not_there_is_refused(row):
    with pytest.raises(IndexError, match=f"Row {row} is not among the 3 rows"):
        make()[row]


KEYS = {
    "slice": (slice(1, None), [1, 2]),
    "slice back": (slice(None, None, -1), [2, 1, 0]),
    "mask": (np.array([True, False, True]), [0, 2]),
    "list mask": ([False, False, True], [2]),
    "pandas mask": (pd.Series([True, False, False], index=[2, 1, 0]), [0]),
    "polars mask": (pl.Series([False, True, False]), [1]),
    "list": ([2, 0, 2], [2, 0, 2]),
    "array": (np.array([-1, 1], dtype=np.int8), [2, 1]),
    "unsigned": (np.array([2], dtype=np.uint64), [2]),
    "empty list": ([], []),
    "empty mask": (np.zeros(3, dtype=bool), []),
    "empty slice": (slice(3, 5), []),
    "rows and all": (([2, 1], ...), [2, 1]),
    "all": (slice(None), [0, 1, 2]),
}


@pytest.mark.parametrize(("key", "rows"), KEYS.values(), ids=KEYS.keys())
def test_other_keys_give_sequences_of_those_rows(key, rows):
    every = with_channels()
    some = every[key]
    assert isinstance(some, Sequences)
    assert some.shape == (len(rows),)
    assert some.to_lists() == [LISTS[row] for row in rows]
    assert some.users.tolist() == [f"u{row}" for row in rows]
    assert some.last_known.tolist() == [row % 2 == 0 for row in rows]
    assert some.target_times.tolist() == [row * 1000.0 for row in rows]
    assert some.codes is every.codes  # no event is copied
    assert some.times is every.times
    assert some.vocabulary is every.vocabulary


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ([0.5], "list of shape .* float64"),
        ([True, False], "list of shape .* bool"),
        ([[0]], r"list of shape \(1, 1\)"),
        ("a", "str"),
        (None, "NoneType"),
        ((0, 1), "tuple"),
        (True, "bool"),
        (1.0, "float"),
        ([None], "list of .* object"),
    ],
)
def test_keys_of_another_kind_are_refused(key, seen):
    with pytest.raises(IndexError, match=f"Sequences of 3 rows take .*Got {seen}"):
        make()[key]


def test_row_numbers_beyond_the_rows_are_refused():
    with pytest.raises(IndexError, match="out of bounds"):
        make()[[0, 3]]


def test_iterating_gives_the_items_of_each_row():
    assert [row.tolist() for row in make()] == LISTS


@pytest.mark.parametrize(
    ("sequences", "text"),
    [
        (
            make(),
            "Sequences(n_rows=3, n_events=6, n_items=3, lengths 0 to 4, median 2)",
        ),
        (make([]), "Sequences(n_rows=0, n_events=0, n_items=0)"),
        (
            with_channels()[[0, 2]],
            "Sequences(n_rows=2, n_events=6, n_items=3, lengths 2 to 4, median 3, "
            "with times, context price, kind)",
        ),
    ],
)
def test_repr_says_what_is_inside(sequences, text):
    assert repr(sequences) == text


class Counter(BaseEstimator):
    """Scores how many rows it is given, in 100ths of those it was fitted on."""

    def fit(self, X, y=None):
        self.n_rows_ = len(X)
        return self

    def score(self, X, y=None):
        return len(X) / 100 + self.n_rows_


def test_scikit_learn_counts_indexes_and_cross_validates():
    sequences = with_channels([[n] for n in range(10)])
    assert indexable(sequences, np.arange(10))[0] is sequences
    train, test, target, _ = train_test_split(
        sequences, np.arange(10), test_size=3, random_state=0
    )
    assert train.to_lists() == [[n] for n in target]
    assert (len(train), len(test)) == (7, 3)
    assert len(resample(sequences, n_samples=4, random_state=0)) == 4
    scores = cross_validate(Counter(), sequences, cv=KFold(5))["test_score"]
    assert scores.tolist() == [8.02] * 5


# ------------------------------------------------------------------------ windows
@given(ragged_histories(), st.integers(0, 6))
def test_windows_are_list_slices(lists, n):
    sequences = make(lists)
    assert sequences.drop_last(n).to_lists() == [row[: len(row) - n or None]
                                                 if n < len(row) else []
                                                 for row in lists]  # fmt: skip
    if n:
        assert sequences.last(n).to_lists() == [row[-n:] for row in lists]
    histories, targets = sequences.split_last()
    assert histories.to_lists() == [row[:-1] for row in lists]
    codes = sequences.vocabulary.encode([row[-1] for row in lists if row])
    assert targets[targets > 0].tolist() == codes.tolist()
    assert (targets > 0).tolist() == [bool(row) for row in lists]


def test_windows_keep_users_channels_and_copy_no_event():
    every = with_channels()
    for some in (every.drop_last(), every.last(1), every.split_last()[0]):
        assert some.users is every.users
        assert some.codes is every.codes
        assert some.times is every.times
        assert list(some.context) == ["price", "kind"]


def test_last_events_have_the_same_target():
    last = with_channels().last(1)
    assert last.target_times.tolist() == [0.0, 1000.0, 2000.0]
    assert last.last_known.tolist() == [True, False, True]


def test_dropping_nothing_changes_nothing():
    sequences = with_channels()
    assert sequences.drop_last(0) is sequences
    assert sequences.drop_last().target_times is None  # a target of its own now


def test_target_outside_the_catalogue_is_told_from_no_target():
    sequences = make([["a", "b"], ["a", "x"], ["x"], [], ["x", "b"]], items=["a", "b"])
    histories, targets = sequences.split_last()
    assert targets.tolist() == [2, -1, -1, 0, 2]
    assert targets.dtype == np.int32
    assert histories.to_lists() == [["a"], ["a"], [], [], []]
    assert histories.last_known.all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.last(0), r"'n' parameter of last must be an int in .*\[1, inf"),
        (lambda s: s.drop_last(-1), "'n' parameter of drop_last"),
        (lambda s: s.to_padded(max_length=0), "'max_length' parameter of to_padded"),
        (lambda s: s.to_padded(side="up"), "'side' .* among {'right', 'left'}"),
    ],
)
def test_parameters_out_of_range_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(make())


# ------------------------------------------------------------------------ vocabulary
@given(ragged_histories(), st.data())
def test_another_catalogue_gives_what_encoding_with_it_gives(lists, data):
    every = make(lists)
    items = every.items.tolist()
    kept = data.draw(st.lists(st.sampled_from(items), unique=True)) if items else []
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1)))
    found = every[rows].with_vocabulary(Vocabulary(kept))
    again = make([lists[row] for row in rows], items=Vocabulary(kept), users=rows)
    assert contents(found) == contents(again)


def test_another_catalogue_keeps_channels_with_their_events():
    found = with_channels().with_vocabulary(Vocabulary(["c", "b"]))
    assert contents(found) == {
        "histories": [["c", "b"], [], ["b", "c"]],
        "items": ["c", "b"],
        "users": ["u0", "u1", "u2"],
        "last_known": [True, False, True],
        "target_times": [0.0, 1000.0, 2000.0],
        "code": [1, 2, 2, 1],
        "time": [0.0, 30.0, 40.0, 50.0],
        "price": [0.0, 0.375, 0.5, 0.625],
        "kind": [5, 2, 1, 0],
    }


def test_the_same_catalogue_changes_nothing():
    sequences = make()
    assert sequences.with_vocabulary(Vocabulary(["a", "b", "c"])) is sequences


def test_windows_that_share_events_change_catalogue_together():
    sequences = make([["a", "x", "b", "a"]])
    prefixes = Sequences(
        sequences.codes, [0, 0, 1], [2, 4, 3], vocabulary=sequences.vocabulary
    )
    found = prefixes.with_vocabulary(Vocabulary(["a", "b"]))
    assert found.to_lists() == [["a"], ["a", "b", "a"], ["b"]]
    assert found.last_known.tolist() == [False, True, True]


# ------------------------------------------------------------------------ exports
@given(ragged_histories(), st.sampled_from(["left", "right"]))
def test_padding_and_taking_padding_out_is_the_identity(lists, side):
    values, mask = make(lists).to_padded(side=side)
    items = make(lists).items
    again = [
        items[row[real] - 1].tolist() for row, real in zip(values, mask, strict=True)
    ]
    assert again == lists
    assert (values[~mask] == 0).all()
    assert values.shape[1] == max(1, *map(len, lists))
    ends = mask[:, ::-1] if side == "left" else mask
    assert (np.diff(ends.astype(int), axis=1) <= 0).all()  # real events on one side


def test_padding_takes_the_last_events():
    values, mask = make().to_padded(max_length=3)
    assert values.tolist() == [[1, 1, 2], [0, 0, 0], [2, 3, 0]]
    assert mask.tolist() == [[True] * 3, [False] * 3, [True, True, False]]
    values, _ = make().to_padded(max_length=3, side="left")
    assert values.tolist() == [[1, 1, 2], [0, 0, 0], [0, 2, 3]]


def test_channels_are_padded_like_items():
    times, mask = with_channels().to_padded(max_length=2, channel="time")
    assert times.tolist() == [[20.0, 30.0], [0.0, 0.0], [40.0, 50.0]]
    assert mask.tolist() == [[True, True], [False, False], [True, True]]
    kind, _ = with_channels().to_padded(channel="kind")
    assert kind.tolist() == [[5, 4, 3, 2], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert kind.dtype == np.int32


def test_padding_no_rows_gives_one_column():
    values, mask = make([]).to_padded()
    assert values.shape == mask.shape == (0, 1)


@pytest.mark.parametrize(
    ("sequences", "listed"),
    [(make(), "They have: none."), (with_channels(), "'price', 'kind', 'time'")],
)
def test_a_channel_that_is_not_there_is_refused(sequences, listed):
    with pytest.raises(ValueError, match=f"There is no channel 'colour'.*{listed}"):
        sequences.to_padded(channel="colour")


# ------------------------------------------------------------------------ pickling
@given(ragged_histories(), st.data())
def test_pickling_is_the_identity(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1)))
    some = with_channels(lists)[rows]
    for again in (pickle.loads(pickle.dumps(some)), copy.deepcopy(some)):
        assert contents(again) == contents(some)


def test_pickling_keeps_only_the_events_of_its_rows():
    every = with_channels([[n % 7] * 50 for n in range(200)])
    some = every[40:42].last(3)
    again = pickle.loads(pickle.dumps(some))
    assert len(again.codes) == len(again.times) == len(again.context["price"]) == 6
    assert contents(again) == contents(some)
    assert len(pickle.dumps(some)) < 4000 < len(pickle.dumps(every)) / 10


def test_pickling_does_not_multiply_shared_events():
    every = make([list(range(1000))])
    starts, stops = np.zeros(500, dtype=np.int64), np.arange(500, 1000)
    prefixes = Sequences(every.codes, starts, stops, vocabulary=every.vocabulary)
    again = pickle.loads(pickle.dumps(prefixes))
    assert len(again.codes) == 999
    assert again.to_lists() == prefixes.to_lists()


@given(ragged_histories(), st.data())
def test_equal_slices_hash_equally_whatever_is_behind_them(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), unique=True))
    some = with_channels(lists)[rows]
    again = Sequences(
        some.codes[some.positions()],
        np.cumsum(some.lengths) - some.lengths,
        np.cumsum(some.lengths),
        vocabulary=Vocabulary(some.items.copy()),
        users=some.users.copy(),
        times=some.times[some.positions()],
        context={
            name: column[some.positions()]
            for name, column in reversed(some.context.items())
        },
        last_known=some.last_known.copy(),
        target_times=some.target_times.copy(),
    )
    assert joblib.hash(some) == joblib.hash(again)


def test_hash_sees_every_part():
    every = with_channels()
    hashes = {
        joblib.hash(every),
        joblib.hash(every[::-1]),
        joblib.hash(every.last(3)),
        joblib.hash(every.drop_last()),
        joblib.hash(make()),
        joblib.hash(make(users=["u0", "u1", "u2"])),
    }
    assert len(hashes) == 6


def test_hash_of_strided_rows_is_that_of_their_copy():
    lists = [[n] for n in range(8)]
    for every in (with_channels(lists), make(lists)):
        strided, listed = every[::2], every[[0, 2, 4, 6]]
        assert joblib.hash(strided) == joblib.hash(listed)


def test_rows_of_one_user_keep_their_order_in_time_when_pickled():
    codes = np.array([1, 2, 3, 4], dtype=np.int32)
    rows = Sequences(
        codes,
        [2, 0],
        [3, 1],
        vocabulary=Vocabulary([1, 2, 3, 4]),
        users=np.array([5, 5]),
    )
    again = pickle.loads(pickle.dumps(rows))
    assert again.to_lists() == [[3], [1]]
    assert again.stops[1] < again.stops[0]
