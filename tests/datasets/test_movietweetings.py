from pathlib import Path

import narwhals as nw
import numpy as np
import pytest

from seqrec.datasets import load_movietweetings
from seqrec.datasets._backends import FRAMES

# Where a checkout has the files that the embedded ones were made from.
ORIGINAL = Path(__file__).parents[3] / "shared" / "data" / "movietweetings-5core"


@pytest.fixture(scope="module")
def data():
    return load_movietweetings()


def as_lists(table):
    """Return a table as a dict of lists, nested lists included."""
    columns = nw.from_native(table).to_dict(as_series=False)
    return {
        name: [list(v) if isinstance(v, list | np.ndarray) else v for v in values]
        for name, values in columns.items()
    }


def test_columns_and_types(data):
    events = nw.from_native(data.events)
    assert events.columns == ["user_id", "item_id", "timestamp", "rating"]
    assert set(events.schema.values()) == {nw.Int64}
    films = nw.from_native(data.item_features)
    assert films.columns == ["item_id", "title", "year", "genres"]
    assert films.schema["item_id"] == films.schema["year"] == nw.Int64
    assert films.schema["title"] in (nw.String, nw.Object)  # pandas 2 has no text type


def test_counts_are_those_of_the_description(data):
    events = nw.from_native(data.events)
    assert events.shape == (68_055, 4)
    assert nw.from_native(data.item_features).shape == (2_414, 4)
    for text in ("68,055 events", "4,333 users", "2,414 films", data.citation[:40]):
        assert text in data.DESCR
    assert events["user_id"].n_unique() == 4_333
    assert events["item_id"].n_unique() == 2_414


def test_every_user_and_film_has_five_events_and_none_is_rated_twice(data):
    events = nw.from_native(data.events)
    user, item = events["user_id"].to_numpy(), events["item_id"].to_numpy()
    assert np.unique(user, return_counts=True)[1].min() == 5
    assert np.unique(item, return_counts=True)[1].min() == 5
    assert len(np.unique(user * 10**8 + item)) == len(user)


def test_events_are_sorted_by_user_and_time(data):
    events = nw.from_native(data.events)
    user, time = events["user_id"].to_numpy(), events["timestamp"].to_numpy()
    assert (np.diff(user) >= 0).all()
    assert (np.diff(time)[np.diff(user) == 0] >= 0).all()


def test_every_rated_film_has_features(data):
    films = nw.from_native(data.item_features)["item_id"].to_numpy()
    rated = nw.from_native(data.events)["item_id"].to_numpy()
    np.testing.assert_array_equal(films, np.unique(rated))


def test_genres_are_lists_and_titles_keep_commas_and_accents(data):
    films = as_lists(data.item_features)
    first = {name: values[0] for name, values in films.items()}
    assert first == {
        "item_id": 13_442,
        "title": "Nosferatu, eine Symphonie des Grauens",
        "year": 1922,
        "genres": ["Horror"],
    }
    assert ["Drama", "History"] in films["genres"]
    assert "Rashômon" in films["title"]


@pytest.mark.parametrize("frame", FRAMES)
def test_each_library_gives_the_same_tables(frame, data):
    pytest.importorskip(frame)
    loaded = load_movietweetings(frame=frame)
    assert type(loaded.events).__module__.split(".")[0] == frame
    assert as_lists(loaded.events) == as_lists(data.events)
    assert as_lists(loaded.item_features) == as_lists(data.item_features)


@pytest.mark.parametrize(
    ("name", "file"), [("events", "events"), ("item_features", "items")]
)
def test_tables_equal_the_files_they_were_made_from(name, file, data):
    if not ORIGINAL.is_dir():
        pytest.skip(f"needs the original files in {ORIGINAL}")
    parquet = pytest.importorskip("pyarrow.parquet")
    original = parquet.read_table(ORIGINAL / f"{file}.parquet")
    assert as_lists(data[name]) == original.to_pydict()


def test_an_unknown_library_is_named():
    with pytest.raises(ValueError, match=r"of load_movietweetings .* Got 'dask'"):
        load_movietweetings(frame="dask")
