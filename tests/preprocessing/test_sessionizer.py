import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from seqrec.preprocessing import SequenceEncoder, Sessionizer
from tests.strategies import event_logs
from tests.tables import KINDS, to_lists

each_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())

COLUMNS = {"user_id": [2, 1, 1, 1], "timestamp": [10, 4000, 0, 60]}


@each_kind
@given(columns=event_logs(), max_gap=st.sampled_from([1, 2, 2.5]))
def test_sessions_are_numbered_by_user_and_time(make, columns, max_gap):
    columns = {**columns, "timestamp": [t % 8 for t in columns["timestamp"]]}
    table = make(columns)
    found = Sessionizer(max_gap).fit_transform(table)
    assert isinstance(found, type(table))
    rows = range(len(columns["user_id"]))
    key = [(columns["user_id"][row], columns["timestamp"][row]) for row in rows]
    expected, number, before = {}, -1, None
    for row in sorted(rows, key=key.__getitem__):
        user, time = key[row]
        number += before is None or before[0] != user or time - before[1] > max_gap
        expected[row], before = number, (user, time)
    assert to_lists(found) == {**columns, "session_id": [expected[row] for row in rows]}
    assert to_lists(table) == columns


def test_index_of_pandas_is_kept():
    table = pd.DataFrame(COLUMNS, index=[5, 5, 2, 0])
    found = Sessionizer().transform(table)
    assert found["session_id"].tolist() == [2, 1, 0, 0]
    assert found.index.tolist() == [5, 5, 2, 0]
    assert list(table.columns) == ["user_id", "timestamp"]


def test_max_gap_is_in_seconds_whatever_the_times():
    table = pd.DataFrame(COLUMNS)
    as_dates = table.assign(timestamp=pd.to_datetime(table["timestamp"], unit="s"))
    in_ms = table.assign(timestamp=table["timestamp"] * 1000)
    for found in (
        Sessionizer().transform(as_dates),
        Sessionizer(time_unit="ms").transform(in_ms),
    ):
        assert found["session_id"].tolist() == [2, 1, 0, 0]
    assert Sessionizer(3940).transform(table)["session_id"].tolist() == [1, 0, 0, 0]
    assert Sessionizer(3939).transform(table)["session_id"].tolist() == [2, 1, 0, 0]


def test_sessions_become_rows_of_sequences():
    table = pl.DataFrame({**COLUMNS, "item_id": list("abcd")})
    pipeline = make_pipeline(Sessionizer(), SequenceEncoder(user="session_id"))
    assert pipeline.fit_transform(table).to_lists() == [["c", "d"], ["b"], ["a"]]


def test_it_needs_no_fit():
    assert not Sessionizer().__sklearn_tags__().requires_fit
    sessionizer = Sessionizer(user="who", session="visit")
    assert clone(sessionizer).get_params() == sessionizer.get_params()
    table = pd.DataFrame({"who": [1], "timestamp": [0]})
    assert sessionizer.transform(table)["visit"].tolist() == [0]
    assert sessionizer.fit(table) is sessionizer
    assert repr(sessionizer) == "Sessionizer(session='visit', user='who')"


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_the_kind_of_table_stays_whatever_the_output_of_transformers(output):
    with config_context(transform_output=output):
        for make in KINDS.values():
            table = make(COLUMNS)
            assert isinstance(Sessionizer().fit_transform(table), type(table))


@each_kind
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_a_column_that_is_there_is_not_overwritten(make, method):
    table = make({**COLUMNS, "session_id": [1, 1, 1, 1]})
    with pytest.raises(
        ValueError, match=r"has a column 'session_id' already. Name the"
    ):
        getattr(Sessionizer(), method)(table)


@each_kind
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_positions_are_no_times(make, method):
    table = make({"user_id": [1], "position": [0]})
    with pytest.raises(
        ValueError, match=r"needs times, not positions. Column 'timestamp'"
    ):
        getattr(Sessionizer(), method)(table)


@each_kind
def test_missing_columns_and_nulls_are_listed(make):
    with pytest.raises(
        ValueError, match=r"'user_id' \(user\) is.*\n.*\(time\) has 1 null"
    ):
        Sessionizer().transform(make({"user": [1, 2], "timestamp": [None, 3]}))
    with pytest.raises(ValueError, match=r"Sessionizer cannot .* has no events"):
        Sessionizer().fit(make({n: np.array([], int) for n in COLUMNS}))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"max_gap": 0}, "max_gap"),
        ({"time": None}, "time"),
        ({"time_unit": 1}, "time_un"),
    ],
)
def test_parameters_are_checked(options, name):
    with pytest.raises(ValueError, match=f"'{name}.* parameter of Sessionizer must be"):
        Sessionizer(**options).fit(pd.DataFrame(COLUMNS))
