"""Weights are those that rank held-out targets best, and even where none does."""

import numpy as np
import pytest

from seqrec.data.sequences import Sequences
from seqrec.estimators import _vote_weights
from seqrec.estimators._inputs import seen_mask
from seqrec.estimators._vote_weights import RivalVotes, hold_out_rows, search_weights
from seqrec.metrics import ndcg_at_ranks, target_ranks
from tests.histories import ordered_histories

N_ITEMS = 60


def rows(n=200, seed=0):
    """Make histories of three random items."""
    codes = np.random.default_rng(seed).integers(N_ITEMS, size=(n, 3)) + 101
    return Sequences.from_lists(codes.tolist(), items=list(range(101, 101 + N_ITEMS)))


def tables(sequences, codes, strengths, seed=0):
    """Make random votes that favour the targets, each table as much as it says."""
    rng = np.random.default_rng(seed)
    shape = len(sequences), N_ITEMS
    found = [rng.normal(size=shape) for _ in strengths]
    for table, strength in zip(found, strengths, strict=True):
        table[np.arange(shape[0]), codes - 1] += strength
    return found


def asked(sequences, found):
    """Return functions that look the votes of sequences up in tables."""

    def look(table):
        return lambda block: table[np.searchsorted(sequences.starts, block.starts)]

    return [look(table) for table in found]


def rivals_of(strengths, n=200, exclude_seen=False):
    sequences, codes = rows(n), np.random.default_rng(1).integers(N_ITEMS, size=n) + 1
    found = tables(sequences, codes, strengths)
    return RivalVotes(asked(sequences, found), sequences, codes, exclude_seen), (
        sequences,
        codes,
        found,
    )


@pytest.mark.parametrize("exclude_seen", [False, True])
@pytest.mark.parametrize("weights", [[1.0, 0.0], [0.25, 0.75]])
def test_ranks_are_those_in_the_whole_catalogue(exclude_seen, weights, monkeypatch):
    monkeypatch.setattr(_vote_weights, "_BLOCK", 7 * N_ITEMS)
    rivals, (sequences, codes, found) = rivals_of([1, 2], exclude_seen=exclude_seen)
    votes = np.tensordot(weights, found, 1)
    seen = seen_mask(sequences, N_ITEMS, exclude_seen)
    expected = target_ranks(votes, codes, excluded=seen)
    np.testing.assert_array_equal(rivals.ranks(weights), expected)
    assert np.isinf(expected).any() == exclude_seen


def test_few_rivals_rank_the_top_alike(monkeypatch):
    monkeypatch.setattr(_vote_weights, "_MOST_RIVALS", 20)
    rivals, (_, codes, found) = rivals_of([1, 2])
    assert rivals.margins.shape == (2, 200, 40)
    for weights in ([1.0, 0.0], [0.0, 1.0]):  # exact for each member alone
        expected = target_ranks(np.tensordot(weights, found, 1), codes)
        expected = ndcg_at_ranks(expected, k=10)
        np.testing.assert_array_equal(rivals.ndcg(weights), expected)


def test_memory_is_bounded_however_many_members(monkeypatch):
    monkeypatch.setattr(_vote_weights, "_MOST_KEPT", 50 * 30 * 30 * 25)
    rivals, _ = rivals_of([1.0] * 30, n=50)
    assert rivals.margins.shape == (30, 50, 30 * 25)


def test_two_members_that_tie_share_the_place():
    sequences = Sequences.from_lists([["a"]], items=["a", "b", "c"])
    table = np.array([[0.0, 1.0, 1.0]])
    rivals = RivalVotes([lambda block: table], sequences, np.array([2]), False)
    assert rivals.ranks([1.0]).tolist() == [1.5]


def test_the_better_member_gets_the_larger_weight():
    rivals, _ = rivals_of([0.5, 2.0])
    weights = search_weights(rivals)
    assert weights[1] > 0.6
    assert weights.sum() == pytest.approx(1.0)
    assert rivals.ndcg(weights).mean() > rivals.ndcg([0.5, 0.5]).mean()


def test_a_member_that_is_wrong_gets_nothing():
    weights = search_weights(rivals_of([2.0, -2.0])[0])
    np.testing.assert_allclose(weights, [1, 0], atol=0.1)


def test_members_that_know_as_much_count_alike():
    for n in (50, 200):
        weights = search_weights(rivals_of([2.0, 2.0], n=n)[0])
        np.testing.assert_allclose(weights, 0.5, atol=0.2)


def test_a_member_given_twice_counts_once_more():
    rivals, _ = rivals_of([1.0])
    rivals.margins = np.concatenate([rivals.margins] * 3)
    np.testing.assert_allclose(search_weights(rivals), 1 / 3)


def test_three_members_are_all_searched():
    weights = search_weights(rivals_of([2.0, -2.0, 2.0], n=500)[0])
    assert weights[1] < 0.05
    assert abs(weights[0] - weights[2]) < 0.3


def test_last_events_of_a_share_of_rows_are_held_out():
    sequences = Sequences.from_lists(ordered_histories(40))
    held = hold_out_rows(sequences, None, 0.25, np.random.RandomState(0))
    assert held.targets is None
    assert len(held.codes) == 10
    assert held.learned.lengths.sum() == sequences.lengths.sum() - 10
    events = held.histories.codes
    np.testing.assert_array_equal(events[held.histories.stops], held.codes)


def test_no_more_rows_are_held_out_than_tell(monkeypatch):
    monkeypatch.setattr(_vote_weights, "_MOST_HELD", 7)
    sequences = Sequences.from_lists(ordered_histories(40))
    held = hold_out_rows(sequences, None, 0.5, np.random.RandomState(0))
    assert len(held.codes) == 7


@pytest.mark.parametrize(
    ("histories", "targets", "match"),
    [
        (
            [["a", "b"]] * 9,
            None,
            r"25% of the 0 histories with 3 events or more, which",
        ),
        ([["a", "b", "a"]], None, r"of the 1 histories .* set weights=None"),
        ([["a"], []], np.array([1, 1]), r"of the 1 histories with 1 events or more"),
    ],
)
def test_too_few_rows_to_hold_out_are_an_error(histories, targets, match):
    sequences = Sequences.from_lists(histories)
    with pytest.raises(ValueError, match=match):
        hold_out_rows(sequences, targets, 0.25, np.random.RandomState(0))
