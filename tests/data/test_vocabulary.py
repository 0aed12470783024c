import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.data.vocabulary import Vocabulary, as_id_array

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_array_of_ids_stays_as_it_is(dtype):
    ids = np.array([3, 1], dtype=dtype)
    assert as_id_array(ids) is ids


@pytest.mark.parametrize(
    "ids",
    [
        ["b", "a"],
        ("b", "a"),
        np.array(["b", "a"]),
        np.array(["b", "a"], dtype=object),
        pd.Series(["b", "a"], index=[7, 7]),
        pl.Series(["b", "a"]),
    ],
    ids=["list", "tuple", "fixed width", "object", "pandas", "polars"],
)
def test_strings_become_an_object_array(ids):
    found = as_id_array(ids)
    assert found.dtype == object
    assert found.tolist() == ["b", "a"]
    assert {type(value) for value in found} == {str}


@pytest.mark.parametrize(
    ("ids", "dtype"),
    [
        ([], "int64"),
        ([-1, 5], "int64"),
        ([2**63 - 1], "int64"),
        ([0, 2**63], "uint64"),
        ([np.uint64(2**64 - 1), 1], "uint64"),
        ([np.int8(-1), 2**40], "int64"),
    ],
)
def test_integers_take_the_type_that_they_need(ids, dtype):
    found = as_id_array(ids)
    assert found.dtype == dtype
    assert found.tolist() == ids


@pytest.mark.parametrize(
    ("ids", "seen"),
    [
        ([1, "a"], r"Got int \(1\), str \('a'\)"),
        ([True, False], r"Got bool \(True\)"),
        (np.array([True]), r"Got bool \("),
        ([1, True], r"Got bool \(True\), int \(1\)"),
        ([1.5], r"Got float \(1.5\)"),
        ([None, "a"], r"Got NoneType \(None\), str \('a'\)"),
        (np.array([[1, 2]]), r"Got ndarray"),
        ([b"a"], r"Got bytes \(b'a'\)"),
    ],
)
def test_ids_of_another_or_of_several_kinds_are_refused(ids, seen):
    with pytest.raises(TypeError, match=f"The things must be all .* {seen}.*Cast"):
        as_id_array(ids, what="things")


@pytest.mark.parametrize("ids", ["abc", b"abc", 5, None])
def test_one_id_alone_is_no_sequence_of_ids(ids):
    with pytest.raises(TypeError, match=r"must be a sequence of ids. Got"):
        as_id_array(ids)


@pytest.mark.parametrize("ids", [[2**64], [-1, 2**63], [-(2**63) - 1]])
def test_integers_beyond_64_bits_are_refused(ids):
    with pytest.raises(ValueError, match=f"fit in 64 bits. Got {min(ids)} to"):
        as_id_array(ids)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), unique=True), st.data())
def test_encoding_integers_finds_each_and_nothing_else(ids, data):
    vocabulary = Vocabulary(ids)
    some = st.sampled_from(ids) if ids else st.nothing()
    asked = data.draw(st.lists(some | st.integers(-(2**63), 2**63 - 1)))
    codes = {item: code for code, item in enumerate(ids, 1)}
    expected = [codes.get(item, 0) for item in asked]
    found = vocabulary.encode(asked)
    assert found.tolist() == expected
    assert found.dtype == np.int32
    known = found[found > 0]
    assert vocabulary.decode(known).tolist() == [i for i in asked if i in codes]


@given(st.lists(st.text(max_size=3), unique=True), st.lists(st.text(max_size=3)))
def test_encoding_strings_finds_each_and_nothing_else(ids, others):
    asked = others + ids
    codes = {item: code for code, item in enumerate(ids, 1)}
    found = Vocabulary(ids).encode(asked)
    assert found.tolist() == [codes.get(item, 0) for item in asked]


@pytest.mark.parametrize("asked_dtype", INTEGERS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_of_different_types_are_compared_exactly(dtype, asked_dtype):
    own, asked = np.iinfo(dtype), np.iinfo(asked_dtype)
    ids = np.array(sorted({own.max, max(own.min, -1), own.min}), dtype=dtype)
    edges = [asked.max, asked.max // 2 + 1, asked.min, max(asked.min, -1), 1]
    values = np.array(edges, dtype=asked_dtype)
    codes = {item: code for code, item in enumerate(ids.tolist(), 1)}
    expected = [codes.get(item, 0) for item in values.tolist()]
    assert Vocabulary(ids).encode(values).tolist() == expected


@pytest.mark.parametrize(("ids", "others"), [([1, 2], ["1"]), (["1"], [1]), ([], [1])])
def test_ids_of_the_other_kind_are_unknown(ids, others):
    assert Vocabulary(ids).encode(others).tolist() == [0] * len(others)


def test_encoding_nothing_gives_nothing():
    for ids in ([1, 2], ["a"], []):
        found = Vocabulary(ids).encode([])
        assert found.shape == (0,)
        assert found.dtype == np.int32


def test_decoding_keeps_the_shape():
    codes = np.array([[2, 1], [1, 1]])
    assert Vocabulary(["a", "b"]).decode(codes).tolist() == [["b", "a"], ["a", "a"]]


@pytest.mark.parametrize("codes", [[0], [1, -1], [[2, 0]]])
def test_padding_is_not_decoded(codes):
    with pytest.raises(IndexError, match=r"item codes, 1 to 2. Got .* padding"):
        Vocabulary(["a", "b"]).decode(codes)


def test_codes_beyond_the_catalogue_are_not_decoded():
    with pytest.raises(IndexError, match="out of bounds"):
        Vocabulary(["a", "b"]).decode([3])


@pytest.mark.parametrize(
    ("ids", "shown"), [([3, 1, 3], "1 ids more than once: 3"), (["a", "a"], "'a'")]
)
def test_ids_must_differ(ids, shown):
    with pytest.raises(ValueError, match=shown):
        Vocabulary(ids)


def test_equal_ids_make_equal_vocabularies():
    one = Vocabulary(np.array([1, 2], dtype=np.int32))
    assert one == Vocabulary([1, 2])
    assert hash(one) == hash(Vocabulary([1, 2]))
    assert one != Vocabulary([2, 1])
    assert one != Vocabulary(["1", "2"])
    assert one != [1, 2]


@pytest.mark.parametrize("ids", [[5, 3, 9], ["x", "ä", "b"]])
def test_pickling_and_hashing_leave_the_look_up_out(ids):
    fresh, used = Vocabulary(ids), Vocabulary(ids)
    used.encode(ids)
    assert joblib.hash(fresh) == joblib.hash(used)
    assert len(pickle.dumps(fresh)) == len(pickle.dumps(used))
    again = pickle.loads(pickle.dumps(used))
    assert again == fresh
    assert again.encode(ids).tolist() == [1, 2, 3]


def test_hash_does_not_depend_on_the_memory_of_the_ids():
    strided = np.arange(10)[::2]
    assert joblib.hash(Vocabulary(strided)) == joblib.hash(Vocabulary(strided.copy()))


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], "Vocabulary([], n_items=0)"),
        ([1, 2], "Vocabulary([1, 2], n_items=2)"),
        (list("abcd"), "Vocabulary(['a', 'b', 'c', ...], n_items=4)"),
    ],
)
def test_repr_shows_the_first_ids(ids, text):
    assert repr(Vocabulary(ids)) == text
