"""Loader of the traffic series that ships with seqrec."""

from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch

from seqrec.datasets._backends import choose_frame, make_frame
from seqrec.datasets._movietweetings import open_csv

__all__ = ["load_metro_traffic"]

_CITATION = (
    "J. Hogue (2019). Metro Interstate Traffic Volume. UCI Machine Learning "
    "Repository. doi:10.24432/C5X60B."
)


def load_metro_traffic(*, frame=None):
    """Load cars an hour on a road near Minneapolis: 52,551 hours, with holes [1]_.

    The data ship with seqrec; nothing is downloaded. Of the hours 11,976 are missing,
    7,386 of them in one piece.

    Parameters
    ----------
    frame : {"pandas", "polars", "pyarrow"} or None, default=None
        Library of the table. None: the first of these that is installed.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with attributes:

        series : DataFrame or Table with 52,551 rows
            ``timestamp`` (int64, seconds, local time counted as if it were UTC; a row
            an hour) and ``value`` (float64, cars in that hour, NaN where missing).
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
    seqrec.make_windows : Cuts such a series into pasts and futures.
    seqrec.SequenceImputer : Fills its holes.

    References
    ----------
    .. [1] J. Hogue (2019). Metro Interstate Traffic Volume. UCI Machine Learning
       Repository. doi:10.24432/C5X60B

    Examples
    --------
    >>> data = load_metro_traffic()
    >>> data.series.shape
    (52551, 2)
    """
    frame = choose_frame(frame, owner="load_metro_traffic")
    folder = files("seqrec.datasets") / "data" / "metro_traffic"
    timestamp, value = np.genfromtxt(
        open_csv(folder / "series.csv.gz"), delimiter=",", skip_header=1
    ).T
    columns = {"timestamp": timestamp.astype(np.int64), "value": value.copy()}
    return Bunch(
        series=make_frame(columns, frame),
        DESCR=(folder / "README.md").read_text(encoding="utf-8"),
        citation=_CITATION,
    )
