"""Columns of pandas, polars and pyarrow tables as arrays, through narwhals.

This file and `_frames.py` are the only ones that know data frames.
"""

import datetime
import decimal
from typing import NamedTuple

import narwhals as nw
import numpy as np

from seqrec._types import Array
from seqrec._validation.arrays import from_zero
from seqrec.data.vocabulary import as_id_array

__all__ = [
    "Channel",
    "cannot_be_null",
    "null_rows",
    "read_channel",
    "read_ids",
    "read_positions",
    "read_times",
]

_INTEGERS = (
    nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32, nw.UInt64,
)  # fmt: skip
_NUMBERS = (int, float, np.number, np.bool_, decimal.Decimal)
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY = 86_400
_TABLE_SPARSITY = 8  # a look-up table may have this many slots an event
_CHUNK = 1 << 20  # rows of text that are Python strings at one time
_SHOWN = 3  # wrong values that an error lists
_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})$"
_ISO = (
    r"^\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)


def cannot_be_null(series):
    """Tell whether a column is of a type that has no nulls: integers of numpy."""
    dtype = getattr(series.to_native(), "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.kind in "iu"


def null_rows(series):
    """Return the rows of a column that hold null or NaN."""
    nulls = series.is_null()
    if series.dtype.is_float():
        nulls = nulls | series.is_nan()
    return np.flatnonzero(nulls.to_numpy())


def _kind_name(series):
    """Return the type of a column, in the words of the library it comes from."""
    unknown = series.dtype in (nw.Unknown, nw.Object)
    return str(series.to_native().dtype) if unknown else str(series.dtype)


def _holds_objects(series):
    """Tell whether a column holds Python objects: pandas calls that text at times."""
    return series.dtype == nw.Object or (
        series.implementation.is_pandas_like() and series.to_native().dtype == object
    )


def _types_of(values):
    """Return the types of Python objects, and their names for an error."""
    types = set(map(type, values))
    names = " and ".join(sorted(cls.__name__ for cls in types))
    return types, f"Python objects of type {names}"


def _all_of(types, *parents):
    return all(issubclass(cls, parents) for cls in types)


# ------------------------------------------------------------------------ ids
def read_ids(series, *, role):
    """Return the place of each id of a column among its sorted different ids.

    Parameters
    ----------
    series : narwhals.Series
        A column without nulls.
    role : str
        What the column holds, for errors.

    Returns
    -------
    numbers : ndarray of shape (n,), dtype=int32
        ``ids[numbers]`` is the column.
    ids : ndarray of shape (n_unique,)
        The different ids, sorted; integers of the column's own type, or an object
        array of strings.

    Raises
    ------
    TypeError
        If the ids are neither integers nor strings, or of mixed kinds.
    """
    what = f"{role} ids in column {series.name!r}"
    dtype = series.dtype
    if isinstance(dtype, nw.Categorical | nw.Enum):
        categorical = getattr(series.to_native(), "cat", None)
        if series.implementation.is_pandas_like() and categorical is not None:
            return _number_categories(categorical, what)
        if series.head(1).to_numpy().dtype.kind in "iu":
            return _number_integers(series.to_numpy())
        series = series.cast(nw.String)
    if dtype in _INTEGERS:
        return _number_integers(series.to_numpy())
    if dtype == nw.Object:
        return _number_values(as_id_array(series.to_list(), what=what))
    if series.dtype == nw.String:
        return _number_strings(series, what)
    raise TypeError(
        f"The {what} must be integers or strings. Got {_kind_name(series)}. Cast the "
        f"column, for example with astype(str) in pandas or cast(pl.String) in polars."
    )


def _number_integers(values):
    if not len(values):
        return np.zeros(0, dtype=np.int32), values
    low, high = int(values.min()), int(values.max())
    if high - low >= _TABLE_SPARSITY * len(values) + 65_536:
        return _number_values(values)
    shifted = from_zero(values, low, high)
    present = np.zeros(high - low + 1, dtype=bool)
    present[shifted] = True
    table = np.cumsum(present, dtype=np.int32)
    table -= 1
    ids = np.flatnonzero(present).astype(np.uint64)
    ids += np.uint64(low % 2**64)  # modulo 2**64, as in from_zero
    return table[shifted], ids.astype(values.dtype)


def _number_values(values):
    ids, numbers = np.unique(values, return_inverse=True)
    return numbers.reshape(-1).astype(np.int32), ids


def _number_categories(categorical, what):
    """Number a pandas column of categories; those that do not occur are left out."""
    categories = as_id_array(categorical.categories.tolist(), what=what)
    codes = categorical.codes.to_numpy()
    present = np.flatnonzero(np.bincount(codes, minlength=len(categories)))
    order = present[np.argsort(categories[present], kind="stable")]
    place = np.zeros(len(categories), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place[codes], categories[order]


def _may_stop_at_zero(series):
    """Tell whether pandas would take different strings for one.

    Before version 3 it compares strings up to a zero character, if they hold one.
    """
    pandas = series.implementation.to_native_namespace()
    if int(pandas.__version__.partition(".")[0]) >= 3:
        return False
    values = series.to_numpy()
    chunks = range(0, len(values), _CHUNK)
    try:
        return any("\0" in "".join(values[i : i + _CHUNK].tolist()) for i in chunks)
    except TypeError:  # not strings alone, which the other path says in words
        return True


def _number_strings(series, what):
    if series.implementation.is_pandas_like():
        if _may_stop_at_zero(series):
            return _number_values(as_id_array(series.to_list(), what=what))
        first_seen, found = series.to_native().factorize()
        ids = as_id_array(found.tolist(), what=what)
        strings = ids.tolist()  # Python sorts them faster than numpy sorts objects
        order = np.array(sorted(range(len(ids)), key=strings.__getitem__), np.int64)
        place = np.empty(len(ids), dtype=np.int32)
        place[order] = np.arange(len(ids), dtype=np.int32)
        return place[first_seen], ids[order]
    if series.implementation.is_polars():  # there `unique` is slow
        strings = sorted(series.filter(series.is_first_distinct()).to_list())
        places = series.cast(nw.Enum(strings)).to_native().to_physical()
        return places.to_numpy().astype(np.int32), as_id_array(strings)
    strings = sorted(series.unique().to_list())
    places = list(range(len(strings)))
    numbers = series.replace_strict(strings, places, return_dtype=nw.Int32)
    return numbers.to_numpy().astype(np.int32, copy=False), as_id_array(strings)


# ------------------------------------------------------------------------ times
def read_times(series, *, unit):
    """Return sortable integer or float times, and how many make a second.

    Parameters
    ----------
    series : narwhals.Series
        Numbers (in `unit`), datetimes (with or without a zone; a zone is turned to
        UTC), dates, or text in ISO 8601 form; without nulls.
    unit : {"s", "ms", "us", "ns"}
        Unit of numbers.

    Returns
    -------
    times : ndarray of shape (n,), integer or float64
        Times since 1970 in some unit.
    per_second : int
        How many of these units make a second.

    Raises
    ------
    TypeError
        If the column is of no such kind.
    ValueError
        If text cannot be read as times, or a number is infinite.
    """
    values = _time_values(series)
    if values.dtype.kind == "M":
        unit, _ = np.datetime_data(values.dtype)
        if unit == "D":
            values, unit = values.astype("datetime64[s]"), "s"
        return values.view(np.int64), _UNITS[unit]
    if values.dtype.kind == "f":
        values = values.astype(np.float64, copy=False)
        infinite = np.flatnonzero(np.isinf(values))
        if len(infinite):
            raise ValueError(
                f"Column {series.name!r} (time) has {len(infinite)} infinite times, "
                f"first in row {infinite[0]}. Drop or correct them before fit."
            )
    return values, _UNITS[unit]


def read_positions(series):
    """Return a column that orders events in place of times, and 1.

    Parameters
    ----------
    series : narwhals.Series
        Numbers, without nulls.

    Returns
    -------
    positions : ndarray of shape (n,), integer or float64
        The numbers.
    per_second : int
        1, as `read_times` returns for seconds.

    Raises
    ------
    TypeError
        If the column does not hold numbers.
    ValueError
        If a number is infinite.
    """
    if not series.dtype.is_numeric():
        raise TypeError(
            f"Column {series.name!r}, which orders the events for want of a column of "
            f"times, must hold numbers. Got {_kind_name(series)}. Name the column of "
            f"times with time=."
        )
    return read_times(series, unit="s")


def _time_values(series):
    """Return a time column as an array of datetimes, integers or floats."""
    dtype = series.dtype
    if _holds_objects(series):
        return _time_objects(series)
    if dtype == nw.String:
        return _parse_text(series)
    if dtype == nw.Date:
        return series.cast(nw.Datetime("us")).to_numpy()
    if dtype == nw.Decimal:
        return series.cast(nw.Float64).to_numpy()
    known = dtype in _INTEGERS or dtype.is_float() or isinstance(dtype, nw.Datetime)
    if not known and dtype == nw.Unknown:  # some dates of pyarrow, half precision
        known = series.head(1).to_numpy().dtype.kind in "Mf"
    if not known:
        raise _not_times(series, _kind_name(series))
    return series.to_numpy()


def _not_times(series, seen):
    return TypeError(
        f"Column {series.name!r} (time) must hold datetimes, numbers, or text in ISO "
        f"8601 form. Got {seen}. Convert it before fit, for example with "
        f"pandas.to_datetime."
    )


def _time_objects(series):
    """Read times that are Python objects: text, datetimes or numbers, not mixed."""
    values = series.to_list()
    types, seen = _types_of(values)
    if _all_of(types, str):
        return _parse_text(series)
    if _all_of(types, datetime.date, np.datetime64):
        zoned = np.array([getattr(time, "tzinfo", None) is not None for time in values])
        if _share_zone(series, zoned):
            values = [
                time.astimezone(datetime.UTC).replace(tzinfo=None) for time in values
            ]
        return np.array(values, dtype="datetime64[us]")
    if _all_of(types, *_NUMBERS) and not types & {bool, np.bool_}:
        whole = _all_of(types, int, np.integer)
        return np.array(values, dtype=object).astype(np.int64 if whole else np.float64)
    raise _not_times(series, seen)


def _share_zone(series, zoned):
    """Tell whether all times have a zone; raise if some have one and some have not."""
    if zoned.any() and not zoned.all():
        raise ValueError(
            f"Column {series.name!r} (time) has times with a zone (first in row "
            f"{np.argmax(zoned)}) and times without one (first in row "
            f"{np.argmin(zoned)}). Give all of them a zone, or none."
        )
    return bool(zoned.any())


def _parse_text(series):
    """Parse ISO 8601 text as datetimes in UTC, which is the zone of text without one.

    Text becomes Python strings in chunks, so that a long column never does at once.
    """
    is_iso = series.str.contains(_ISO).to_numpy().astype(bool)
    if not is_iso.all():
        raise _unreadable(series, np.flatnonzero(~is_iso))
    zoned = _share_zone(series, series.str.contains(_ZONE).to_numpy().astype(bool))
    times = np.empty(len(series), dtype="datetime64[us]")
    bad = []
    for start in range(0, len(series), _CHUNK):
        chunk = series[start : start + _CHUNK]
        texts = (chunk.str.replace(_ZONE, "") if zoned else chunk).to_numpy()
        texts = texts.astype(object)
        try:
            parsed = texts.astype("datetime64[us]")
        except ValueError:  # a day or an hour that does not exist
            wrong = [row for row, text in enumerate(texts) if not _is_datetime(text)]
            bad += [start + row for row in wrong]
            continue
        times[start : start + _CHUNK] = parsed - _zone_shift(chunk) if zoned else parsed
    if bad:
        raise _unreadable(series, bad)
    return times


def _zone_shift(series):
    """Return how far the zone at the end of each text is ahead of UTC."""
    numbers, ends = _number_strings(series.str.tail(6), "zones")
    minutes = [_zone_minutes(end.replace(":", "")) for end in ends.tolist()]
    return np.array(minutes, dtype="timedelta64[m]")[numbers]


def _zone_minutes(end):
    if end.endswith("Z"):
        return 0
    minutes = 60 * int(end[-4:-2]) + int(end[-2:])
    return -minutes if end[-5] == "-" else minutes


def _is_datetime(text):
    try:
        np.datetime64(text, "us")
    except ValueError:
        return False
    return True


def _unreadable(series, rows):
    first = np.array(rows[:_SHOWN], dtype=np.int64)
    pairs = zip(first, series[first].to_list(), strict=True)
    shown = ", ".join(f"{value!r} in row {row}" for row, value in pairs)
    more = ", ..." if len(rows) > _SHOWN else ""
    return ValueError(
        f"Column {series.name!r} (time) has {len(rows)} text"
        f"{'s' if len(rows) > 1 else ''} that cannot be read as ISO 8601 times: "
        f"{shown}{more}. Correct them, or parse the column before fit, for example "
        f"with pandas.to_datetime."
    )


# ------------------------------------------------------------------------ context
class Channel(NamedTuple):
    """A context column as arrays.

    Attributes
    ----------
    values : ndarray of shape (n,)
        float64 with NaN at nulls, or int32 numbers of categories, -1 at nulls.
    categories : ndarray of shape (n_categories,) or None
        The different texts, sorted; None for numbers.
    """

    values: Array
    categories: Array | None


def read_channel(series):
    """Return a column of numbers, booleans or text as a channel.

    Parameters
    ----------
    series : narwhals.Series
        A column; it may hold nulls.

    Returns
    -------
    channel : Channel
        Its values; a column without any is one of numbers.

    Raises
    ------
    TypeError
        If the column is of another kind.
    """
    dtype = series.dtype
    if dtype.is_numeric() or dtype == nw.Boolean:
        if dtype not in _INTEGERS:  # arrow refuses to round integers
            series = series.cast(nw.Float64)
        return Channel(series.to_numpy().astype(np.float64, copy=False), None)
    known = ~series.is_null().to_numpy()
    numbers = np.full(len(series), np.nan)
    if not known.any():
        return Channel(numbers, None)
    texts, seen = series.drop_nulls(), _kind_name(series)
    is_text = isinstance(dtype, nw.String | nw.Categorical | nw.Enum)
    if _holds_objects(series):
        values = texts.to_list()
        types, seen = _types_of(values)
        is_text = _all_of(types, str)
        if _all_of(types, *_NUMBERS):
            numbers[known] = np.array(values, dtype=object).astype(np.float64)
            return Channel(numbers, None)
    if not is_text:
        raise TypeError(
            f"Column {series.name!r} (context) must hold numbers, booleans or text. "
            f"Got {seen}. Cast the column, or leave it out of context=."
        )
    codes = np.full(len(series), -1, dtype=np.int32)
    codes[known], categories = _number_strings(texts.cast(nw.String), "texts")
    return Channel(codes, categories)
