from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators._batching import (
    EventBatches,
    TrainingSet,
    cut_by_budget,
    history_batches,
)
from seqrec.estimators._event_reader import Channels, SequenceReader

lengths_lists = st.lists(st.integers(0, 9), min_size=1, max_size=8)
seeds = st.integers(0, 2**16)


def numbered(lengths):
    """Make sequences in which every event has an item of its own."""
    events = iter(range(1, sum(lengths) + 1))
    histories = [[next(events) for _ in range(length)] for length in lengths]
    return Sequences.from_lists(histories, items=range(1, max(2, sum(lengths) + 1)))


def one_epoch(data, batch_size, seed=0):
    torch.manual_seed(seed)
    return list(EventBatches(data, batch_size))


def learned_pairs(batches):
    """Return (events up to a position in its padded row, target) of all targets."""
    pairs = []
    for batch, answers in batches:
        targets = answers["items"]
        n_steps = batch.events.codes.shape[1]
        for position, target in zip(batch.positions.tolist(), targets, strict=True):
            row, step = divmod(position, n_steps)
            pairs.append(
                (tuple(batch.events.codes[row, : step + 1].tolist()), int(target))
            )
    return pairs


@given(lengths_lists, st.integers(1, 12), seeds)
def test_every_event_is_in_one_piece(lengths, max_length, seed):
    data = TrainingSet.from_sequences(numbered(lengths), None, max_length)
    starts, sizes, fresh = data.pieces(np.random.default_rng(seed))
    np.testing.assert_array_equal(fresh, sizes)
    assert (sizes <= max_length).all()
    covered = [
        place
        for start, size in zip(starts, sizes, strict=True)
        for place in range(start, start + size)
    ]
    assert sorted(covered) == list(range(len(data.codes)))
    row = np.searchsorted(data.offsets, starts, side="right")
    row_of_last = np.searchsorted(data.offsets, starts + sizes - 1, side="right")
    np.testing.assert_array_equal(row, row_of_last)


@given(lengths_lists, st.integers(1, 12), st.integers(1, 40), seeds)
def test_every_target_is_seen_once_an_epoch(lengths, max_length, batch_size, seed):
    sequences = numbered(lengths)
    data = TrainingSet.from_sequences(sequences, None, max_length)
    pairs = learned_pairs(one_epoch(data, batch_size, seed))
    expected = [item for row in sequences.to_lists() for item in row[1:]]
    assert sorted(target for _, target in pairs) == expected
    assert data.n_targets == len(expected)


@given(lengths_lists, st.integers(1, 12), seeds)
def test_a_target_follows_the_events_before_it_in_its_own_row(
    lengths, max_length, seed
):
    data = TrainingSet.from_sequences(numbered(lengths), None, max_length)
    for events, target in learned_pairs(one_epoch(data, 20, seed)):
        # Items are numbered through, so a run of numbers is a piece of one row.
        assert events == tuple(range(target - len(events), target))
        assert len(events) <= max_length


@given(lengths_lists, st.integers(1, 12), st.integers(1, 40))
def test_padded_batches_stay_within_the_budget(lengths, max_length, batch_size):
    data = TrainingSet.from_sequences(numbered(lengths), None, max_length)
    for batch, answers in one_epoch(data, batch_size):
        n_rows, n_steps = batch.events.codes.shape
        assert n_rows == 1 or n_rows * n_steps <= batch_size
        assert len(batch) == len(answers["items"]) > 0
        assert (batch.events.codes.flatten()[batch.positions] > 0).all()


def test_a_batch_is_larger_where_few_events_have_a_target():
    sequences = numbered([8] * 12)
    every = TrainingSet.from_sequences(sequences, None, 10)
    last = TrainingSet.from_sequences(sequences, None, 10)
    last.keep_last_targets()
    assert every.budget(14) == 14
    assert last.budget(14) == 14 * 7  # seven events are read for each target
    for data in (every, last):
        assert data.n_batches(14) == len(one_epoch(data, 14))
    assert len(one_epoch(every, 14)) == 6
    assert [len(batch) for batch, _ in one_epoch(last, 14)] == [12]
    assert every.bearable_rate(14) == 1.0
    assert last.bearable_rate(14) == pytest.approx((12 / 14) ** 0.5)


def test_a_batch_is_sixteen_times_as_large_at_most():
    data = TrainingSet.from_sequences(numbered([101]), None, 200)
    data.keep_last_targets()
    assert data.budget(10) == 160


@pytest.mark.parametrize("stride", [None, 2])
def test_a_lone_target_is_learned_after_all_events_that_an_answer_looks_at(stride):
    sequences = numbered([30, 4])
    data = TrainingSet.from_sequences(sequences, None, 7, stride=stride)
    data.keep_last_targets()
    pairs = learned_pairs(one_epoch(data, 100))
    assert sorted(pairs) == [((23, 24, 25, 26, 27, 28, 29), 30), ((31, 32, 33), 34)]
    assert data.budget(10) == 50  # ten events are read for two targets


def test_events_after_the_first_target_are_read_all_the_same():
    sequences = numbered([30])
    targets = np.array([11, 30])
    rows = sequences[[0, 0]]._with_windows(sequences.starts[[0, 0]], np.array([10, 29]))
    data = TrainingSet.from_sequences(rows, targets, 7)
    starts, lengths = data.read_rows
    assert (starts.tolist(), lengths.tolist()) == ([3], [26])
    assert {target for _, target in learned_pairs(one_epoch(data, 9))} == {11, 30}


def test_cuts_of_long_rows_move_from_epoch_to_epoch():
    data = TrainingSet.from_sequences(numbered([40]), None, 7)
    rng = np.random.default_rng(0)
    assert len({tuple(data.pieces(rng)[0]) for _ in range(20)}) > 1


def test_batches_come_in_another_order_each_epoch():
    data = TrainingSet.from_sequences(numbered([3] * 8), None, 10)
    torch.manual_seed(0)
    batches = EventBatches(data, 4)
    epochs = [
        [t for _, answers in batches for t in answers["items"].tolist()] for _ in "ab"
    ]
    assert epochs[0] != epochs[1]
    assert sorted(epochs[0]) == sorted(epochs[1])


@given(lengths_lists, st.integers(1, 40))
def test_cuts_cover_rows_in_order_within_the_budget(lengths, budget):
    lengths = np.sort(lengths)[::-1]
    cuts = cut_by_budget(lengths, budget)
    assert cuts[0] == 0
    assert cuts[-1] == len(lengths)
    for start, stop in pairwise(cuts):
        assert stop == start + 1 or (stop - start) * lengths[start] <= budget


# ------------------------------------------------------------------ given targets
def test_prefixes_of_one_history_are_one_row_with_several_targets():
    X, y, _ = next_item_samples(Sequences.from_lists([[1, 2, 3, 4], [5, 6, 7]]))
    data = TrainingSet.from_sequences(X, X.vocabulary.encode(y), 10)
    assert len(data) == 2
    assert data.codes.tolist() == [1, 2, 3, 5, 6]
    assert data.targets.tolist() == [2, 3, 4, 6, 7]


def test_two_targets_of_one_prefix_are_both_learned():
    X = Sequences.from_lists([[1, 2, 3, 4]])[[0, 0, 0]]
    X = Sequences(X.codes, X.starts, [2, 2, 3], vocabulary=X.vocabulary)
    data = TrainingSet.from_sequences(X, np.array([3, 4, 1]), 10)
    pairs = learned_pairs(one_epoch(data, 100))
    assert sorted(pairs) == [((1, 2), 3), ((1, 2), 4), ((1, 2, 3), 1)]
    assert len(data) == 2


def test_what_comes_before_a_lone_target_is_not_computed_for_nothing():
    X, y, _ = next_item_samples(numbered([60]), last=1)
    data = TrainingSet.from_sequences(X, X.vocabulary.encode(y), 5)
    ((batch, answers),) = one_epoch(data, 1)
    assert answers["items"].tolist() == [60]
    assert batch.events.codes.numel() <= 5
    assert batch.events.codes[0, -1] == 59


@given(lengths_lists, st.data(), st.integers(1, 12), seeds)
def test_given_targets_are_each_learned_once_after_their_own_history(
    lengths, data, max_length, seed
):
    sequences = numbered(lengths)
    windows = data.draw(
        st.lists(
            st.sampled_from(range(len(sequences))).flatmap(
                lambda row: st.integers(0, int(sequences.lengths[row])).map(
                    lambda stop: (row, stop)
                )
            ),
            min_size=1,
            max_size=12,
        )
    )
    assume(any(stop for _, stop in windows))
    rows = np.array([row for row, _ in windows])
    X = Sequences(
        sequences.codes,
        sequences.starts[rows],
        sequences.starts[rows] + [stop for _, stop in windows],
        vocabulary=sequences.vocabulary,
    )
    targets = np.arange(1, len(X) + 1)
    found = learned_pairs(
        one_epoch(TrainingSet.from_sequences(X, targets, max_length), 30, seed)
    )
    expected = {
        target: tuple(history)
        for history, target in zip(X.to_lists(), targets.tolist(), strict=True)
        if history
    }
    assert sorted(target for _, target in found) == sorted(expected)
    for events, target in found:
        assert events == expected[target][-len(events) :]


@given(lengths_lists)
def test_whole_histories_end_with_their_targets(lengths):
    sequences = numbered(lengths)
    codes, history = TrainingSet.from_sequences(sequences, None, 3).histories()
    learned = [row for row in sequences.to_lists() if len(row) > 1]
    assert codes.tolist() == [item for row in learned for item in row]
    numbers = np.repeat(np.arange(len(learned)), [len(row) for row in learned])
    assert history.tolist() == numbers.tolist()


@given(lengths_lists, st.integers(1, 7), st.integers(1, 7), seeds)
def test_a_stride_repeats_events_but_learns_each_target_once(
    lengths, max_length, stride, seed
):
    sequences = numbered(lengths)
    data = TrainingSet.from_sequences(sequences, None, max_length, stride=stride)
    starts, sizes, fresh = data.pieces(np.random.default_rng(seed))
    assert (sizes <= max_length).all()
    assert (fresh[np.isin(starts, data.offsets, invert=True)] <= stride).all()
    pairs = learned_pairs(one_epoch(data, 20, seed))
    expected = [item for row in sequences.to_lists() for item in row[1:]]
    assert sorted(target for _, target in pairs) == expected
    firsts = {row[0] for row in sequences.to_lists() if row}
    for events, target in pairs:
        enough = min(max_length, stride) <= max_length - len(events) + stride
        reaches_back = len(events) > max_length - min(stride, max_length)
        assert events[0] in firsts or (enough and reaches_back)
        assert events == tuple(range(target - len(events), target))


def test_pieces_with_a_stride_are_as_drawn():
    data = TrainingSet.from_sequences(numbered([8]), None, 4, stride=2)
    pieces = {
        tuple(map(tuple, data.pieces(np.random.default_rng(seed)))) for seed in range(9)
    }
    assert ((0, 1, 3), (3, 4, 4), (3, 2, 2)) in pieces
    assert ((0, 2, 4), (4, 4, 3), (4, 2, 1)) in pieces


# ------------------------------------------------------------------ answers
@given(lengths_lists, st.integers(1, 12))
def test_history_batches_cover_each_row_once_with_its_last_events(lengths, max_length):
    sequences = numbered(lengths)
    histories = sequences.to_lists()
    rows = []
    recent = sequences.last(max_length)
    reader = SequenceReader(recent, Channels())
    for batch in history_batches(reader, recent.starts, recent.lengths):
        rows += batch.rows.tolist()
        events = batch.events
        for row, codes, length in zip(
            batch.rows, events.codes, events.lengths, strict=True
        ):
            expected = histories[row][-max_length:]
            assert codes[:length].tolist() == expected
            assert codes[length:].sum() == 0
    assert sorted(rows) == list(range(len(sequences)))


def test_no_history_gives_no_batch():
    none = numbered([2])[:0]
    reader = SequenceReader(none, Channels())
    assert list(history_batches(reader, none.starts, none.lengths)) == []


# ------------------------------------------------------------------ targets further on
def test_without_lookahead_targets_are_the_next_events():
    data = TrainingSet.from_sequences(
        Sequences.from_lists([[1, 2, 3], [4, 5]]), None, 9
    )
    rng = np.random.default_rng(0)
    events = np.arange(3)
    assert (data.draw_targets(events, rng) == data.targets).all()


def test_a_share_of_targets_is_later_and_none_is_of_another_row():
    rows = [list(range(1, 41)), list(range(41, 81))] * 50
    data = TrainingSet.from_sequences(Sequences.from_lists(rows), None, 100)
    data.lookahead = 0.3
    events = np.arange(len(data.targets))
    further = data.draw_targets(events, np.random.default_rng(0)) - data.targets
    assert (further >= 0).all()  # items are numbered in the order of events
    share = np.bincount(further, minlength=3)[:3] / len(further)
    np.testing.assert_allclose(share, [0.7, 0.21, 0.063], atol=0.02)
    ends = data.offsets[1:] - 1
    assert (further[ends] == 0).all()
