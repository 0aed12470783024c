"""Loader of the MovieTweetings data that ship with seqrec."""

import csv
import gzip
import io
from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch

from seqrec.data.schema import ITEM, TIME, USER
from seqrec.datasets._backends import choose_frame, make_frame

__all__ = ["load_movietweetings", "open_csv"]

_CITATION = (
    "S. Dooms, T. De Pessemier, L. Martens (2013). MovieTweetings: a Movie Rating "
    "Dataset Collected From Twitter. Workshop on Crowdsourcing and Human Computation "
    "for Recommender Systems, CrowdRec at RecSys 2013."
)


def load_movietweetings(*, frame=None):
    """Load MovieTweetings: 68,055 dated film ratings of 4,333 users [1]_.

    The data ship with seqrec; nothing is downloaded. Every user and every film has five
    ratings or more, no user rated a film twice, and times are exact to the second.

    Parameters
    ----------
    frame : {"pandas", "polars", "pyarrow"} or None, default=None
        Library of the tables. None: the first of these that is installed.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with attributes:

        events : DataFrame or Table with 68,055 rows
            ``user_id``, ``item_id``, ``timestamp`` (seconds since 1970, UTC) and
            ``rating`` (0 to 10), all int64; sorted by user, then by time.
        item_features : DataFrame or Table with 2,414 rows
            ``item_id`` (int64, number of the film's IMDb page), ``title`` (string),
            ``year`` (int64) and ``genres`` (list of strings, one or more; in pandas an
            object column of lists); sorted by ``item_id``.
        DESCR : str
            Source, licence and what was done to the data.
        citation : str
            What to cite.

    Raises
    ------
    ImportError
        If the library is not installed.
    TypeError
        If `frame` is neither a string nor None.
    ValueError
        If `frame` is another string.

    See Also
    --------
    load_movielens : Read a folder of the MovieLens data.
    make_event_log : Make an event log with a known amount of order.

    References
    ----------
    .. [1] S. Dooms, T. De Pessemier and L. Martens (2013). MovieTweetings: a Movie
       Rating Dataset Collected From Twitter. Workshop on Crowdsourcing and Human
       Computation for Recommender Systems, CrowdRec at RecSys.

    Examples
    --------
    >>> data = load_movietweetings()
    >>> data.events.shape, data.item_features.shape
    ((68055, 4), (2414, 4))
    """
    frame = choose_frame(frame, owner="load_movietweetings")
    folder = files("seqrec.datasets") / "data" / "movietweetings"
    events = np.loadtxt(
        open_csv(folder / "events.csv.gz"), np.int64, delimiter=",", skiprows=1
    )
    ratings = dict(zip((USER, ITEM, TIME, "rating"), events.T.copy(), strict=True))
    return Bunch(
        events=make_frame(ratings, frame),
        item_features=make_frame(_read_items(folder / "items.csv.gz"), frame),
        DESCR=(folder / "README.md").read_text(encoding="utf-8"),
        citation=_CITATION,
    )


def open_csv(file):
    """Return the text of a gzipped CSV file, to read line by line."""
    text = gzip.decompress(file.read_bytes()).decode("utf-8")
    return io.StringIO(text, newline="")


def _read_items(file):
    header, *rows = csv.reader(open_csv(file))
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    return {
        ITEM: np.array(columns[ITEM], dtype=np.int64),
        "title": list(columns["title"]),
        "year": np.array(columns["year"], dtype=np.int64),
        "genres": [names.split("|") for names in columns["genres"]],
    }
