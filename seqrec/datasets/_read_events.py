"""Reader of event logs in CSV and Parquet files."""

import csv
import gzip
import importlib
from pathlib import Path

import narwhals as nw

from seqrec._validation.params import suggest
from seqrec.data.schema import ITEM, TIME, USER, EventSchema
from seqrec.datasets._backends import choose_frame, is_installed

__all__ = ["read_events"]

_SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
_EXTENSIONS = (*_SEPARATORS, ".parquet")
# How much of a file decides the types of its columns, where not all of it does.
_PYARROW_BLOCK = 2**26  # bytes
_POLARS_ROWS = 10_000  # all rows at the second try; a first look at all is slow


def read_events(
    path,
    *,
    user=USER,
    item=ITEM,
    time=TIME,
    context=(),
    separator=None,
    frame=None,
):
    r"""Read an event log from a CSV or Parquet file.

    Only the named columns are read; they keep their names, and rows keep their order.

    Parameters
    ----------
    path : str or path-like
        A file that ends in ``.csv``, ``.csv.gz``, ``.tsv``, ``.tsv.gz`` or
        ``.parquet``. Text is UTF-8 with the column names in the first line.
    user, item : str, default="user_id", "item_id"
        Columns of the ids of who acts and what is acted on.
    time : str or None, default="timestamp"
        Column of the times. None: the rows are in order already. Where the default
        is not in the file and a column ``"position"`` is, that column is read.
    context : sequence of str, default=()
        Further columns to read.
    separator : str or None, default=None
        The character between two fields of a text file. None: a comma in ``.csv``, a
        tab in ``.tsv``.
    frame : {"pandas", "polars", "pyarrow"} or None, default=None
        Library of the tables. None: the first of these that is installed.

    Returns
    -------
    events : DataFrame or Table
        One row an event: the user, item, time and context columns, in this order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If the library is not installed.
    TypeError
        If a parameter is of the wrong kind.
    ValueError
        If the ending is unknown, a column is missing, the file holds no events, or the
        library cannot read it.

    See Also
    --------
    load_movielens : Read a folder of the MovieLens data.

    Notes
    -----
    In text files an empty field is a missing value; ``NA``, ``null`` and their like
    are ordinary text, as they may be ids. A column of which every field is a number
    holds numbers, so the id ``007`` becomes 7. pyarrow reads times written as text as
    datetimes, pandas and polars leave them text; `SequenceEncoder` takes either.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "log.csv")
    ...     _ = path.write_text("who,what,timestamp\n1,A,10\n1,B,20\n2,A,15\n")
    ...     events = read_events(path, user="who", item="what")
    >>> events.shape
    (3, 3)
    """
    schema = EventSchema(user, item, time, _as_names(context))
    path, extension = _check_path(path)
    frame = choose_frame(frame, owner="read_events")
    separator = _check_separator(separator, extension)
    if extension == ".parquet":
        names = _read_or_explain(_parquet_columns, path, frame)
        columns = _wanted_columns(path, names, schema)
        events = _read_or_explain(_read_parquet, path, frame, columns)
    else:
        names = _read_header(path, separator)
        columns = _wanted_columns(path, names, schema)
        events = _read_or_explain(_read_csv, path, frame, columns, separator)
    if not len(events):
        raise ValueError(
            f"File {str(path)!r} has column names and no rows. An event log has one "
            f"row an event."
        )
    return events.select(columns).to_native()


def _as_names(context):
    if isinstance(context, str):
        raise TypeError(
            f"The 'context' parameter of read_events must be a sequence of column "
            f"names. Got the str {context!r} instead; write ({context!r},)."
        )
    return tuple(context)


def _check_path(path):
    path = Path(path)
    if not path.is_file():
        if path.is_dir():
            raise FileNotFoundError(
                f"File {str(path)!r} is a folder. Name a file in it."
            )
        near = path.parent.iterdir() if path.parent.is_dir() else ()
        hint = suggest(path.name, sorted(other.name for other in near))
        raise FileNotFoundError(f"File {str(path)!r} does not exist.{hint}")
    endings = [end for end in _EXTENSIONS if path.name.lower().endswith(end)]
    if not endings:
        raise ValueError(
            f"File {str(path)!r} has an unknown ending. read_events reads "
            f"{', '.join(_EXTENSIONS)}; rename the file, or read it yourself: any "
            f"pandas, polars or pyarrow table is an event log."
        )
    if path.stat().st_size == 0:
        raise ValueError(
            f"File {str(path)!r} is empty (0 bytes). An event log has column names and "
            f"one row an event."
        )
    return path, endings[0]


def _check_separator(separator, extension):
    if separator is None:
        return _SEPARATORS.get(extension)
    if not isinstance(separator, str) or len(separator) != 1:
        kind = ValueError if isinstance(separator, str) else TypeError
        raise kind(
            f"The 'separator' parameter of read_events must be one character or None. "
            f"Got {separator!r} instead."
        )
    return separator


def _wanted_columns(path, names, schema):
    """Return the columns to read, or raise with all that are missing."""
    problems = schema.missing(names)
    if problems:
        raise ValueError(f"File {str(path)!r}: {' '.join(problems)}")
    order = schema.order_column(names)
    wanted = [schema.user, schema.item, order, *schema.context]
    return [name for name in dict.fromkeys(wanted) if name is not None]


def _read_or_explain(read, path, *args):
    try:
        return read(path, *args)
    except ImportError:
        raise
    except Exception as exc:
        frame = args[0]
        raise ValueError(
            f"{frame} cannot read the file {str(path)!r}: {exc}. Check that its "
            f"content is what its ending says."
        ) from exc


def _read_header(path, separator):
    open_text = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with open_text(path, "rt", encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file, delimiter=separator), [])
    except (OSError, ValueError, csv.Error) as exc:
        raise ValueError(
            f"The first line of the file {str(path)!r} cannot be read: {exc}. The file "
            f"must be UTF-8 text (gzipped if it ends in .gz) with column names."
        ) from exc


def _read_csv(path, frame, columns, separator):
    # Not narwhals.read_csv: it passes the separator on in some versions only.
    return nw.from_native(_CSV_READERS[frame](path, columns, separator))


def _csv_by_pandas(path, columns, separator):
    return importlib.import_module("pandas").read_csv(
        path,
        sep=separator,
        usecols=columns,
        keep_default_na=False,
        na_values=[""],
        low_memory=False,  # one type a column, whatever the size
    )


def _csv_by_polars(path, columns, separator):
    polars = importlib.import_module("polars")
    options = {"separator": separator, "columns": columns}
    try:
        return polars.read_csv(path, infer_schema_length=_POLARS_ROWS, **options)
    except polars.exceptions.ComputeError:  # a later row is of another type
        return polars.read_csv(path, infer_schema_length=None, **options)


def _csv_by_pyarrow(path, columns, separator):
    pa_csv = importlib.import_module("pyarrow.csv")
    return pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(block_size=_PYARROW_BLOCK),
        parse_options=pa_csv.ParseOptions(delimiter=separator),
        convert_options=pa_csv.ConvertOptions(
            include_columns=columns, null_values=[""], strings_can_be_null=True
        ),
    )


_CSV_READERS = {
    "pandas": _csv_by_pandas,
    "polars": _csv_by_polars,
    "pyarrow": _csv_by_pyarrow,
}


def _parquet_columns(path, frame):
    if frame == "polars":
        return nw.scan_parquet(str(path), backend=frame).collect_schema().names()
    if not is_installed("pyarrow"):
        raise ImportError(
            f"read_events needs pyarrow to read Parquet with frame={frame!r}. "
            f"Install it: pip install pyarrow"
        )
    return importlib.import_module("pyarrow.parquet").read_schema(path).names


def _read_parquet(path, frame, columns):
    return nw.read_parquet(str(path), backend=frame, columns=columns)
