"""Flat columns -> the padded columns of a batch; knows arrays and tensors alone."""

from typing import NamedTuple

import numpy as np
import torch

from seqrec._validation.warn import warn_caller
from seqrec.data.schema import SESSION_CHANNEL
from seqrec.exceptions import DataWarning
from seqrec.nn.events import Events

__all__ = ["TIME_FEATURES", "ArrayReader", "Channels", "SequenceReader"]

_HOUR, _DAY = 3600, 86400
_ELAPSED = "elapsed"
_CALENDAR = {"hour_of_day": 24, "day_of_week": 7, "month": 12}
_PERIOD = "period"
TIME_FEATURES = (_ELAPSED, *_CALENDAR, _PERIOD)

_MAX_PERIODS = 64
_PERIOD_EVENTS = 500  # of a period, at least
_EARLIEST = 365 * _DAY  # times of a log that ends before only say an order


class Channels(NamedTuple):
    """Which columns of sequences the network reads, decided when it is trained.

    Attributes
    ----------
    numbers : tuple of str
        Numeric context channels.
    categories : dict of str to int
        Categorical context channels, and how many categories each has.
    features : tuple of str
        What is made of the times.
    elapsed_scale : (float, float)
        Mean and standard deviation of ``log(1 + seconds)`` between events.
    has_times, has_sessions : bool
        Whether the network is handed the times, and the session numbers.
    period_starts : tuple of float
        Time at which each period but the first starts.
    needs_times : bool
        Whether sequences without times are refused; else their features are missing.
    """

    numbers: tuple = ()
    categories: dict = {}
    features: tuple = ()
    elapsed_scale: tuple = (0.0, 1.0)
    has_times: bool = False
    has_sessions: bool = False
    period_starts: tuple = ()
    needs_times: bool = True

    @classmethod
    def choose(cls, sequences, context, features, *, wants_times, wants_sessions):
        """Look at the sequences of a fit.

        Parameters
        ----------
        sequences : Sequences
            What is learned from.
        context : "all" or sequence of str or None
            Context channels to read.
        features : "auto" or sequence of str
            Time features to make; "auto" is all of them, "period" alone where times
            number the events of the whole log, or none where they number those of each
            history or there are none.
        wants_times, wants_sessions : bool
            Whether the network can use times and session numbers, where there are
            some.
        """
        sequences = sequences._compact()  # nothing but the events of these rows
        names = _chosen_names(sequences, context)
        columns = {name: sequences.context[name] for name in names}
        has_sessions = SESSION_CHANNEL in sequences.context
        if wants_sessions and not has_sessions:
            warn_caller(
                "These sequences do not number sessions, so attention takes each row "
                "as one session. Set session_gap on the SequenceEncoder.",
                DataWarning,
            )
        needs_times = not isinstance(features, str)
        features = _chosen_features(sequences, features)
        return cls(
            tuple(name for name in names if columns[name].dtype.kind == "f"),
            {
                name: int(column.max(initial=0))
                for name, column in columns.items()
                if column.dtype.kind != "f"
            },
            features,
            _elapsed_scale(sequences) if _ELAPSED in features else (0.0, 1.0),
            wants_times and sequences.times is not None,
            wants_sessions and has_sessions,
            _period_starts(sequences.times) if _PERIOD in features else (),
            needs_times,
        )

    @property
    def n_numbers(self):
        """Numeric channels that the network reads."""
        return len(self.numbers) + (_ELAPSED in self.features)

    @property
    def n_categories(self):
        """Number of categories of each categorical channel that the network reads."""
        sizes = {**_CALENDAR, _PERIOD: len(self.period_starts) + 1}
        made = [size for name, size in sizes.items() if name in self.features]
        return (*self.categories.values(), *made)

    def reads_the_same(self, other):
        """Tell whether the network is handed the same columns as with `other`."""
        return (
            self.numbers == other.numbers
            and list(self.categories) == list(other.categories)
            and self.features == other.features
            and self.has_times == other.has_times
            and self.has_sessions == other.has_sessions
        )

    def check(self, sequences, owner, further=()):
        """Raise if sequences lack what the network was trained on.

        `further` names channels that are needed beside those that are read.
        """
        wanted = [*self.numbers, *self.categories, *further]
        wanted += [SESSION_CHANNEL] if self.has_sessions else []
        missing = [name for name in wanted if name not in sequences.context]
        if missing:
            raise ValueError(
                f"{owner} was fitted on sequences with the context channels "
                f"{missing[0]!r}{' and others' if len(missing) > 1 else ''}. Got "
                f"{sequences!r}. Encode with the same SequenceEncoder as in fit."
            )
        for name in (*self.numbers, *self.categories):
            is_number = sequences.context[name].dtype.kind == "f"
            if is_number != (name in self.numbers):
                held, now = ("categories", "numbers")[:: 1 if is_number else -1]
                raise ValueError(
                    f"The context channel {name!r} held {held} when {owner} was fitted "
                    f"and holds {now} now. Encode with the same SequenceEncoder as in "
                    f"fit."
                )
        is_read = self.has_times or (self.features and self.needs_times)
        if is_read and sequences.times is None:
            raise ValueError(
                f"{owner} was fitted on sequences with times. Got {sequences!r}. "
                f"Encode with the same SequenceEncoder as in fit."
            )


def _chosen_names(sequences, context):
    known = [name for name in sequences.context if name != SESSION_CHANNEL]
    if context is None:
        return []
    if isinstance(context, str):  # "all"
        return known
    unknown = [name for name in context if name not in known]
    if SESSION_CHANNEL in unknown and SESSION_CHANNEL in sequences.context:
        raise ValueError(
            f"context names {SESSION_CHANNEL!r}, which numbers sessions and is no "
            f"context. Leave it out; attention='hierarchical' reads it."
        )
    if unknown:
        listed = ", ".join(map(repr, known)) or "none"
        raise ValueError(
            f"context names the channel {unknown[0]!r}, which these sequences do not "
            f"have. They have: {listed}. List it in SequenceEncoder(context=...)."
        )
    return list(context)


def _chosen_features(sequences, features):
    if isinstance(features, str):  # "auto"
        return _auto_features(sequences)
    unknown = [name for name in features if name not in TIME_FEATURES]
    if unknown:
        listed = ", ".join(map(repr, TIME_FEATURES))
        raise ValueError(
            f"time_features takes any of {listed}. Got {unknown[0]!r} among them."
        )
    if features and sequences.times is None:
        raise ValueError(
            f"time_features={tuple(features)!r} need times. Got {sequences!r}; name "
            f"the column of times in SequenceEncoder(time=...)."
        )
    return tuple(features)


def _auto_features(sequences):
    """Return what times say: moments, an order of all events, or one of each history.

    In an order of all events hardly any two have the same number.
    """
    times = sequences.times
    if times is None or not len(times):
        return ()
    if float(times.max()) >= _EARLIEST:
        return TIME_FEATURES
    if len(sequences) < 2 or len(times) < 2 * _PERIOD_EVENTS:  # one period
        return ()
    return (_PERIOD,) if len(np.unique(times)) > len(times) / 2 else ()


def _period_starts(times):
    """Return when periods of about as many events each begin, but for the first."""
    n_periods = min(_MAX_PERIODS, len(times) // _PERIOD_EVENTS)
    if n_periods < 2:
        return ()
    shares = np.arange(1, n_periods) / n_periods
    return tuple(np.unique(np.quantile(times, shares)).tolist())


def _elapsed_scale(sequences):
    inner = np.ones(len(sequences.codes), dtype=bool)
    inner[sequences.starts[sequences.lengths > 0]] = False
    gaps = _log_elapsed(np.diff(sequences.times, prepend=0.0)[inner])
    spread = float(gaps.std()) if len(gaps) else 0.0
    return (float(gaps.mean()) if len(gaps) else 0.0, spread or 1.0)


def _log_elapsed(seconds):
    return np.log1p(np.maximum(seconds, 0.0))


class SequenceReader:
    """Reads events of `Sequences`.

    Parameters
    ----------
    sequences : Sequences
        Where the events are.
    channels : Channels
        Which columns to read.
    """

    def __init__(self, sequences, channels):
        self.sequences = sequences
        self.channels = channels

    def gather(self, positions, real):
        """Return events at flat positions.

        Parameters
        ----------
        positions : ndarray of shape (B, T), dtype=int64
            Positions in the flat columns; anything valid at padding.
        real : ndarray of shape (B, T), dtype=bool
            False at padding, which is on the right.

        Returns
        -------
        events : Events
            The columns that the channels name.
        """
        data, channels = self.sequences, self.channels
        codes = np.where(real, _take(data.codes, positions), 0).astype(np.int64)
        times = sessions = None
        if data.times is not None and (channels.has_times or channels.features):
            times = np.where(real, _take(data.times, positions), 0).astype(np.float64)
        if channels.has_sessions:
            sessions = _take(data.context[SESSION_CHANNEL], positions).astype(np.int64)
        numbers = [_take(data.context[name], positions) for name in channels.numbers]
        if _ELAPSED in channels.features:
            numbers.append(self._elapsed(times, positions.shape))
        categories = [
            _known_codes(_take(data.context[name], positions), size)
            for name, size in channels.categories.items()
        ]
        categories += self._calendar(times, positions.shape)
        return Events(
            mask=torch.from_numpy(real),
            codes=torch.from_numpy(codes),
            numbers=_stack(numbers, real, np.float32),
            categories=_stack(categories, real, np.int64),
            times=torch.from_numpy(times) if channels.has_times else None,
            sessions=None if sessions is None else torch.from_numpy(sessions),
        )

    def _calendar(self, times, shape):
        """Return the codes (B, T) of each feature that has categories; 0 is missing."""
        channels = self.channels
        names = [name for name in _CALENDAR if name in channels.features]
        if times is None:
            n_missing = len(names) + (_PERIOD in channels.features)
            return [np.zeros(shape, dtype=np.int64)] * n_missing
        codes = [_calendar(name, times) for name in names]
        if _PERIOD in channels.features:
            starts = np.array(channels.period_starts)
            codes.append(np.searchsorted(starts, times, side="right") + 1)
        return codes

    def _elapsed(self, times, shape):
        """Return the scaled pause before each event; missing before the first."""
        mean, spread = self.channels.elapsed_scale
        gaps = np.full(shape, np.nan)
        if times is None:
            return gaps
        gaps[:, 1:] = (_log_elapsed(np.diff(times, axis=1)) - mean) / spread
        return gaps


def _take(column, positions):
    """Return values at positions; zeros where there are no events at all."""
    return column[positions] if len(column) else np.zeros(positions.shape, column.dtype)


def _known_codes(codes, size):
    return np.where(codes <= size, codes, 0)


def _calendar(name, times):
    """Return the code of each time, from 1; Coordinated Universal Time."""
    if name == "hour_of_day":
        return (times // _HOUR) % 24 + 1
    days = times // _DAY
    if name == "day_of_week":
        return (days + 3) % 7 + 1  # 1970 began on a Thursday; 1 is Monday
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return months.astype(np.int64) % 12 + 1


def _stack(columns, real, dtype):
    """Return columns side by side, (B, T, n), with 0 at padding."""
    if not columns:
        return None
    stacked = np.stack(columns, axis=-1).astype(dtype)
    stacked[~real] = 0
    return torch.from_numpy(stacked)


class ArrayReader:
    """Reads events that are numbers alone.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_numbers), dtype=float32
        One event a row, NaN where a value is missing.
    """

    def __init__(self, values):
        self.values = values

    def gather(self, positions, real):
        """Return events at flat positions; as `SequenceReader.gather`."""
        numbers = (
            self.values[positions]
            if len(self.values)
            else np.zeros((*positions.shape, self.values.shape[1]), self.values.dtype)
        )
        numbers[~real] = 0.0
        return Events(mask=torch.from_numpy(real), numbers=torch.from_numpy(numbers))
