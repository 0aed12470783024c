import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.data._columns import Channel
from seqrec.data.event_log import event_order, read_event_log
from seqrec.data.schema import EventSchema
from tests.strategies import event_logs
from tests.tables import KINDS, to_lists

each_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())

COLUMNS = {
    "user_id": [2, 1, 2, 2],
    "item_id": ["b", "a", "a", "b"],
    "timestamp": [9, 5, 7, 9],
}


def sorted_by_pandas(columns):
    """Return the log in user and time order, sorted by someone else."""
    events = pd.DataFrame(columns).reset_index(names="row")
    users, times = columns["user_id"], columns["timestamp"]
    events["user"] = [sorted(set(users)).index(user) for user in users]
    events["time"] = [sorted(set(times)).index(time) for time in times]
    return events.sort_values(["user", "time"], kind="mergesort")


@each_kind
@given(columns=event_logs())
def test_log_is_what_a_stable_sort_gives(make, columns):
    log = read_event_log(make(columns))
    expected = sorted_by_pandas(columns)
    assert log.users.tolist() == sorted(set(columns["user_id"]))
    assert log.users[np.repeat(np.arange(len(log.users)), log.lengths)].tolist() == (
        expected["user_id"].tolist()
    )
    assert log.item_ids[log.items].tolist() == expected["item_id"].tolist()
    assert log.item_ids.tolist() == sorted(set(columns["item_id"]))
    assert log.times.tolist() == [float(t) for t in expected["timestamp"]]
    assert log.table_rows(np.arange(len(log))).tolist() == expected["row"].tolist()
    assert len(log) == len(columns["user_id"])
    assert log.times.dtype == np.float64
    assert log.items.dtype == np.int32


@given(event_logs(), st.sampled_from(["int8", "int32", "uint64", "float32", "float64"]))
def test_times_of_any_type_are_sorted_as_numbers(columns, kind):
    low = 0 if kind == "uint64" else -128
    times = [max(low, time % 256 - 128) for time in columns["timestamp"]]
    columns = {**columns, "timestamp": np.array(times, dtype=kind)}
    log = read_event_log(pd.DataFrame(columns))
    expected = sorted_by_pandas({**columns, "timestamp": times})
    assert log.table_rows(np.arange(len(log))).tolist() == expected["row"].tolist()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_float_times_are_sorted_as_floats(times):
    users = np.zeros(len(times), dtype=np.int32)
    order = event_order(users, np.array(times))
    expected = np.argsort(np.array(times) + 0.0, kind="stable")
    found = np.arange(len(times)) if order is None else order
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("step", [1, 10**3, 10**6, 10**9])
@given(times=st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=8))
def test_whole_seconds_in_finer_units_are_sorted_like_seconds(step, times):
    ticks = np.array([7 + time * step for time in times])
    users = np.zeros(len(times), dtype=np.int32)
    order = event_order(users, ticks)
    found = np.arange(len(times)) if order is None else order
    np.testing.assert_array_equal(found, np.argsort(times, kind="stable"))


def test_one_time_between_the_steps_is_kept_apart():
    ticks = np.array([5 * 10**9, 2 * 10**9 + 1, 2 * 10**9, 0])
    assert event_order(np.zeros(4, np.int32), ticks).tolist() == [3, 2, 1, 0]


def test_zeros_of_both_signs_are_one_time():
    times = np.array([1.0, 0.0, -0.0, 0.0])
    assert event_order(np.zeros(4, np.int32), times).tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize("times", [[2**64 - 1, 0, 2**63], [2**63, 0, 1]])
def test_unsigned_times_use_the_whole_range(times):
    ticks = np.array(times, dtype=np.uint64)
    order = event_order(np.zeros(3, np.int32), ticks)
    assert order.tolist() == np.argsort(ticks, kind="stable").tolist()


def test_a_sorted_table_is_not_sorted_again():
    columns = {"user_id": [1, 1, 2], "item_id": [5, 6, 5], "timestamp": [3, 3, 1]}
    log = read_event_log(pd.DataFrame(columns))
    assert log.rows is None
    assert log.table_rows(np.array([2, 0])).tolist() == [2, 0]
    assert event_order(np.array([0]), np.array([5])) is None


def test_users_out_of_order_with_rising_times_need_no_times():
    log = read_event_log(
        pd.DataFrame(
            {"user_id": [2, 1, 2], "item_id": [1, 1, 1], "timestamp": [1, 2, 3]}
        )
    )
    assert log.rows.tolist() == [1, 0, 2]
    assert log.times.tolist() == [2, 1, 3]


@each_kind
def test_table_is_left_as_it_was(make):
    table = make(COLUMNS)
    log = read_event_log(table, EventSchema(context=("item_id",)))
    log.times[:] = 0.0
    log.items[:] = 0
    log.offsets[:] = 0
    assert to_lists(table) == COLUMNS


def test_log_shares_no_memory_with_the_table():
    columns = {"user_id": [1, 1, 2], "item_id": [5, 6, 5], "timestamp": [1.0, 2.0, 3.0]}
    table = pd.DataFrame({**columns, "price": [1.0, 2.0, 3.0]})
    log = read_event_log(table, EventSchema(context=("price",)))
    assert log.rows is None
    for name in ("user_id", "item_id", "timestamp"):
        for array in (log.users, log.item_ids, log.items, log.times):
            assert not np.shares_memory(array, table[name].to_numpy())


@pytest.mark.parametrize("index", [[3, 2, 1, 0], [0, 0, 0, 0], list("wxyz")])
def test_index_of_pandas_plays_no_part(index):
    log = read_event_log(pd.DataFrame(COLUMNS, index=index))
    assert log.rows.tolist() == [1, 2, 0, 3]


@each_kind
def test_context_comes_in_event_order(make):
    columns = {**COLUMNS, "price": [1.0, 2.0, 3.0, 4.0], "kind": ["v", None, "b", "v"]}
    log = read_event_log(make(columns), EventSchema(context=("kind", "price")))
    assert list(log.context) == ["kind", "price"]
    assert isinstance(log.context["price"], Channel)
    assert log.context["price"].values.tolist() == [2.0, 3.0, 1.0, 4.0]
    assert log.context["kind"].values.tolist() == [-1, 0, 1, 1]
    assert log.context["kind"].categories.tolist() == ["b", "v"]


@each_kind
def test_positions_order_events_and_are_no_times(make):
    columns = {"user_id": [1, 1, 1], "item_id": ["a", "b", "c"], "position": [2, 0, 1]}
    log = read_event_log(make(columns))
    assert log.times is None
    assert log.item_ids[log.items].tolist() == ["b", "c", "a"]
    named = read_event_log(make(columns), EventSchema(time="position"))
    assert named.times.tolist() == [0.0, 1.0, 2.0]


@each_kind
def test_without_a_time_column_rows_are_in_order(make):
    log = read_event_log(make(COLUMNS), EventSchema(time=None))
    assert log.times is None
    assert log.rows.tolist() == [1, 0, 2, 3]


@each_kind
def test_without_an_item_column_there_are_no_items(make):
    log = read_event_log(make(COLUMNS), EventSchema(item=None))
    assert log.items is None
    assert log.item_ids is None
    assert log.rows.tolist() == [1, 2, 0, 3]
    assert len(log) == 4
    assert log.count_repeats() == 0


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 1000), ("ns", 10**9)])
def test_times_are_seconds_whatever_the_unit(unit, scale):
    columns = {**COLUMNS, "timestamp": [time * scale for time in COLUMNS["timestamp"]]}
    log = read_event_log(pd.DataFrame(columns), time_unit=unit)
    assert log.times.tolist() == [5.0, 7.0, 9.0, 9.0]


# ------------------------------------------------------------------------ repeats
@given(event_logs())
def test_repeats_are_events_beyond_the_first_of_their_kind(columns):
    log = read_event_log(pd.DataFrame(columns))
    events = zip(
        columns["user_id"],
        columns["item_id"],
        map(float, columns["timestamp"]),
        strict=True,
    )
    assert log.count_repeats() == len(log) - len(set(events))


def test_repeats_need_not_stand_together():
    columns = {"user_id": [1] * 5, "item_id": list("abacb"), "timestamp": [7] * 5}
    assert read_event_log(pd.DataFrame(columns)).count_repeats() == 2


def test_a_log_without_times_has_no_repeats():
    columns = {"user_id": [1, 1], "item_id": [3, 3], "position": [0, 0]}
    assert read_event_log(pd.DataFrame(columns)).count_repeats() == 0


# ------------------------------------------------------------------------ errors
@each_kind
def test_everything_wrong_with_a_table_is_listed_at_once(make):
    columns = {
        "user_id": [1, None, 3, None],
        "item": ["a", "b", "c", "d"],
        "timestamp": ["2024-01-01", "x", "2024-01-01", "2024-01-01"],
        "tags": [[1], [2], [3], [4]],
    }
    with pytest.raises(ValueError, match="Reader cannot use this event log") as caught:
        read_event_log(
            make(columns), EventSchema(context=("tags", "price")), owner="Reader"
        )
    _, *problems = str(caught.value).split("\n- ")
    assert len(problems) == 5
    assert problems[0].startswith("Column 'item_id' (item) is missing; the table has")
    assert "Did you mean 'item'?" in problems[0]
    assert problems[1].startswith("Column 'price' (context) is missing")
    assert problems[2] == (
        "Column 'user_id' (user) has 2 nulls, in rows 1, 3. Drop or fill them before "
        "fit."
    )
    assert "'x' in row 1" in problems[3]
    assert problems[4].startswith("Column 'tags' (context) must hold numbers")


def test_only_the_first_rows_with_nulls_are_listed():
    columns = {"user_id": [None] * 7 + [1], "item_id": [1] * 8, "timestamp": [1] * 8}
    with pytest.raises(ValueError, match="has 7 nulls, in rows 0, 1, 2, 3, 4, "):
        read_event_log(pl.DataFrame(columns))


@each_kind
@pytest.mark.parametrize("name", ["user_id", "item_id", "timestamp"])
def test_one_null_is_one_null(make, name):
    columns = {**COLUMNS, name: [COLUMNS[name][0], None, *COLUMNS[name][2:]]}
    with pytest.raises(ValueError, match=f"{name}' .* has 1 null, in row 1. Drop"):
        read_event_log(make(columns))


@pytest.mark.parametrize("value", [float("nan"), None])
def test_null_and_nan_times_are_both_nulls(value):
    columns = {**COLUMNS, "timestamp": [1.0, value, 2.0, value]}
    for make in KINDS.values():
        with pytest.raises(ValueError, match=r"\(time\) has 2 nulls, in rows 1, 3"):
            read_event_log(make(columns))


def test_null_in_a_nullable_integer_column_is_a_null():
    columns = {**COLUMNS, "user_id": pd.array([1, 1, pd.NA, 2], dtype="Int64")}
    with pytest.raises(ValueError, match=r"\(user\) has 1 null, in row 2"):
        read_event_log(pd.DataFrame(columns))


@each_kind
def test_positions_have_no_nulls_either(make):
    columns = {"user_id": [1, 1], "item_id": [1, 2], "position": [0, None]}
    with pytest.raises(ValueError, match=r"'position' \(order\) has 1 null, in row 1"):
        read_event_log(make(columns))


def test_kinds_alone_are_a_type_error():
    columns = {**COLUMNS, "user_id": [0.5, 1.0, 2.0, 3.0]}
    with pytest.raises(TypeError, match="user ids in column 'user_id' must be integ"):
        read_event_log(pd.DataFrame(columns))
    with pytest.raises(
        TypeError, match=r"'position', which orders .* must hold numbers"
    ):
        read_event_log(
            pl.DataFrame({"user_id": [1], "item_id": [1], "position": ["first"]})
        )


@each_kind
def test_a_table_without_rows_is_refused(make):
    columns = {name: values[:0] for name, values in COLUMNS.items()}
    with pytest.raises(ValueError, match="The table has no events; give it at least"):
        read_event_log(make(columns))


@pytest.mark.parametrize("X", [np.zeros((3, 3)), [[1, 2]], pl.LazyFrame(COLUMNS)])
def test_other_things_than_tables_are_refused(X):
    with pytest.raises(TypeError, match="Reader needs"):
        read_event_log(X, owner="Reader")
