"""Make data frames of the library that a caller asks for, through narwhals."""

import importlib.util

import narwhals as nw

from seqrec._validation.params import check_option
from seqrec.data._frames import FRAMES

__all__ = ["FRAMES", "choose_frame", "is_installed", "make_frame"]


def is_installed(name):
    """Tell whether a top-level package can be imported, without importing it."""
    return importlib.util.find_spec(name) is not None


def choose_frame(frame, *, owner):
    """Return the name of the data frame library to use.

    Parameters
    ----------
    frame : {"pandas", "polars", "pyarrow"} or None
        Library of the tables. None: the first of these that is installed.
    owner : str
        Who asks, for errors.

    Returns
    -------
    frame : {"pandas", "polars", "pyarrow"}
        An installed library.

    Raises
    ------
    ImportError
        If that library, or for None each of them, is not installed.
    TypeError
        If `frame` is neither a string nor None.
    ValueError
        If `frame` is another string.
    """
    if frame is None:
        installed = [name for name in FRAMES if is_installed(name)]
        if not installed:
            raise ImportError(
                f"{owner} makes a table and needs pandas, polars or pyarrow; none of "
                f"them is installed. Install one, for example: pip install pandas"
            )
        return installed[0]
    check_option("frame", frame, FRAMES, owner=owner)
    if not is_installed(frame):
        raise ImportError(
            f"{owner}(frame={frame!r}) needs {frame}, which is not installed. "
            f"Install it: pip install {frame}"
        )
    return frame


def make_frame(columns, frame):
    """Return columns (name -> array or list) as a table of the library `frame`."""
    return nw.from_dict(columns, backend=frame).to_native()
