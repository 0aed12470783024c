import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from seqrec.data import _frames
from seqrec.data._frames import (
    column_names,
    frame_from,
    frame_like,
    is_frame,
    read_frame,
    take_rows,
    with_column,
)
from tests.tables import KINDS, to_lists

COLUMNS = {"a": [3, 1, 2], "b": ["x", "y", "z"]}
each_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())


@each_kind
def test_tables_are_frames(make):
    table = make(COLUMNS)
    assert is_frame(table)
    assert read_frame(table, owner="f").columns == ["a", "b"]
    assert column_names(table) == ["a", "b"]


@pytest.mark.parametrize(
    "X",
    [[[1, 2]], np.zeros((2, 2)), pd.Series([1]), pl.Series([1]), {"a": [1]}, None, "a"],
    ids=lambda X: type(X).__name__,
)
def test_other_things_are_no_frames(X):
    assert not is_frame(X)
    name = type(X).__name__
    with pytest.raises(TypeError, match=f"f needs an event log: .* Got {name}."):
        read_frame(X, owner="f")


def test_a_lazy_frame_has_to_be_collected():
    assert is_frame(pl.LazyFrame(COLUMNS))
    with pytest.raises(TypeError, match=r"f needs a table in memory.*collect"):
        read_frame(pl.LazyFrame(COLUMNS), owner="f")


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]),
        pa.table([[1], [2], [3]], names=["a", "b", "a"]),
    ],
    ids=["pandas", "pyarrow"],
)
def test_column_names_that_repeat_are_refused(table):
    assert is_frame(table)
    with pytest.raises(ValueError, match=r"f needs .*differ in name.*'a' 2 times"):
        read_frame(table, owner="f")


@each_kind
def test_rows_are_taken_in_the_order_asked_for(make):
    taken = take_rows(make(COLUMNS), np.array([2, 0], dtype=np.int32))
    assert isinstance(taken, type(make(COLUMNS)))
    assert to_lists(taken) == {"a": [2, 3], "b": ["z", "x"]}


@each_kind
def test_no_row_can_be_taken(make):
    assert to_lists(take_rows(make(COLUMNS), [])) == {"a": [], "b": []}


def test_rows_are_taken_by_place_whatever_the_index():
    table = pd.DataFrame(COLUMNS, index=[2, 0, 0])
    taken = take_rows(table, [0, 2])
    assert taken["a"].tolist() == [3, 2]
    assert taken.index.tolist() == [2, 0]


@each_kind
def test_a_column_is_added_at_the_end(make):
    table = make(COLUMNS)
    found = with_column(table, "c", np.array([7, 8, 9]))
    assert to_lists(found) == {**COLUMNS, "c": [7, 8, 9]}
    assert to_lists(table) == COLUMNS


def test_a_column_is_added_by_place_whatever_the_index():
    table = pd.DataFrame(COLUMNS, index=[5, 5, 1])
    found = with_column(table, "c", np.array([7, 8, 9]))
    assert found["c"].tolist() == [7, 8, 9]
    assert found.index.tolist() == [5, 5, 1]


@each_kind
@pytest.mark.parametrize("n", [0, 2])
def test_a_frame_of_the_same_kind_is_made_of_columns(make, n):
    columns = {
        "user": np.array(["u", "v"], dtype=object)[:n],
        "rank": np.array([1, 2])[:n],
        "score": np.array([0.5, 0.25])[:n],
    }
    table = make(COLUMNS)
    found = frame_like(table, columns)
    assert isinstance(found, type(table))
    assert to_lists(found) == {
        "user": ["u", "v"][:n],
        "rank": [1, 2][:n],
        "score": [0.5, 0.25][:n],
    }
    like = make({"user": ["u"], "rank": [1], "score": [0.5]})
    assert read_frame(found, owner="f").schema == read_frame(like, owner="f").schema


def test_without_a_table_a_frame_is_of_the_first_library(monkeypatch):
    columns = {"a": np.array([1, 2])}
    assert isinstance(frame_from(columns), pd.DataFrame)
    missing = {"pandas"}
    monkeypatch.setattr(
        _frames, "find_spec", lambda name: None if name in missing else name
    )
    assert isinstance(frame_from(columns), pl.DataFrame)
    missing.add("polars")
    assert isinstance(frame_from(columns), pa.Table)
    missing.add("pyarrow")
    with pytest.raises(ImportError, match="pip install pandas"):
        frame_from(columns)


def test_reading_a_polars_table_loads_no_other_table_library():
    source = (
        "import sys, polars as pl; from seqrec.data import read_event_log\n"
        "read_event_log(pl.DataFrame({'user_id': [1], 'item_id': ['a'],"
        " 'timestamp': ['2024-01-01']}))\n"
        "sys.exit('pandas' in sys.modules or 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", source])
    assert done.returncode == 0
