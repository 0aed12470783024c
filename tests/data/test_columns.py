"""Columns of every kind that pandas, polars and pyarrow have, as arrays."""

import datetime
import re
from decimal import Decimal

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.data import _columns
from seqrec.data._columns import (
    null_rows,
    read_channel,
    read_ids,
    read_positions,
    read_times,
)

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
MAKE = {
    "pandas": pd.Series,
    "polars": pl.Series,
    "pyarrow": lambda values: pa.chunked_array([pa.array(values)]),
}
each_library = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE.keys())


def column(values):
    """Return a column of any library as narwhals gives it, named ``c``."""
    series = nw.from_native(values, series_only=True)
    return series if series.implementation.is_pyarrow() else series.rename("c")


def chunked(*pieces, kind=None):
    return pa.chunked_array([pa.array(piece, kind) for piece in pieces])


def dictionary(*pieces):
    return pa.chunked_array([pa.array(piece).dictionary_encode() for piece in pieces])


# ------------------------------------------------------------------------ ids
STRINGS = ["b", "a", "b", "ä"]
STRING_COLUMNS = {
    "pandas str": pd.Series(STRINGS),
    "pandas object": pd.Series(STRINGS, dtype=object),
    "pandas string": pd.Series(STRINGS, dtype="string"),
    "pandas string[python]": pd.Series(STRINGS, dtype="string[python]"),
    "pandas category": pd.Series(STRINGS).astype("category"),
    "pandas category of strings": pd.Series(
        pd.Categorical(STRINGS, categories=["z", "ä", "b", "a"])
    ),
    "pandas arrow": pd.Series(STRINGS, dtype=pd.ArrowDtype(pa.string())),
    "pandas arrow dictionary": pd.Series(
        STRINGS, dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    ),
    "polars String": pl.Series(STRINGS),
    "polars Categorical": pl.Series(STRINGS, dtype=pl.Categorical),
    "polars Enum": pl.Series(STRINGS, dtype=pl.Enum(["z", "ä", "b", "a"])),
    "pyarrow string": chunked(STRINGS[:1], STRINGS[1:]),
    "pyarrow large_string": chunked(STRINGS, kind=pa.large_string()),
    "pyarrow dictionary": dictionary(STRINGS[:1], STRINGS[1:3], STRINGS[3:]),
}


@pytest.mark.parametrize("values", STRING_COLUMNS.values(), ids=STRING_COLUMNS.keys())
def test_string_ids_are_numbered_in_their_order(values):
    numbers, ids = read_ids(column(values), role="item")
    assert ids.dtype == object
    assert ids.tolist() == ["a", "b", "ä"]
    assert numbers.tolist() == [1, 0, 1, 2]
    assert numbers.dtype == np.int32


INTEGER_IDS = [7, -2, 7, 30]
INTEGER_COLUMNS = {
    "pandas int64": pd.Series(INTEGER_IDS),
    "pandas index": pd.Series(INTEGER_IDS, index=[3, 3, 0, 1]),
    "pandas Int64": pd.Series(INTEGER_IDS, dtype="Int64"),
    "pandas object": pd.Series(INTEGER_IDS, dtype=object),
    "pandas category": pd.Series(INTEGER_IDS).astype("category"),
    "pandas arrow": pd.Series(INTEGER_IDS, dtype="int64[pyarrow]"),
    "pandas arrow dictionary": pd.Series(
        INTEGER_IDS, dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.int64()))
    ),
    "polars Int64": pl.Series(INTEGER_IDS),
    "polars Int8": pl.Series(INTEGER_IDS, dtype=pl.Int8),
    "pyarrow int64": chunked(INTEGER_IDS[:2], INTEGER_IDS[2:]),
    "pyarrow dictionary": dictionary(INTEGER_IDS[:2], INTEGER_IDS[2:]),
}


@pytest.mark.parametrize("values", INTEGER_COLUMNS.values(), ids=INTEGER_COLUMNS.keys())
def test_integer_ids_are_numbered_in_their_order(values):
    numbers, ids = read_ids(column(values), role="item")
    assert ids.dtype.kind == "i"
    assert ids.tolist() == [-2, 7, 30]
    assert numbers.tolist() == [1, 0, 1, 2]
    assert numbers.dtype == np.int32


@pytest.mark.parametrize("kind", INTEGERS)
@each_library
@given(data=st.data())
def test_integers_of_any_type_and_range_keep_their_type(make, kind, data):
    info = np.iinfo(kind)
    near = st.integers(info.max - 3, info.max) | st.integers(info.min, info.min + 3)
    values = data.draw(
        st.lists(near, min_size=1, max_size=6)
        | st.lists(st.integers(info.max - 2, info.max), min_size=1, max_size=6)
        | st.lists(st.integers(0, 100), min_size=1, max_size=6)
    )
    array = np.array(values, dtype=kind)
    numbers, ids = read_ids(column(make(array)), role="item")
    assert ids.dtype == kind
    assert ids.tolist() == sorted(set(values))
    assert ids[numbers].tolist() == values


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_far_apart_are_numbered_without_a_table(values):
    numbers, ids = read_ids(column(pd.Series(values)), role="item")
    assert ids[numbers].tolist() == values
    assert ids.tolist() == sorted(set(values))
    assert numbers.dtype == np.int32


@each_library
def test_strings_that_differ_after_a_zero_character_stay_apart(make):
    values = ["a\0b", "a", "", "\0", "a\0c", "a"]
    numbers, ids = read_ids(column(make(values)), role="item")
    assert ids.tolist() == sorted(set(values))
    assert ids[numbers].tolist() == values


@each_library
@given(values=st.lists(st.text(max_size=3), min_size=1))
def test_any_strings_are_numbered_in_their_order(make, values):
    numbers, ids = read_ids(column(make(values)), role="item")
    assert ids[numbers].tolist() == values
    assert ids.tolist() == sorted(set(values))


def test_categories_that_do_not_occur_are_left_out():
    values = pd.Series(["a", "b", "c"]).astype("category")[[2, 0]]
    _, ids = read_ids(column(values), role="item")
    assert ids.tolist() == ["a", "c"]


NO_IDS = {
    "pandas bool": (pd.Series([True]), "Got Boolean"),
    "pandas boolean": (pd.Series([True], dtype="boolean"), "Got Boolean"),
    "pandas float": (pd.Series([1.0]), "Got Float64"),
    "pandas datetime": (pd.Series(pd.to_datetime(["2024-01-01"])), "Got Datetime"),
    "pandas period": (pd.Series(pd.period_range("2024", periods=1)), r"Got period\["),
    "pandas big-endian": (pd.Series(np.array([1], dtype=">i8")), "Got >i8"),
    "pandas mixed": (pd.Series([1, "a"]), r"Got int \(1\), str \('a'\)"),
    "pandas mixed late": (pd.Series(["a"] * 500 + [1]), r"Got int \(1\), str"),
    "pandas objects": (pd.Series([True, 1], dtype=object), r"Got bool \(True\), int"),
    "pandas float category": (pd.Series([1.5]).astype("category"), r"Got float"),
    "pandas decimals": (pd.Series([Decimal(1)]), "Got Decimal"),
    "polars Boolean": (pl.Series([True]), "Got Boolean"),
    "polars Float32": (pl.Series([1.0], dtype=pl.Float32), "Got Float32"),
    "polars List": (pl.Series([[1]]), "Got List"),
    "polars Binary": (pl.Series([b"a"]), "Got Binary"),
    "polars Decimal": (pl.Series([Decimal(1)]), "Got Decimal"),
    "polars Int128": (pl.Series([1], dtype=pl.Int128), "Got Int128"),
    "pyarrow bool": (chunked([True]), "Got Boolean"),
    "pyarrow double": (chunked([1.0]), "Got Float64"),
}


@pytest.mark.parametrize(("values", "seen"), NO_IDS.values(), ids=NO_IDS.keys())
def test_other_ids_are_refused(values, seen):
    with pytest.raises(TypeError, match=f"item ids in column .*{seen}.* Cast"):
        read_ids(column(values), role="item")


# ------------------------------------------------------------------------ nulls
NULLS = {
    "pandas float": pd.Series([np.nan, 1.0, np.nan]),
    "pandas Int64": pd.Series([pd.NA, 1, pd.NA], dtype="Int64"),
    "pandas object": pd.Series([None, "a", np.nan], dtype=object),
    "pandas str": pd.Series([None, "a", None], dtype="str"),
    "pandas category": pd.Series([None, "a", None]).astype("category"),
    "pandas datetime": pd.Series(pd.to_datetime([None, "2024-01-01", None])),
    "polars null and NaN": pl.Series([None, 1.0, float("nan")]),
    "polars String": pl.Series([None, "a", None]),
    "pyarrow null and NaN": chunked([None, 1.0], [float("nan")]),
    "pyarrow string": chunked([None, "a", None]),
}


@pytest.mark.parametrize("values", NULLS.values(), ids=NULLS.keys())
def test_nulls_and_nan_are_found(values):
    assert null_rows(column(values)).tolist() == [0, 2]


@pytest.mark.parametrize("values", [pl.Series([None, None]), chunked([None], [None])])
def test_a_column_of_nothing_is_all_null(values):
    assert null_rows(column(values)).tolist() == [0, 1]


# ------------------------------------------------------------------------ times
def seconds(values, unit="s"):
    times, per_second = read_times(column(values), unit=unit)
    assert times.dtype.kind in "iuf"
    return (times / per_second).tolist()


UTC = datetime.UTC
CET = datetime.timezone(datetime.timedelta(hours=1))
DAY = datetime.date(1970, 1, 2)
NAIVE = [datetime.datetime(1970, 1, 2), datetime.datetime(1969, 12, 31, 23, 59, 59)]
AWARE = [datetime.datetime(1970, 1, 2, 1, tzinfo=CET), NAIVE[1].replace(tzinfo=UTC)]
EXPECTED = [86_400.0, -1.0]
DATETIMES = {
    **{f"numpy {u}": pd.Series(np.array(NAIVE, f"M8[{u}]")) for u in ("s", "ms", "us")},
    "numpy ns": pd.Series(np.array(NAIVE, "M8[us]").astype("M8[ns]")),
    "pandas index": pd.Series(pd.to_datetime(NAIVE), index=[4, 4]),
    "pandas zone": pd.Series(pd.to_datetime(AWARE, utc=True)).dt.tz_convert(CET),
    "pandas objects": pd.Series(NAIVE, dtype=object),
    "pandas objects with zone": pd.Series(AWARE, dtype=object),
    "pandas timestamps": pd.Series([pd.Timestamp(t) for t in AWARE], dtype=object),
    "pandas arrow": pd.Series(NAIVE, dtype=pd.ArrowDtype(pa.timestamp("ms"))),
    "pandas arrow zone": pd.Series(AWARE, dtype="timestamp[us, UTC][pyarrow]"),
    "polars us": pl.Series(NAIVE),
    "polars ms": pl.Series(NAIVE, dtype=pl.Datetime("ms")),
    "polars ns": pl.Series(NAIVE, dtype=pl.Datetime("ns")),
    "polars zone": pl.Series(AWARE).dt.convert_time_zone("Asia/Tokyo"),
    **{f"pyarrow {u}": chunked(NAIVE[:1], NAIVE[1:], kind=pa.timestamp(u))
       for u in ("s", "ms", "us", "ns")},
    "pyarrow zone": chunked(AWARE, kind=pa.timestamp("us", "Asia/Tokyo")),
}  # fmt: skip


@pytest.mark.parametrize("values", DATETIMES.values(), ids=DATETIMES.keys())
@pytest.mark.parametrize("unit", ["s", "ns"])
def test_datetimes_are_read_in_utc_whatever_the_unit_of_numbers(values, unit):
    assert seconds(values, unit) == EXPECTED


DATES = {
    "pandas objects": pd.Series([DAY], dtype=object),
    "pandas arrow": pd.Series([DAY], dtype=pd.ArrowDtype(pa.date32())),
    "polars": pl.Series([DAY]),
    "pyarrow 32": chunked([DAY], kind=pa.date32()),
    "pyarrow 64": chunked([DAY], kind=pa.date64()),
}


@pytest.mark.parametrize("values", DATES.values(), ids=DATES.keys())
def test_dates_are_read_as_their_first_second(values):
    assert seconds(values) == [86_400.0]


NUMBERS = {
    **{f"pandas {kind}": pd.Series(np.array([5, 3], dtype=kind)) for kind in INTEGERS},
    "pandas float": pd.Series([5.0, 3.0]),
    "pandas float32": pd.Series([5.0, 3.0], dtype="float32"),
    "pandas float16": pd.Series([5.0, 3.0], dtype="float16"),
    "pandas Int64": pd.Series([5, 3], dtype="Int64"),
    "pandas Float64": pd.Series([5, 3], dtype="Float64"),
    "pandas objects": pd.Series([5, 3], dtype=object),
    "pandas float objects": pd.Series([5, 3.0], dtype=object),
    "pandas decimals": pd.Series([Decimal(5), Decimal(3)]),
    "polars UInt32": pl.Series([5, 3], dtype=pl.UInt32),
    "polars Decimal": pl.Series([Decimal(5), Decimal(3)]),
    "pyarrow double": chunked([5.0], [3.0]),
    "pyarrow decimal": chunked([Decimal(5), Decimal(3)]),
}


@pytest.mark.parametrize("values", NUMBERS.values(), ids=NUMBERS.keys())
def test_numbers_are_times_since_1970(values):
    assert seconds(values) == [5.0, 3.0]


@pytest.mark.parametrize(
    ("unit", "expected"), [("s", 3e9), ("ms", 3e6), ("us", 3e3), ("ns", 3.0)]
)
def test_numbers_are_in_the_unit_that_is_named(unit, expected):
    assert seconds(pd.Series([3_000_000_000]), unit) == [expected]
    assert seconds(pl.Series([3e9]), unit) == [expected]


TEXTS = {
    "dates": ["2024-01-31", "1969-12-31"],
    "minutes": ["2024-01-31T10:20", "1969-12-31 23:59"],
    "seconds": ["2024-01-31T10:20:30", "1969-12-31 23:59:59"],
    "fractions": ["2024-01-31 10:20:30.5", "2024-01-31 10:20:30.000001"],
    "date or time": ["2024-01-31", "2024-01-31 10:20:30.123456"],
    "UTC": ["2024-01-31T10:20:30Z", "2024-01-31T10:20:30.25Z"],
    "zones": ["2024-01-31T10:20+05:30", "2024-01-31T10:20-0030", "2024-01-31 10:20Z"],
}


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
@each_library
def test_iso_text_is_read_in_utc(make, texts):
    read = map(datetime.datetime.fromisoformat, texts)
    expected = [t if t.tzinfo else t.replace(tzinfo=UTC) for t in read]
    assert seconds(make(texts)) == [t.timestamp() for t in expected]


@pytest.mark.parametrize("kind", [object, "string", "string[python]", "str"])
def test_iso_text_of_every_pandas_kind_is_read(kind):
    assert seconds(pd.Series(["1970-01-02"], dtype=kind)) == [86_400.0]


@pytest.mark.parametrize(
    "wrong",
    ["31.01.2024", "2024", "2024-1-31", "20240131", "", "now", "NaT", " 2024-01-31",
     "2024-01-31T10", "2024-01-31T10:20+05", "2024-02-30", "2024-01-31T24:00"],
)  # fmt: skip
@each_library
def test_text_that_is_no_time_is_named_with_its_row(make, wrong):
    texts = ["2024-01-31"] * 3 + [wrong] + ["2024-01-31"]
    shown = re.escape(repr(wrong))
    with pytest.raises(
        ValueError, match=f"has 1 text that .* times: {shown} in row 3. "
    ):
        seconds(make(texts))


@each_library
def test_the_first_texts_that_are_no_times_are_listed(make):
    with pytest.raises(
        ValueError, match=r"4 texts.*'a' in row 1, 'b' in row 2, 'c' in"
    ):
        seconds(make(["2024-01-31", "a", "b", "c", "d"]))


def test_long_text_is_read_in_chunks(monkeypatch):
    monkeypatch.setattr(_columns, "_CHUNK", 2)
    texts = [
        f"1970-01-01T00:00:0{n}{zone}" for n in range(5) for zone in ("Z", "+0000")
    ]
    assert seconds(pd.Series(texts)) == [n for n in range(5) for _ in range(2)]
    days = ["2024-01-01", "2024-02-30", "2024-01-01", "2024-01-01", "2024-13-01"]
    with pytest.raises(
        ValueError, match=r"2 texts .*'2024-02-30' in row 1.*01' in row 4"
    ):
        seconds(pd.Series(days))


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["2024-01-01T00:00", "2024-01-01T00:00Z"]),
        pd.Series([datetime.datetime(2024, 1, 1), AWARE[0]], dtype=object),
    ],
    ids=["text", "objects"],
)
def test_times_with_and_without_a_zone_are_not_mixed(values):
    with pytest.raises(
        ValueError, match=r"a zone \(first in row 1\).*\(first in row 0"
    ):
        seconds(values)


NO_TIMES = {
    "pandas bool": (pd.Series([True]), "Got Boolean"),
    "pandas bool objects": (pd.Series([True, 1], dtype=object), "type bool and int"),
    "pandas mixed": (pd.Series(["2024-01-01", 5]), "type int and str"),
    "pandas mixed late": (pd.Series(["2024-01-01"] * 500 + [5]), "type int and str"),
    "pandas timedelta": (pd.Series(pd.to_timedelta([1], unit="s")), "Got Duration"),
    "pandas period": (pd.Series(pd.period_range("2024", periods=1)), r"Got period\["),
    "pandas category": (pd.Series(["2024-01-01"]).astype("category"), "Got Categor"),
    "polars Time": (pl.Series([datetime.time(1)]), "Got Time"),
    "polars List": (pl.Series([[1]]), "Got List"),
    "polars Int128": (pl.Series([1], dtype=pl.Int128), "Got Int128"),
    "pyarrow bool": (chunked([True]), "Got Boolean"),
}


@pytest.mark.parametrize(("values", "seen"), NO_TIMES.values(), ids=NO_TIMES.keys())
def test_other_times_are_refused(values, seen):
    with pytest.raises(TypeError, match=f"must hold datetimes, .*{seen}.*Convert it"):
        seconds(values)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1.0, np.inf, -np.inf]),
        pd.Series([1.0, float("inf"), float("-inf")], dtype=object),
        pl.Series([1.0, np.inf, -np.inf], dtype=pl.Float32),
        chunked([1.0], [np.inf, -np.inf]),
    ],
    ids=["pandas", "pandas objects", "polars", "pyarrow"],
)
def test_infinite_times_are_counted(values):
    with pytest.raises(ValueError, match=r"has 2 infinite times, first in row 1. Drop"):
        seconds(values)


def test_numbers_order_events_in_place_of_times():
    positions, per_second = read_positions(column(pl.Series([2, 0, 1])))
    assert positions.tolist() == [2, 0, 1]
    assert per_second == 1


@pytest.mark.parametrize("values", [pd.Series(["1"]), pl.Series([DAY])])
def test_positions_are_numbers(values):
    with pytest.raises(TypeError, match=r"orders the events.*must hold numbers. Got"):
        read_positions(column(values))


# ------------------------------------------------------------------------ context
CHANNELS = {
    "pandas int": pd.Series([1, 0, 2]),
    "pandas Int64": pd.Series([1, None, 2], dtype="Int64"),
    "pandas float": pd.Series([1, None, 2]),
    "pandas bool": pd.Series([True, False, True]),
    "pandas boolean": pd.Series([True, None, False], dtype="boolean"),
    "pandas bool objects": pd.Series([True, None, False], dtype=object),
    "pandas decimals": pd.Series([Decimal("1.5"), None, Decimal(2)], dtype=object),
    "pandas number objects": pd.Series([1, None, 2.5], dtype=object),
    "pandas arrow": pd.Series([1, None, 2], dtype="int64[pyarrow]"),
    "polars Int8": pl.Series([1, None, 2], dtype=pl.Int8),
    "polars Boolean": pl.Series([True, None, False]),
    "polars Decimal": pl.Series([Decimal("1.5"), None, Decimal(2)]),
    "polars Null": pl.Series([None, None, None]),
    "pyarrow int64": chunked([2**62, None], [2]),
    "pyarrow uint8": chunked([1, None], [2], kind=pa.uint8()),
    "pyarrow bool": chunked([True, None], [False]),
    "pyarrow double": chunked([1.0, None], [2.0]),
    "pyarrow null": chunked([None], [None, None]),
}


@pytest.mark.parametrize("values", CHANNELS.values(), ids=CHANNELS.keys())
def test_numbers_and_booleans_become_floats_with_nan_at_nulls(values):
    series = column(values)
    channel = read_channel(series)
    assert channel.categories is None
    assert channel.values.dtype == np.float64
    expected = [np.nan if pd.isna(v) else float(v) for v in series.to_list()]
    np.testing.assert_array_equal(channel.values, expected)


CATEGORIES = ["b", None, "a", "b"]
CATEGORY_COLUMNS = {
    **{f"pandas {kind}": pd.Series(CATEGORIES, dtype=kind)
       for kind in ("object", "str", "string", "string[python]", "category")},
    "pandas NaN": pd.Series(["b", np.nan, "a", "b"], dtype=object),
    "polars String": pl.Series(CATEGORIES),
    "polars Categorical": pl.Series(CATEGORIES, dtype=pl.Categorical),
    "polars Enum": pl.Series(CATEGORIES, dtype=pl.Enum(["b", "a", "z"])),
    "pyarrow string": chunked(CATEGORIES[:2], CATEGORIES[2:]),
    "pyarrow dictionary": dictionary(CATEGORIES[:2], CATEGORIES[2:]),
}  # fmt: skip


@pytest.mark.parametrize(
    "values", CATEGORY_COLUMNS.values(), ids=CATEGORY_COLUMNS.keys()
)
def test_text_becomes_numbers_of_categories(values):
    channel = read_channel(column(values))
    assert channel.categories.tolist() == ["a", "b"]
    assert channel.values.tolist() == [1, -1, 0, 1]
    assert channel.values.dtype == np.int32


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        (pd.Series(pd.to_datetime(["2024-01-01"])), "Datetime"),
        (pd.Series([1, "a"]), "Python objects of type int and str"),
        (pd.Series(["a"] * 500 + [1]), "Python objects of type int and str"),
        (pd.Series([[1], [2]]), "Python objects of type list"),
        (pl.Series([[1]]), "List"),
    ],
    ids=["datetime", "mixed", "mixed late", "lists", "polars lists"],
)
def test_other_context_is_refused(values, seen):
    with pytest.raises(TypeError, match=f"numbers, booleans or text. Got {seen}"):
        read_channel(column(values))
