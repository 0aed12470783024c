import numpy as np
import pytest
from scipy import sparse

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators import _neighbour_sessions
from seqrec.estimators._neighbour_sessions import (
    append_sessions,
    collect_sessions,
    empty_sessions,
    invert_sessions,
    keep_largest,
    last_places,
    similar_sessions,
    sum_votes,
)


def windows(codes, *bounds, times=None, target_times=None):
    """Make rows of items 1 to 9 that are windows into one column of codes."""
    starts, stops = np.array(bounds).T
    every = Sequences.from_lists([], items=range(1, 10))
    return Sequences(
        codes,
        starts,
        stops,
        vocabulary=every.vocabulary,
        times=None if times is None else np.asarray(times, dtype=np.float64),
        target_times=target_times,
    )


def as_dicts(places):
    """Return {item code: place} of each session."""
    return [
        dict(zip((columns + 1).tolist(), values.tolist(), strict=True))
        for columns, values in zip(
            np.split(places.indices, places.indptr[1:-1]),
            np.split(places.data, places.indptr[1:-1]),
            strict=True,
        )
    ]


def test_an_item_has_the_place_of_its_last_event():
    places, times = collect_sessions(windows([4, 2, 4, 5, 2], (0, 4), (4, 5)), None)
    assert as_dicts(places) == [{2: 2, 4: 3, 5: 4}, {2: 1}]
    assert np.isnan(times).all()


def test_rows_that_share_events_are_one_session():
    rows = windows(
        [1, 2, 3, 4, 5], (1, 3), (0, 2), (0, 2), (3, 3), (3, 5), times=range(5)
    )
    places, times = collect_sessions(rows, None)
    assert as_dicts(places) == [{1: 1, 2: 2, 3: 3}, {4: 1, 5: 2}]
    assert times.tolist() == [2, 4]


def test_a_session_ends_with_its_target():
    rows = windows([1, 2, 1], (0, 2), (2, 3), (2, 2), times=[5, 6, 7])
    places, times = collect_sessions(rows, np.array([3, 1, 9]))
    assert as_dicts(places) == [{1: 1, 2: 2, 3: 3}, {1: 2}]
    assert times.tolist() == [6, 7]


def test_a_session_ends_at_the_time_of_its_target():
    rows = windows([1, 2], (0, 2), times=[5, 6], target_times=np.array([8.0]))
    assert collect_sessions(rows, np.array([3]))[1].tolist() == [8]


def test_targets_of_rows_that_overlap_stand_after_their_rows_once():
    # The event after [1, 2] is its target 3 already; 7 and 8 are not events.
    rows = windows([1, 2, 3, 4], (0, 2), (0, 1), (0, 1), (0, 4), (0, 1), (0, 4))
    places, _ = collect_sessions(rows, np.array([3, 7, 7, 8, 6, 8]))
    assert as_dicts(places) == [{1: 1, 6: 2, 7: 3, 2: 4, 3: 5, 4: 6, 8: 7}]


def test_samples_of_every_event_are_the_sessions_of_the_rows():
    sequences = windows(
        [1, 2, 2, 5, 4, 3, 4], (0, 4), (4, 7), times=[3, 4, 5, 9, 1, 2, 6]
    )
    X, y, _ = next_item_samples(sequences)
    places, times = collect_sessions(X, X.vocabulary.encode(y))
    expected, expected_times = collect_sessions(sequences, None)
    assert as_dicts(places) == as_dicts(expected)
    assert times.tolist() == expected_times.tolist()


def test_sessions_stand_in_order_of_time():
    first = collect_sessions(windows([1, 2, 3], (0, 1), (1, 3), times=[7, 1, 5]), None)
    more = collect_sessions(windows([4, 5], (0, 1), (1, 2), times=[6, 7]), None)
    places, times = append_sessions(*append_sessions(*empty_sessions(9), *first), *more)
    assert as_dicts(places) == [{2: 1, 3: 2}, {4: 1}, {1: 1}, {5: 1}]
    assert times.tolist() == [5, 6, 7, 7]


def test_sessions_stay_in_order_of_rows_where_one_has_no_time():
    first = collect_sessions(windows([1, 2], (0, 1), (1, 2), times=[7, 1]), None)
    places, _ = append_sessions(*first, *collect_sessions(windows([3], (0, 1)), None))
    assert as_dicts(places) == [{1: 1}, {2: 1}, {3: 1}]


def test_sessions_of_items_have_norm_one():
    places, _ = collect_sessions(windows([1, 2, 1, 3, 3], (0, 2), (2, 5)), None)
    inverted = invert_sessions(places).toarray()
    expected = np.zeros((9, 2))
    expected[[0, 1], 0] = expected[[0, 2], 1] = np.sqrt(0.5)
    np.testing.assert_allclose(inverted, expected)


def test_histories_know_how_far_back_their_items_are():
    rows = windows([4, 2, 4, 5, 2], (0, 4), (3, 5))
    assert as_dicts(last_places(rows, None)) == [{2: 2, 4: 1, 5: 0}, {5: 1, 2: 0}]
    assert as_dicts(last_places(rows, 2)) == [{4: 1, 5: 0}, {5: 1, 2: 0}]


def random_similarities(seed):
    rng = np.random.default_rng(seed)
    dense = rng.integers(5, size=(30, 25)) * (rng.random((30, 1)) < rng.random((1, 25)))
    return sparse.csr_array(dense.astype(np.float64))


@pytest.mark.parametrize("n", [1, 3, 24, 25, 100])
@pytest.mark.parametrize("seed", range(3))
def test_the_largest_are_kept_and_of_equal_ones_the_later(seed, n):
    similarities = random_similarities(seed)
    found = keep_largest(similarities, n).toarray()
    for row, kept in zip(similarities.toarray(), found, strict=True):
        order = np.lexsort((-np.arange(25), -row))
        expected = np.zeros(25)
        expected[order[:n]] = row[order[:n]]
        np.testing.assert_array_equal(kept, expected)


def test_candidates_are_the_most_recent_sessions_that_share_an_item():
    query = sparse.csr_array(np.array([[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]]))
    sessions = sparse.csr_array(
        np.array([[1.0, 0, 0, 1, 0], [0, 1, 0, 1, 0], [0, 0, 1, 0, 1]])
    )
    ((rows, found),) = similar_sessions(query, sessions, n_candidates=2)
    assert rows == slice(0, 2)
    np.testing.assert_array_equal(
        found.toarray(), [[0, 0.5, 0, 1.5, 0], [0, 0, 1, 0, 1]]
    )


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    bounds = [(start, start + rng.integers(1, 9)) for start in range(0, 90, 10)]
    rows = windows(rng.integers(1, 10, size=100), *bounds)
    places, _ = collect_sessions(rows, None)
    back = last_places(rows, None)
    query = sparse.csr_array((1.0 / (1 + back.data), back.indices, back.indptr))

    def scores():
        blocks = [
            sum_votes(near, back[rows], places, weigh_items=lambda d: 0.5 ** abs(d))
            for rows, near in similar_sessions(query, invert_sessions(places))
        ]
        return len(blocks), np.concatenate(blocks)

    n_blocks, at_once = scores()
    assert n_blocks == 1
    monkeypatch.setattr(_neighbour_sessions, "_PAIR_BLOCK", 20)
    monkeypatch.setattr(_neighbour_sessions, "_VOTE_BLOCK", 20)
    n_blocks, in_blocks = scores()
    assert n_blocks > 3
    np.testing.assert_array_equal(in_blocks, at_once)


def test_no_neighbours_give_no_votes():
    places, _ = collect_sessions(windows([1], (0, 1)), None)
    back = last_places(windows([2, 3], (0, 2)), None)
    near = sparse.csr_array((1, 1))
    scores = sum_votes(near, back, places, weigh_items=np.exp, weigh_sessions=np.exp)
    np.testing.assert_array_equal(scores, np.zeros((1, 9)))
