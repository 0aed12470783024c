import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqrec.estimators._event_reader import ArrayReader
from seqrec.estimators._row_batching import RowBatches, RowSet, cut_rows, row_keys

lengths_lists = st.lists(st.integers(0, 6), min_size=1, max_size=9)


def rows_of(lengths):
    lengths = np.array(lengths, dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    values = np.arange(lengths.sum(), dtype=np.float32)[:, None]
    targets = np.arange(len(lengths), dtype=np.float32)[:, None]
    return RowSet(
        ArrayReader(values), starts, lengths, targets, np.ones(len(lengths), np.float32)
    )


@given(lengths_lists.filter(any), st.integers(1, 5))
def test_each_row_is_in_one_batch_with_its_own_events(lengths, batch_size):
    data = rows_of(lengths)
    torch.manual_seed(0)
    seen = []
    for batch, (targets, _) in RowBatches(data, batch_size):
        assert len(batch) == len(targets) <= batch_size
        for row, numbers, mask in zip(
            targets[:, 0].int().tolist(), *batch.events[2::-2], strict=True
        ):
            start, length = data.starts[row], data.lengths[row]
            expected = np.arange(start, start + length)
            np.testing.assert_array_equal(numbers[mask][:, 0].numpy(), expected)
            seen.append(row)
    assert sorted(seen) == list(range(len(data)))
    assert data.n_batches(batch_size) == len(list(RowBatches(data, batch_size)))


def test_long_rows_make_small_batches():
    assert cut_rows(np.array([40_000, 20_000, 10_000, 10_000, 10_000]), 9) == [
        0, 1, 2, 5,
    ]  # fmt: skip


# ------------------------------------------------------------------ keys
def keys(rows, targets, dtype=np.float64):
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    flat = np.array([value for row in rows for value in row], dtype=dtype)
    starts = np.cumsum(lengths) - lengths
    return [tuple(key) for key in row_keys([flat], starts, lengths, targets).T]


@given(
    st.lists(st.lists(st.integers(0, 2), max_size=3), min_size=1, max_size=8), st.data()
)
def test_keys_are_equal_exactly_where_rows_and_targets_are(rows, data):
    targets = data.draw(
        st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows))
    )
    found = keys(rows, np.array(targets))
    everything = [
        (tuple(row), target) for row, target in zip(rows, targets, strict=True)
    ]
    for i, one in enumerate(everything):
        for j, other in enumerate(everything):
            assert (found[i] == found[j]) == (one == other)


def test_keys_tell_channels_and_steps_apart():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    one = np.array([[0, 2]], dtype=np.int64)
    target = np.zeros(1)
    found = {
        tuple(row_keys(columns, one[:, 0], one[:, 1], target)[:, 0])
        for columns in ([a, b], [b, a], [a[::-1], b], [a, b[::-1]])
    }
    assert len(found) == 4


def test_zeros_of_both_signs_and_all_nans_are_alike():
    other_nan = -np.array([np.nan])
    found = keys([[0.0, np.nan], [-0.0, other_nan[0]]], np.zeros(2))
    assert found[0] == found[1]


def test_keys_do_not_depend_on_where_rows_lie():
    one = keys([[1, 2], [3]], np.array([0, 1]))
    other = keys([[3], [1, 2]], np.array([1, 0]))
    assert one == other[::-1]
