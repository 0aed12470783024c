import pytest

from seqrec.data.schema import EventSchema

ALL = ["user_id", "item_id", "timestamp"]


def test_nothing_is_missing_from_the_usual_columns():
    assert EventSchema().missing(ALL) == []


def test_each_missing_column_is_named_with_its_parameter():
    problems = EventSchema(context=("price",)).missing(["user", "item", "price "])
    assert [problem.split(" is missing")[0] for problem in problems] == [
        "Column 'user_id' (user)",
        "Column 'item_id' (item)",
        "Column 'timestamp' (time)",
        "Column 'price' (context)",
    ]
    assert "the table has 'user', 'item', 'price '." in problems[0]
    assert "Did you mean 'user'? Name the column with user=." in problems[0]
    assert "Name the column with time=." in problems[2]


def test_a_long_list_of_columns_is_cut():
    (problem,) = EventSchema(time=None).missing(
        ["user_id", *(f"column_{n}" for n in range(20))]
    )
    assert "'column_10' and 9 more" in problem
    assert "'column_11'" not in problem


def test_a_table_without_columns_is_said_to_have_none():
    assert "the table has no columns." in EventSchema().missing([])[0]


@pytest.mark.parametrize(
    ("time", "columns", "order", "has_times"),
    [
        ("timestamp", ["timestamp", "position"], "timestamp", True),
        ("timestamp", ["position"], "position", False),
        ("timestamp", ["other"], None, False),
        ("when", ["position"], None, False),
        ("position", ["position"], "position", True),
        (None, ["timestamp", "position"], None, False),
    ],
)
def test_order_comes_from_times_or_else_from_positions(time, columns, order, has_times):
    schema = EventSchema(time=time)
    assert schema.order_column(columns) == order
    assert schema.has_times(columns) is has_times


def test_positions_stand_in_for_the_default_time_column_only():
    columns = ["user_id", "item_id", "position"]
    assert EventSchema().missing(columns) == []
    assert len(EventSchema(time="when").missing(columns)) == 1


def test_rows_in_order_and_logs_without_items_need_no_such_column():
    assert EventSchema(item=None, time=None).missing(["user_id"]) == []
