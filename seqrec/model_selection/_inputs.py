"""What a splitter is given: an event log, or samples of a history and a target."""

import numpy as np

from seqrec._validation.arrays import counting_order, offsets_from_lengths
from seqrec._validation.params import check_option
from seqrec.data._frames import is_frame, read_frame
from seqrec.data.event_log import read_event_log
from seqrec.data.schema import EventSchema

__all__ = ["TIME_UNITS", "check_samples", "places_from_last", "read_events"]

TIME_UNITS = ("s", "ms", "us", "ns")


def read_events(X, splitter):
    """Return the event log that a splitter's `split` was given."""
    owner = type(splitter).__name__
    check_option("time_unit", splitter.time_unit, TIME_UNITS, owner=owner)
    if not is_frame(X):
        raise TypeError(
            f"{owner} splits event logs (pandas, polars or pyarrow tables) and "
            f"Sequences. Got {type(X).__name__}; make samples of lists with X, y, time "
            f"= next_item_samples(Sequences.from_lists(lists))."
        )
    columns = read_frame(X, owner=owner).columns
    # Splits do not depend on items. Some column that is there stands in for them, so
    # that an error names what is missing once.
    item = splitter.user if splitter.user in columns or not columns else columns[0]
    schema = EventSchema(splitter.user, item, splitter.time)
    return read_event_log(X, schema, time_unit=splitter.time_unit, owner=owner)


def check_samples(X, y, owner):
    """Raise unless there is one item in `y` for each row of the sequences `X`."""
    if y is None:
        raise ValueError(
            f"{owner} over Sequences needs y, the item that follows each row. Make "
            f"both with X, y, time = next_item_samples(sequences)."
        )
    if len(y) != len(X):
        raise ValueError(
            f"X and y must have the same number of rows. Got {len(X)} and {len(y)}."
        )
    if not len(X):
        raise ValueError(f"{owner} got no samples; give it at least two.")


def places_from_last(samples):
    """Count each sample's place among its user's, from 1 for the last one.

    Parameters
    ----------
    samples : Sequences
        Histories, one row a sample, in any order; a target follows its row's window.

    Returns
    -------
    place : ndarray of shape (n_samples,), dtype=int64
        1 for the sample with the user's last target, 2 for the one before it, ...
    count : ndarray of shape (n_samples,), dtype=int64
        How many samples the user has.
    """
    order = np.argsort(samples.stops, kind="stable")
    users = _number_runs(samples.users[order])[np.argsort(order)]
    if samples.target_times is not None:
        order = np.lexsort((samples.stops, samples.target_times))
    order = counting_order(users, order)
    lengths = np.bincount(users)
    ends = offsets_from_lengths(lengths)[1:]
    place = np.empty(len(samples), dtype=np.int64)
    place[order] = ends[users[order]] - np.arange(len(samples))
    return place, lengths[users]


def _number_runs(users):
    """Give equal ids one number each, fast where they stand together."""
    is_first = np.append(True, users[1:] != users[:-1])
    _, numbers = np.unique(users[is_first], return_inverse=True)
    return numbers[np.cumsum(is_first) - 1]
