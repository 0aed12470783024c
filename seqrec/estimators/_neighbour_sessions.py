"""What recommenders by neighbour sessions share: sessions, who is near, votes.

A session is a row of `fit`; rows that share events are one session. An item counts once
a session, at its last event there, so sessions are sparse arrays (n_sessions, n_items)
of the places of items, from 1; 0 is an item that the session does not hold. Sessions
stand in order of the times of their last events, the most recent last, or in the order
of the rows where events have no times.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse

from seqrec._types import Array
from seqrec._validation.arrays import (
    counting_order,
    offsets_from_lengths,
    ragged_positions,
)
from seqrec.estimators._inputs import merge_rows

__all__ = [
    "SessionsMixin",
    "append_sessions",
    "collect_sessions",
    "empty_sessions",
    "invert_sessions",
    "keep_largest",
    "last_places",
    "similar_sessions",
    "sum_votes",
]

_PAIR_BLOCK = 1 << 20  # pairs of a history's item and a session with it at once
_VOTE_BLOCK = 1 << 18  # items of neighbour sessions at once: few enough for the cache
_NEVER = np.iinfo(np.int32).max


def collect_sessions(sequences, targets):
    """Return the sessions that rows are, in the order of the rows.

    Parameters
    ----------
    sequences : Sequences
        Rows, which may overlap.
    targets : ndarray of shape (n_rows,) or None
        Item code that follows each row: it is in the session right after the row's
        last event, unless the next event there is that item. A row without events has
        no session.

    Returns
    -------
    places : sparse array of shape (n_sessions, n_items), dtype=int32
        Place of the last event of each item in each session, from 1.
    times : ndarray of shape (n_sessions,)
        Time of each session's last event; NaN where events have no times.
    """
    positions, session = merge_rows(sequences)
    columns = sequences.codes[positions] - 1
    has_times = sequences.times is not None
    times = sequences.times[positions] if has_times else np.full(len(columns), np.nan)
    times = times.astype(np.float64)
    if targets is not None:
        after, columns_after, times_after = _find_targets(
            sequences, targets, positions, session, times
        )
        columns = np.insert(columns, after + 1, columns_after)
        times = np.insert(times, after + 1, times_after)
        session = np.insert(session, after + 1, session[after])
    offsets = offsets_from_lengths(np.bincount(session))
    place = np.arange(1, len(columns) + 1) - np.repeat(offsets[:-1], np.diff(offsets))
    places = _at_last_events(place, columns, offsets, sequences.n_items)
    return places, times[offsets[1:] - 1]


def _find_targets(sequences, targets, positions, session, times):
    """Return the targets that are no event: after which one, their column and time."""
    rows = np.flatnonzero(sequences.lengths > 0)
    last = np.searchsorted(positions, sequences.stops[rows] - 1)
    columns = targets[rows] - 1
    known = sequences.target_times
    when = times[last] if known is None else known[rows]
    following = np.minimum(last + 1, len(positions) - 1)
    is_event = (session[following] == session[last]) & (following > last)
    is_event &= sequences.codes[positions[following]] - 1 == columns
    new = np.flatnonzero(~is_event)
    new = new[np.lexsort((columns[new], last[new]))]
    again = (np.diff(last[new]) == 0) & (np.diff(columns[new]) == 0)
    new = new[np.append(True, ~again)] if len(new) else new
    return last[new], columns[new], when[new]


def empty_sessions(n_items):
    """Return the places and times of no session."""
    return sparse.csr_array((0, n_items), dtype=np.int32), np.zeros(0)


def append_sessions(places, times, more_places, more_times):
    """Return two lots of sessions as one in order of time, where all have times."""
    places = sparse.vstack([places, more_places], format="csr")
    times = np.concatenate([times, more_times])
    if not np.isnan(times).any():
        order = np.argsort(times, kind="stable")
        places, times = places[order], times[order]
    return places, times


def invert_sessions(places):
    """Return the sparse array (n_items, n_sessions) of sessions of norm 1.

    An item is in a session that holds it with 1 divided by the root of the number of
    items there: a product with it is a cosine but for the norm of the other vector.
    """
    n_items = np.diff(places.indptr)
    values = np.repeat(1.0 / np.sqrt(np.maximum(n_items, 1)), n_items)
    unit = sparse.csr_array((values, places.indices, places.indptr), places.shape)
    return unit.T.tocsr()


def last_places(sequences, history_length):
    """Return how many events before the end of each row its items last occurred.

    Parameters
    ----------
    sequences : Sequences
        Histories.
    history_length : int or None
        Look at the last `history_length` events of a history; None looks at all.

    Returns
    -------
    back : sparse array of shape (n_rows, n_items), dtype=int32
        0 for the last event, 1 for the one before it; entries of 0 are stored.
    """
    rows = sequences if history_length is None else sequences.last(history_length)
    offsets = offsets_from_lengths(rows.lengths)
    back = np.repeat(offsets[1:], rows.lengths) - 1 - np.arange(offsets[-1])
    columns = rows.codes[rows.positions()] - 1
    return _at_last_events(back, columns, offsets, rows.n_items)


def _at_last_events(values, columns, offsets, n_items):
    """Return the sparse array of the values that items have at their last events."""
    row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = counting_order(row, counting_order(columns))
    goes_on = (np.diff(row[order]) == 0) & (np.diff(columns[order]) == 0)
    is_last = np.ones(len(order), dtype=bool)
    is_last[order[:-1]] = ~goes_on
    kept = np.bincount(row[is_last], minlength=len(offsets) - 1)
    return sparse.csr_array(
        (
            values[is_last].astype(np.int32),
            columns[is_last].astype(np.int32),
            offsets_from_lengths(kept).astype(np.int32),
        ),
        shape=(len(offsets) - 1, n_items),
    )


def similar_sessions(query, sessions_of_items, n_candidates=None):
    """Yield (slice of rows, similarities (b, n_sessions)) in blocks of bounded memory.

    Parameters
    ----------
    query : sparse array of shape (n_rows, n_items)
        Weights of the items of histories.
    sessions_of_items : sparse array of shape (n_items, n_sessions)
        Weight of an item in each session that holds it.
    n_candidates : int or None
        Of the sessions that share an item with a row, take the `n_candidates` most
        recent; None takes all.
    """
    n_sessions = np.diff(sessions_of_items.indptr)
    pairs = offsets_from_lengths(n_sessions[query.indices])
    for rows in _row_blocks(np.diff(pairs[query.indptr]), _PAIR_BLOCK):
        found = query[rows] @ sessions_of_items
        if n_candidates is not None:
            found = keep_largest(found, n_candidates, found.indices)
        yield rows, found


def keep_largest(similarities, n, keys=None):
    """Keep `n` entries of each row.

    Parameters
    ----------
    similarities : sparse array of shape (b, n_sessions)
        What to choose from.
    n : int
        How many; a row that has no more keeps all.
    keys : ndarray of shape (n_entries,) or None
        Those with the largest keys stay, of equal ones those of the more recent
        sessions. None: the similarities themselves.
    """
    keys = similarities.data if keys is None else keys.astype(np.float64)
    lengths = np.diff(similarities.indptr)
    row = np.repeat(np.arange(len(lengths)), lengths)
    least = _nth_largest(keys, similarities.indptr, n)[row]
    kept = keys > least
    tied = np.flatnonzero(keys == least)
    tied = tied[np.lexsort((-similarities.indices[tied], row[tied]))]
    left = n - np.bincount(row[kept], minlength=len(lengths))
    kept[tied[_places_in_runs(row[tied]) < left[row[tied]]]] = True
    offsets = offsets_from_lengths(np.minimum(lengths, n)).astype(np.int32)
    return sparse.csr_array(
        (similarities.data[kept], similarities.indices[kept], offsets),
        shape=similarities.shape,
    )


def _nth_largest(keys, offsets, n):
    """Return the `n`-th largest key of each row; -inf where a row has no more."""
    lengths = np.diff(offsets)
    found = np.full(len(lengths), -np.inf)
    sizes = np.frexp(lengths)[1]  # rows of similar length together: little padding
    for size in np.unique(sizes[lengths > n]):
        rows = np.flatnonzero((lengths > n) & (sizes == size))
        width = lengths[rows].max()
        padded = np.full((len(rows), width), -np.inf)
        is_key = np.arange(width) < lengths[rows, None]
        padded[is_key] = keys[ragged_positions(offsets[rows], lengths[rows])]
        found[rows] = np.partition(padded, width - n, axis=1)[:, width - n]
    return found


def _places_in_runs(values):
    """Return the place of each value, from 0, in its run of equal ones."""
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    lengths = np.diff(np.append(starts, len(values)))
    return np.arange(len(values)) - np.repeat(starts, lengths)


def sum_votes(near, back, places, *, weigh_sessions=None, weigh_items=None):
    """Return the scores (b, n_items): each item's votes by the sessions that hold it.

    A session votes with its similarity, times weights that hang on the last item of
    the history that it shares.

    Parameters
    ----------
    near : sparse array of shape (b, n_sessions)
        Similarities of the neighbours of each row, each of which shares an item.
    back : sparse array of shape (b, n_items)
        See `last_places`.
    places : sparse array of shape (n_sessions, n_items)
        See `collect_sessions`.
    weigh_sessions : callable or None
        Takes how many events before the end of the history the last shared item is;
        returns the weights of the sessions.
    weigh_items : callable or None
        Takes the place of an item in its session minus that of the last shared item;
        returns the weights of the items.
    """
    scores = np.empty(back.shape)
    costs = offsets_from_lengths(np.diff(places.indptr)[near.indices])
    for rows in _row_blocks(np.diff(costs[near.indptr]), _VOTE_BLOCK):
        some, seen = near[rows], back[rows]
        items = _items_of(some, places)
        votes = some.data
        if weigh_sessions is not None or weigh_items is not None:
            steps, distances = _find_shared(items, seen)
            if weigh_sessions is not None:
                votes = votes * weigh_sessions(steps)
        votes = np.repeat(votes, items.lengths)
        if weigh_items is not None:
            votes *= weigh_items(distances)
        n_cells = seen.shape[0] * seen.shape[1]
        scores[rows] = np.bincount(items.cells, votes, n_cells).reshape(seen.shape)
    return scores


class _Items(NamedTuple):
    """Items of the neighbours of some rows, row after row.

    Attributes
    ----------
    cells : ndarray of shape (n,), dtype=int64
        ``row * n_items + column`` of each item.
    places : ndarray of shape (n,), dtype=int32
        Its place in its session.
    lengths : ndarray of shape (n_neighbors,), dtype=int64
        How many items each neighbour has.
    """

    cells: Array
    places: Array
    lengths: Array


def _items_of(near, places):
    lengths = np.diff(places.indptr)[near.indices]
    positions = ragged_positions(places.indptr[near.indices], lengths)
    row = np.repeat(np.arange(near.shape[0]), np.diff(near.indptr))
    cells = np.repeat(row * places.shape[1], lengths)
    cells += places.indices[positions]
    return _Items(cells, places.data[positions], lengths)


def _find_shared(items, back):
    """Return how far back each session's last shared item is, and distances from it."""
    known = np.full(back.shape, _NEVER, dtype=np.int32)
    row = np.repeat(np.arange(back.shape[0]), np.diff(back.indptr))
    known[row, back.indices] = back.data
    steps = known.ravel()[items.cells]
    nearest = np.minimum.reduceat(steps, offsets_from_lengths(items.lengths)[:-1])
    is_last = steps == np.repeat(nearest, items.lengths)  # one item a session
    distances = items.places - np.repeat(items.places[is_last], items.lengths)
    return nearest, distances


def _row_blocks(costs, block):
    """Yield slices of consecutive rows whose costs sum to about `block` or less."""
    number = np.cumsum(costs) // block
    edges = [*np.flatnonzero(np.diff(number, prepend=-1)).tolist(), len(costs)]
    for start, stop in pairwise(edges):
        yield slice(start, stop)


class SessionsMixin:
    """What recommenders by neighbour sessions learn: the sessions of `fit`.

    Stands before `CountingRecommender`, for which it gives what is counted.
    """

    n_items_: int

    def _clear_counts(self):
        self.session_places_, self.session_times_ = empty_sessions(self.n_items_)

    def _add_counts(self, sequences, targets):
        self.session_places_, self.session_times_ = append_sessions(
            self.session_places_,
            self.session_times_,
            *collect_sessions(sequences, targets),
        )
        self._sessions_of_items = invert_sessions(self.session_places_)
