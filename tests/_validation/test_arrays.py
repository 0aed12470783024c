import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seqrec._validation.arrays import (
    counting_order,
    from_zero,
    interleaved_positions,
    offsets_from_lengths,
    pack_windows,
    ragged_positions,
)

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@st.composite
def windows(draw, n=12, max_windows=6):
    """Draw windows into a column of `n` elements; they overlap, touch or are empty."""
    pairs = st.tuples(st.integers(0, n), st.integers(0, n)).map(sorted)
    drawn = draw(st.lists(pairs, max_size=max_windows))
    starts, stops = np.array(drawn, dtype=np.int64).reshape(-1, 2).T
    return starts, stops


def contents(column, starts, stops):
    return [column[a:b].tolist() for a, b in zip(starts, stops, strict=True)]


@pytest.mark.parametrize(
    ("lengths", "offsets"), [([], [0]), ([0], [0, 0]), ([2, 0, 3], [0, 2, 2, 5])]
)
def test_offsets_are_running_sums_of_lengths(lengths, offsets):
    found = offsets_from_lengths(np.array(lengths, dtype=np.int64))
    np.testing.assert_array_equal(found, offsets)
    assert found.dtype == np.int64


def test_offsets_of_a_mask_count_what_is_before():
    np.testing.assert_array_equal(
        offsets_from_lengths(np.array([True, False, True])), [0, 1, 1, 2]
    )


@given(windows())
def test_ragged_positions_are_the_windows_one_after_the_other(drawn):
    starts, stops = drawn
    expected = [p for a, b in zip(starts, stops, strict=True) for p in range(a, b)]
    np.testing.assert_array_equal(ragged_positions(starts, stops - starts), expected)


@given(windows(), st.booleans())
def test_packed_windows_hold_what_they_held(drawn, by_window):
    starts, stops = drawn
    column = np.arange(100, 112)
    positions, moved = pack_windows(starts, stops, by_window=by_window)
    packed = column[positions]
    assert contents(packed, moved, moved + stops - starts) == contents(
        column, starts, stops
    )
    covered = {p for a, b in zip(starts, stops, strict=True) for p in range(a, b)}
    assert sorted(positions.tolist()) == sorted(covered)


@given(windows())
def test_packing_twice_changes_nothing_more(drawn):
    starts, stops = drawn
    _, moved = pack_windows(starts, stops)
    positions, again = pack_windows(moved, moved + stops - starts)
    np.testing.assert_array_equal(positions, np.arange(len(positions)))
    np.testing.assert_array_equal(again, moved)


@given(windows())
def test_packing_keeps_the_order_of_the_column_unless_told(drawn):
    positions, _ = pack_windows(*drawn)
    assert (np.diff(positions) > 0).all()


@given(st.permutations(range(5)))
def test_packing_by_window_does_not_depend_on_the_column(order):
    starts = np.array(order) * 3
    lengths = np.array([1, 2, 3, 0, 2])
    positions, moved = pack_windows(starts, starts + lengths, by_window=True)
    np.testing.assert_array_equal(positions, ragged_positions(starts, lengths))
    np.testing.assert_array_equal(moved, [0, 1, 3, 0, 6])


def test_packing_no_window_keeps_nothing():
    none = np.empty(0, dtype=np.int64)
    positions, moved = pack_windows(none, none)
    assert len(positions) == len(moved) == 0
    assert positions.dtype == moved.dtype == np.int64


def test_interleaving_puts_added_elements_at_row_ends():
    lengths, added, rows = np.array([2, 0, 1]), np.array([1, 2]), np.array([2, 0])
    offsets, to_old, to_added = interleaved_positions(lengths, added, rows)
    out = np.zeros(6, dtype=int)
    out[to_old] = [11, 12, 31]
    out[to_added] = [32, 13, 14]
    np.testing.assert_array_equal(out, [11, 12, 13, 14, 31, 32])
    np.testing.assert_array_equal(offsets, [0, 4, 4, 6])
    np.testing.assert_array_equal(lengths, [2, 0, 1])  # not changed


@pytest.mark.parametrize("dtype", INTEGERS)
def test_keys_from_zero_are_exact_over_the_whole_range(dtype):
    info = np.iinfo(dtype)
    values = np.array([info.max, info.min, info.max - 1, info.min + 1], dtype=dtype)
    keys = from_zero(values, info.min, info.max)
    span = info.max - info.min
    assert keys.tolist() == [span, 0, span - 1, 1]
    assert keys.dtype == (np.uint64 if span >= 2**32 else np.uint32)


def test_keys_from_zero_are_narrow_far_from_zero():
    values = np.array([2**62 + 5, 2**62], dtype=np.int64)
    keys = from_zero(values, 2**62, 2**62 + 5)
    assert keys.tolist() == [5, 0]
    assert keys.dtype == np.uint32
    assert values[0] == 2**62 + 5  # not changed


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "uint32", "uint64"])
@given(data=st.data())
def test_counting_order_is_the_stable_order(dtype, data):
    high = int(np.iinfo(dtype).max)
    elements = st.one_of(
        st.integers(0, 3),
        st.integers(0, high),
        st.sampled_from([high, min(high, 2**16), min(high, 2**16 - 1)]),
    )
    keys = data.draw(hnp.arrays(dtype, st.integers(0, 12), elements=elements))
    expected = np.argsort(keys, kind="stable")
    np.testing.assert_array_equal(counting_order(keys), expected)
    np.testing.assert_array_equal(counting_order(keys, span=high), expected)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 70_000)), max_size=15))
def test_two_counting_orders_sort_by_two_columns(rows):
    first, last = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    found = counting_order(first, counting_order(last))
    np.testing.assert_array_equal(found, np.lexsort((last, first)))


def test_counting_order_of_equal_keys_keeps_the_given_order():
    keys, order = np.zeros(3, dtype=np.int32), np.array([2, 0, 1])
    np.testing.assert_array_equal(counting_order(keys), [0, 1, 2])
    np.testing.assert_array_equal(counting_order(keys, order), order)
