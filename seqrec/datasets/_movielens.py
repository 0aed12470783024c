"""Reader of the MovieLens folders that a user has downloaded."""

import csv
import io
import re
from pathlib import Path

import narwhals as nw
import numpy as np
from sklearn.utils import Bunch

from seqrec.data.schema import ITEM, TIME, USER
from seqrec.datasets._backends import choose_frame, make_frame
from seqrec.datasets._read_events import read_events

__all__ = ["load_movielens"]

_ADDRESS = "https://grouplens.org/datasets/movielens/"
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
_NO_GENRES = "(no genres listed)"
_ML_100K_GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)  # the order of the 19 flags at the end of a line of u.item


def load_movielens(folder, *, frame=None):
    """Read a folder of the MovieLens data [1]_, of any of its three layouts.

    Nothing is downloaded: get a set from https://grouplens.org/datasets/movielens/,
    read its licence, and unpack it.

    Parameters
    ----------
    folder : str or path-like
        The unpacked folder. It holds ``u.data`` and ``u.item`` (ml-100k),
        ``ratings.dat`` and ``movies.dat`` (ml-1m, ml-10m), or ``ratings.csv`` and
        ``movies.csv`` (the newer ones).
    frame : {"pandas", "polars", "pyarrow"} or None, default=None
        Library of the tables. None: the first of these that is installed.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with attributes:

        events : DataFrame or Table
            One row a rating, in the order of the file: ``user_id``, ``item_id``,
            ``timestamp`` (seconds since 1970, UTC), all int64, and ``rating``
            (float64, up to 5).
        item_features : DataFrame or Table
            One row a film, in the order of the file: ``item_id`` (int64), ``title``
            (string, without the year), ``year`` (null where the title has none; in
            pandas this makes the column float64) and ``genres`` (list of strings, may
            be empty; in pandas an object column of lists).

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or it holds no pair of these files.
    ImportError
        If the library is not installed.
    ValueError
        If a file is not in the layout that its name says.

    See Also
    --------
    load_movietweetings : Film ratings that ship with seqrec.
    read_events : Read an event log from a CSV or Parquet file.

    Notes
    -----
    Many ratings of a user share their second, and people rated lists of films in one
    sitting: the order of events is only partly the order in which films were seen.

    References
    ----------
    .. [1] F. M. Harper and J. A. Konstan (2015). The MovieLens Datasets: History and
       Context. ACM Transactions on Interactive Intelligent Systems 5(4).
       doi:10.1145/2827872

    Examples
    --------
    >>> data = load_movielens("ml-1m")  # doctest: +SKIP
    >>> data.events.shape  # doctest: +SKIP
    (1000209, 4)
    """
    frame = choose_frame(frame, owner="load_movielens")
    folder = Path(folder)
    ratings, movies, read_ratings, read_movies = _find_layout(folder)
    return Bunch(
        events=read_ratings(folder / ratings, frame),
        item_features=make_frame(read_movies(folder / movies), frame),
    )


def _find_layout(folder):
    layouts = (
        ("u.data", "u.item", _read_u_data, _read_u_item),
        ("ratings.dat", "movies.dat", _read_ratings_dat, _read_movies_dat),
        ("ratings.csv", "movies.csv", _read_ratings_csv, _read_movies_csv),
    )
    if not folder.is_dir():
        raise FileNotFoundError(
            f"Folder {str(folder)!r} does not exist. Download a set from {_ADDRESS} "
            f"and pass the folder it unpacks to."
        )
    for layout in layouts:
        if all((folder / name).is_file() for name in layout[:2]):
            return layout
    pairs = "; ".join(" and ".join(layout[:2]) for layout in layouts)
    seen = sorted(path.name for path in folder.iterdir())
    more = f" and {len(seen) - 5} more" if len(seen) > 5 else ""
    raise FileNotFoundError(
        f"Folder {str(folder)!r} holds no MovieLens data. One of these pairs of files "
        f"is needed: {pairs}. It has {seen[:5]}{more}. Pass the folder that holds the "
        f"files."
    )


def _read_text(path):
    """Return the text of a file in UTF-8, or else in Latin-1 as the older sets are."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read_fields(path, separator):
    """Return the fields of every line that is not empty."""
    lines = _read_text(path).replace("\r\n", "\n").split("\n")
    return [line.split(separator) for line in lines if line]


def _read_u_data(path, frame):
    return _events_from_lines(path, path.read_bytes(), frame)


def _read_ratings_dat(path, frame):
    return _events_from_lines(path, path.read_bytes().replace(b"::", b"\t"), frame)


def _events_from_lines(path, raw, frame):
    try:
        values = np.loadtxt(io.BytesIO(raw), delimiter="\t", ndmin=2)
        user, item, rating, time = values.T
    except ValueError as exc:
        raise ValueError(
            f"File {str(path)!r} must have four numbers in each line: user, item, "
            f"rating, time. {exc}"
        ) from exc
    columns = {USER: user, ITEM: item, TIME: time}
    columns = {name: values.astype(np.int64) for name, values in columns.items()}
    return make_frame({**columns, "rating": rating.copy()}, frame)


def _read_ratings_csv(path, frame):
    events = read_events(
        path,
        user="userId",
        item="movieId",
        time="timestamp",
        context=("rating",),
        frame=frame,
    )
    columns = nw.from_native(events)
    return columns.select(
        nw.col("userId").cast(nw.Int64).alias(USER),
        nw.col("movieId").cast(nw.Int64).alias(ITEM),
        nw.col("timestamp").cast(nw.Int64).alias(TIME),
        nw.col("rating").cast(nw.Float64),
    ).to_native()


def _read_u_item(path):
    rows = _read_fields(path, "|")
    _check_fields(path, rows, 5 + len(_ML_100K_GENRES))
    genres = [
        [_ML_100K_GENRES[n] for n, flag in enumerate(row[5:]) if flag == "1"]
        for row in rows
    ]
    return _items(path, rows, genres)


def _read_movies_dat(path):
    return _items_with_genres(path, _read_fields(path, "::"))


def _read_movies_csv(path):
    rows = list(csv.reader(io.StringIO(_read_text(path), newline="")))
    return _items_with_genres(path, [row for row in rows[1:] if row])


def _items_with_genres(path, rows):
    _check_fields(path, rows, 3)
    genres = [[] if row[2] == _NO_GENRES else row[2].split("|") for row in rows]
    return _items(path, rows, genres)


def _check_fields(path, rows, n_fields):
    wrong = [n for n, row in enumerate(rows) if len(row) != n_fields]
    if wrong:
        raise ValueError(
            f"File {str(path)!r} must have {n_fields} fields in each line. "
            f"{len(wrong)} lines have not; film {wrong[0]} (from 0) has "
            f"{len(rows[wrong[0]])}."
        )


def _items(path, rows, genres):
    """Return the columns of films whose rows begin with id and title."""
    try:
        ids = np.array([row[0] for row in rows], dtype=np.int64)
    except ValueError as exc:
        raise ValueError(
            f"File {str(path)!r} must have the number of a film first in each line. "
            f"{exc}"
        ) from exc
    years = [_YEAR.search(row[1]) for row in rows]
    return {
        ITEM: ids,
        "title": [_YEAR.sub("", row[1]) for row in rows],
        "year": [None if year is None else int(year[1]) for year in years],
        "genres": genres,
    }
