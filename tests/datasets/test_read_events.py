import gzip

import narwhals as nw
import pytest

from seqrec.datasets import _read_events, read_events
from seqrec.datasets._backends import FRAMES

LOG = {
    "rating": [4.5, 3.0, 1.0],
    "item_id": ["B", "A", "NA"],
    "user_id": [2, 1, 2],
    "note": ["x", "y, z", ""],
    "timestamp": [30, 10, 20],
}
TEXT = (
    "rating,item_id,user_id,note,timestamp\n"
    '4.5,B,2,x,30\n3.0,A,1,"y, z",10\n1.0,NA,2,,20\n'
)
WANTED = {name: LOG[name] for name in ("user_id", "item_id", "timestamp")}


@pytest.fixture(params=FRAMES)
def frame(request):
    pytest.importorskip(request.param)
    return request.param


def as_lists(table):
    return nw.from_native(table).to_dict(as_series=False)


def write(path, text):
    raw = text.encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def write_parquet(path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(LOG), path)
    return path


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "LOG.CSV"])
def test_csv_gives_the_three_columns_in_row_order(tmp_path, frame, name):
    events = read_events(write(tmp_path / name, TEXT), frame=frame)
    assert type(events).__module__.split(".")[0] == frame
    assert list(nw.from_native(events).columns) == list(WANTED)
    assert as_lists(events) == WANTED


@pytest.mark.parametrize("name", ["log.tsv", "log.tsv.gz"])
def test_tsv_is_split_at_tabs(tmp_path, frame, name):
    text = "user_id\titem_id\ttimestamp\n1\tA,B\t10\n"
    events = read_events(write(tmp_path / name, text), frame=frame)
    assert as_lists(events) == {"user_id": [1], "item_id": ["A,B"], "timestamp": [10]}


def test_separator_replaces_that_of_the_ending(tmp_path, frame):
    text = "user_id;item_id;timestamp\n1;A;10\n"
    events = read_events(write(tmp_path / "log.csv", text), separator=";", frame=frame)
    assert as_lists(events) == {"user_id": [1], "item_id": ["A"], "timestamp": [10]}


def test_parquet_gives_the_three_columns_in_row_order(tmp_path, frame):
    events = read_events(write_parquet(tmp_path / "log.parquet"), frame=frame)
    assert type(events).__module__.split(".")[0] == frame
    assert list(nw.from_native(events).columns) == list(WANTED)
    assert as_lists(events) == WANTED


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_columns_may_have_other_names_and_context_follows_them(tmp_path, frame, name):
    path = tmp_path / name
    write_parquet(path) if name == "log.parquet" else write(path, TEXT)
    events = read_events(
        path, user="item_id", item="note", context=["rating", "user_id"], frame=frame
    )
    names = ["item_id", "note", "timestamp", "rating", "user_id"]
    assert list(nw.from_native(events).columns) == names
    assert as_lists(events)["rating"] == LOG["rating"]


def test_time_may_be_absent_or_a_position(tmp_path, frame):
    path = write(tmp_path / "log.csv", "user_id,position,item_id\n1,0,A\n")
    without = read_events(path, time=None, frame=frame)
    assert as_lists(without) == {"user_id": [1], "item_id": ["A"]}
    with_position = read_events(path, frame=frame)
    assert as_lists(with_position) == {
        "user_id": [1],
        "item_id": ["A"],
        "position": [0],
    }


def test_empty_fields_are_missing_and_na_is_an_item(tmp_path, frame):
    text = "user_id,item_id,timestamp\n1,NA,10\n1,,20\n1,null,30\n"
    events = read_events(write(tmp_path / "log.csv", text), frame=frame)
    items = nw.from_native(events)["item_id"]
    assert items.is_null().to_list() == [False, True, False]
    assert items.drop_nulls().to_list() == ["NA", "null"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path, frame):
    path = write(tmp_path / "log.csv", "\ufeffuser_id,item_id,timestamp\n1,2,3\n")
    assert as_lists(read_events(path, frame=frame)) == {
        "user_id": [1],
        "item_id": [2],
        "timestamp": [3],
    }


def test_ids_that_turn_to_text_late_are_text_throughout(tmp_path, frame, monkeypatch):
    monkeypatch.setattr(_read_events, "_POLARS_ROWS", 10)
    lines = ["user_id,item_id,timestamp", *["1,7,10"] * 50, "1,A7,10"]
    path = write(tmp_path / "log.csv", "\n".join(lines) + "\n")
    items = as_lists(read_events(path, frame=frame))["item_id"]
    assert items == ["7"] * 50 + ["A7"]


def test_missing_file_names_the_closest(tmp_path):
    write(tmp_path / "events.csv", TEXT)
    message = r"event.csv' does not exist. Did you mean 'events.csv'\?"
    with pytest.raises(FileNotFoundError, match=message):
        read_events(tmp_path / "event.csv")


def test_folder_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_events(tmp_path)


def test_file_in_a_missing_folder_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"log.csv' does not exist\.$"):
        read_events(tmp_path / "no" / "log.csv")


def test_unknown_ending_lists_those_that_are_read(tmp_path):
    path = write(tmp_path / "log.xlsx", TEXT)
    with pytest.raises(ValueError, match=r"unknown ending.* \.csv, .*\.parquet"):
        read_events(path)


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_all_missing_columns_are_reported_at_once(tmp_path, frame, name):
    path = tmp_path / name
    write_parquet(path) if name == "log.parquet" else write(path, TEXT)
    with pytest.raises(ValueError, match=r"'user' .*'rating', .*'item'") as caught:
        read_events(path, user="user", item="item", frame=frame)
    assert "Did you mean 'user_id'?" in str(caught.value)
    assert "Did you mean 'item_id'?" in str(caught.value)


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_file_of_no_bytes_is_empty(tmp_path, name):
    with pytest.raises(ValueError, match=r"is empty \(0 bytes\)"):
        read_events(write(tmp_path / name, ""))


def test_file_without_rows_is_reported(tmp_path, frame):
    path = write(tmp_path / "log.csv", "user_id,item_id,timestamp\n")
    with pytest.raises(ValueError, match="column names and no rows"):
        read_events(path, frame=frame)


def test_parquet_file_that_is_text_is_reported(tmp_path, frame):
    pytest.importorskip("pyarrow")
    path = write(tmp_path / "log.parquet", TEXT)
    with pytest.raises(ValueError, match=f"{frame} cannot read the file") as caught:
        read_events(path, frame=frame)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_csv_file_that_is_no_text_is_reported(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"PAR1\xff\xfe\x00\x81")
    with pytest.raises(ValueError, match=r"first line .* cannot be read"):
        read_events(path)


def test_parquet_for_pandas_without_pyarrow_names_the_install_line(
    tmp_path, monkeypatch
):
    pytest.importorskip("pandas")
    path = write(tmp_path / "log.parquet", TEXT)
    monkeypatch.setattr(_read_events, "is_installed", lambda name: name != "pyarrow")
    with pytest.raises(ImportError, match="pip install pyarrow"):
        read_events(path, frame="pandas")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"context": "rating"},
            TypeError,
            r"Got the str 'rating'.*write \('rating',\)",
        ),
        ({"separator": "::"}, ValueError, "must be one character or None. Got '::'"),
        ({"separator": 3}, TypeError, "must be one character or None. Got 3"),
        ({"frame": "dask"}, ValueError, "'frame' parameter of read_events"),
    ],
)
def test_wrong_parameters_are_named(tmp_path, options, error, message):
    path = write(tmp_path / "log.csv", TEXT)
    with pytest.raises(error, match=message):
        read_events(path, **options)
