"""Counting over overlapping windows, against loops over all rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqrec.data.sequences import Sequences
from seqrec.data.vocabulary import Vocabulary
from seqrec.estimators._counts import (
    event_pairs,
    weigh_histories,
)
from seqrec.estimators._inputs import covered_positions, merge_rows

N_ITEMS = 4


@st.composite
def windows(draw, n_users=3):
    """Draw rows that are windows into the events of a few users, some of them empty."""
    codes, starts, stops = [], [], []
    for _ in range(n_users):
        first = len(codes)
        codes += draw(st.lists(st.integers(1, N_ITEMS), max_size=6))
        cuts = st.integers(first, len(codes))
        for pair in draw(st.lists(st.tuples(cuts, cuts), max_size=3)):
            starts.append(min(pair))
            stops.append(max(pair))
    vocabulary = Vocabulary(np.arange(N_ITEMS))
    return Sequences(codes, starts, stops, vocabulary=vocabulary)


def bounds(sequences):
    return zip(sequences.starts.tolist(), sequences.stops.tolist(), strict=True)


@given(windows(), st.integers(0, 4))
def test_positions_are_covered_where_a_row_holds_both_ends(sequences, gap):
    expected = {
        position
        for start, stop in bounds(sequences)
        for position in range(start, stop - gap)
    }
    assert covered_positions(sequences, gap).tolist() == sorted(expected)


@given(windows())
def test_rows_that_share_events_are_one_history(sequences):
    positions, history = merge_rows(sequences)
    number = dict(zip(positions.tolist(), history.tolist(), strict=True))
    for start, stop in bounds(sequences):
        assert len({number[position] for position in range(start, stop)}) <= 1
    for left, right in zip(
        positions[:-1].tolist(), positions[1:].tolist(), strict=True
    ):
        together = any(a <= left and right < b for a, b in bounds(sequences))
        assert (number[left] == number[right]) == together
    assert sorted(set(history.tolist())) == list(range(len(set(history.tolist()))))


@given(windows(), st.integers(1, 4), st.randoms())
def test_pairs_with_targets_end_in_the_target_of_their_row(sequences, gap, random):
    targets = np.array([random.randint(1, N_ITEMS) for _ in range(len(sequences))])
    before, after = event_pairs(sequences, targets.astype(np.int32), gap)
    expected = [
        (sequences.codes[stop - gap] - 1, target - 1)
        for (start, stop), target in zip(bounds(sequences), targets, strict=True)
        if stop - start >= gap
    ]
    assert list(zip(before, after, strict=True)) == expected


def test_events_weigh_less_the_further_back_they_are():
    sequences = Sequences.from_lists([["a", "b", "c", "a"], ["c"], []])
    weights = weigh_histories(sequences, 0.5, None).toarray()
    np.testing.assert_array_equal(weights, [[1.125, 0.25, 0.5], [0, 0, 1], [0, 0, 0]])
    weights = weigh_histories(sequences, 0.5, 2).toarray()
    np.testing.assert_array_equal(weights, [[1, 0, 0.5], [0, 0, 1], [0, 0, 0]])
    weights = weigh_histories(sequences, 0, None).toarray()
    np.testing.assert_array_equal(weights, [[1, 0, 0], [0, 0, 1], [0, 0, 0]])
