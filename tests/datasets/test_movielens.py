import narwhals as nw
import numpy as np
import pytest

from seqrec.datasets import load_movielens
from seqrec.datasets._backends import FRAMES

EVENTS = {
    "user_id": [7, 7, 1],
    "item_id": [2, 1, 2],
    "timestamp": [881_250_949, 881_250_949, 874_965_478],
    "rating": [3.0, 5.0, 1.0],
}
ITEMS = {
    "item_id": [1, 2, 9],
    "title": ["Toy Story", "Misérables, Les", "Untitled"],
    "year": [1995, 1998, None],
    "genres": [["Animation", "Comedy"], ["Drama"], []],
}


def rating_lines(line):
    """Fill user, item, time and rating of every event into a pattern."""
    return "".join(line.format(*row) for row in zip(*EVENTS.values(), strict=True))


def flags(*ones):
    return "|".join("1" if n in ones else "0" for n in range(19))


def write_ml_100k(folder):
    (folder / "u.data").write_text(rating_lines("{0}\t{1}\t{3:.0f}\t{2}\n"))
    films = (
        f"1|Toy Story (1995)|01-Jan-1995||http://x|{flags(3, 5)}\n"
        f"2|Misérables, Les (1998)|01-May-1998||http://x|{flags(8)}\n"
        f"9|Untitled||||{flags()}\n"
    )
    (folder / "u.item").write_text(films, encoding="latin-1")


def write_ml_1m(folder):
    (folder / "ratings.dat").write_text(rating_lines("{0}::{1}::{3:.0f}::{2}\n"))
    films = (
        "1::Toy Story (1995)::Animation|Comedy\n"
        "2::Misérables, Les (1998)::Drama\n"
        "9::Untitled::(no genres listed)\n"
    )
    (folder / "movies.dat").write_text(films, encoding="latin-1")


def write_newer(folder):
    text = "userId,movieId,rating,timestamp\n" + rating_lines("{0},{1},{3},{2}\n")
    (folder / "ratings.csv").write_text(text)
    films = (
        "movieId,title,genres\n"
        "1,Toy Story (1995),Animation|Comedy\n"
        '2,"Misérables, Les (1998) ",Drama\n'
        "9,Untitled,(no genres listed)\n"
    )
    (folder / "movies.csv").write_text(films, encoding="utf-8")


LAYOUTS = {"ml-100k": write_ml_100k, "ml-1m": write_ml_1m, "newer": write_newer}


@pytest.fixture(params=LAYOUTS)
def folder(request, tmp_path):
    LAYOUTS[request.param](tmp_path)
    return tmp_path


def as_lists(table):
    """Return a table as a dict of lists, missing years as None."""
    columns = nw.from_native(table).to_dict(as_series=False)
    if "year" in columns:
        columns["year"] = [None if y is None or y != y else y for y in columns["year"]]
        columns["genres"] = [list(names) for names in columns["genres"]]
    return columns


@pytest.mark.parametrize("frame", FRAMES)
def test_each_layout_gives_the_same_tables(folder, frame):
    pytest.importorskip(frame)
    data = load_movielens(folder, frame=frame)
    assert type(data.events).__module__.split(".")[0] == frame
    assert list(nw.from_native(data.events).columns) == list(EVENTS)
    assert as_lists(data.events) == EVENTS
    assert list(nw.from_native(data.item_features).columns) == list(ITEMS)
    assert as_lists(data.item_features) == ITEMS


def test_ids_and_times_are_int64_and_ratings_float64(folder):
    schema = nw.from_native(load_movielens(folder).events).schema
    assert schema["user_id"] == schema["item_id"] == schema["timestamp"] == nw.Int64
    assert schema["rating"] == nw.Float64


@pytest.mark.parametrize("write", [write_ml_1m, write_newer])
def test_half_stars_are_kept(tmp_path, write):
    write(tmp_path)
    for name in ("ratings.dat", "ratings.csv"):
        path = tmp_path / name
        if path.exists():
            path.write_text(path.read_text().replace("::3::", "::3.5::"))
            path.write_text(path.read_text().replace(",3.0,", ",3.5,"))
    rating = nw.from_native(load_movielens(str(tmp_path)).events)["rating"]
    np.testing.assert_array_equal(rating.to_numpy(), [3.5, 5.0, 1.0])


def test_missing_folder_says_where_the_data_are(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"does not exist.*grouplens\.org"):
        load_movielens(tmp_path / "ml-1m")


def test_folder_of_other_files_lists_what_is_needed_and_what_is_there(tmp_path):
    (tmp_path / "ml-1m").mkdir()
    (tmp_path / "ratings.dat").write_text("")
    message = r"u\.data and u\.item; .*It has \['ml-1m', 'ratings\.dat'\]"
    with pytest.raises(FileNotFoundError, match=message):
        load_movielens(tmp_path)


@pytest.mark.parametrize("line", ["1::2::3\n", "1::2::x::4\n", "1::2::3::4::5\n"])
def test_malformed_ratings_name_the_file(tmp_path, line):
    write_ml_1m(tmp_path)
    (tmp_path / "ratings.dat").write_text(line)
    with pytest.raises(ValueError, match=r"ratings\.dat' must have four numbers"):
        load_movielens(tmp_path)


def test_malformed_films_name_the_file_and_the_line(tmp_path):
    write_ml_1m(tmp_path)
    (tmp_path / "movies.dat").write_text("1::A (1990)::Drama\n2::B\n")
    message = r"movies\.dat' must have 3 fields .* film 1 \(from 0\) has 2"
    with pytest.raises(ValueError, match=message):
        load_movielens(tmp_path)


def test_films_without_a_number_name_the_file(tmp_path):
    write_ml_1m(tmp_path)
    (tmp_path / "movies.dat").write_text("one::A (1990)::Drama\n")
    with pytest.raises(ValueError, match=r"movies\.dat' must have the number .*'one'"):
        load_movielens(tmp_path)


def test_a_latin_1_control_character_ends_no_line(tmp_path):
    write_ml_1m(tmp_path)
    film = "1::Toy\x85Story (1995)::Drama\r\n"
    (tmp_path / "movies.dat").write_bytes(film.encode("latin-1"))
    films = as_lists(load_movielens(tmp_path).item_features)
    assert films["title"] == ["Toy\x85Story"]
    assert films["genres"] == [["Drama"]]


def test_ratings_without_a_column_name_it(tmp_path):
    write_newer(tmp_path)
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n1,2,3\n")
    with pytest.raises(ValueError, match=r"ratings\.csv.*'timestamp' \(time\)"):
        load_movielens(tmp_path)
