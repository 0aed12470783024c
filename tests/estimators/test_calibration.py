import numpy as np
import pytest
from scipy import sparse

from seqrec.estimators._calibration import (
    calibrated_share,
    sessions_share,
    some_of,
    targets_each,
    weigh_memories,
)
from seqrec.estimators._inputs import as_sequences
from tests.histories import small_recommender

TURNS = [[1 + user % 9, 10 + user % 7] * 4 for user in range(240)]


@pytest.mark.parametrize(
    ("n_rows", "n_items", "held"),
    [
        (0, 9, 0),
        (200, 9, 100),  # half
        (1000, 9, 400),
        (10_000, 9, 1000),  # a tenth
        (409_600, 9, 4096),
        (409_600, 300_000, 2000),  # six hundred million scores
        (409_600, 10_000_000, 400),
    ],
)
def test_a_share_of_the_rows_is_held_out(n_rows, n_items, held):
    assert round(calibrated_share(n_rows, n_items) * n_rows) == held


@pytest.mark.parametrize(
    ("n_rows", "held"), [(0, 0), (999, 0), (1000, 100), (20_000, 2000), (10**6, 4096)]
)
def test_a_tenth_of_the_sessions_is_held_out(n_rows, held):
    assert round(sessions_share(n_rows, 9) * n_rows) == held


def test_of_many_held_out_targets_some_are_weighed():
    assert some_of(0, 9).tolist() == []
    assert some_of(5, 9).tolist() == [0, 1, 2, 3, 4]
    some = some_of(30_000, 60_000)
    assert len(some) == 10_000
    assert some[:3].tolist() == [0, 3, 6]
    assert some[-1] == 29_997


@pytest.mark.parametrize(
    ("n_rows", "n_each"), [(0, 5), (240, 5), (400, 3), (601, 1), (4096, 1)]
)
def test_fewer_rows_give_more_targets_each(n_rows, n_each):
    assert targets_each(n_rows) == n_each


class Votes:
    """A memory that votes for one item a row, sparse or not."""

    start = 0.5

    def __init__(self, items, *, is_sparse=True):
        self.items = items
        self.is_sparse = is_sparse

    def worth(self, sequences):
        votes = np.zeros((len(sequences), sequences.n_items), dtype=np.float32)
        votes[np.arange(len(votes)), self.items[sequences.users]] = 1.0
        return sparse.csr_array(votes) if self.is_sparse else votes


@pytest.fixture
def case():
    """40 rows, their targets, and scores that rank the targets 11th of 30 items."""
    rows = as_sequences([[1 + n % 30] for n in range(40)], None, "test")
    codes = 1 + (np.arange(40) * 7) % 30
    rows.users = np.arange(40)

    def score(sequences):
        scores = np.tile(-np.arange(30, dtype=np.float32), (len(sequences), 1))
        for line, user in zip(scores, sequences.users, strict=True):
            line[:] = np.roll(line, codes[user] - 1 - 10)
        return scores

    return score, rows, codes


def test_votes_get_the_smallest_weight_that_ranks_best(case):
    score, rows, codes = case
    # The target is 10 behind the best item, 1 behind the tenth.
    weights = weigh_memories(score, [Votes(codes - 1)], rows, codes, False)
    assert weights.tolist() == [6.0]
    scaled = weigh_memories(
        lambda block: score(block) / 10, [Votes(codes - 1)], rows, codes, False
    )
    assert scaled.tolist() == [1.5]


@pytest.fixture
def closer(case):
    """The rows, and scores that rank the targets fifth; the sixth is 1 behind them."""
    score, rows, codes = case

    def score_closer(sequences):
        scores = 2 * score(sequences)
        places = codes[sequences.users] - 1
        scores[np.arange(len(scores)), places] += 13
        return scores

    return score_closer, rows, codes


@pytest.mark.parametrize("is_sparse", [True, False])
def test_votes_that_harm_get_none(closer, is_sparse):
    score, rows, codes = closer
    useful = Votes(codes - 1, is_sparse=is_sparse)
    harmful = Votes((codes - 7) % 30, is_sparse=is_sparse)

    def ask(block):
        return score(block) / 3  # so that 0.5 is more than the sixth is behind

    assert weigh_memories(ask, [harmful], rows, codes, False).tolist() == [0.0]
    both = weigh_memories(ask, [harmful, useful], rows, codes, False)
    assert both.tolist() == [0.5, 3.0]  # with the useful ones they do no harm


def test_what_gains_no_more_than_it_may_by_chance_is_left_as_it_is(closer):
    score, rows, codes = closer
    right, behind = codes - 1, (codes - 7) % 30
    lucky = Votes(np.where(np.arange(40) < 5, right, behind))
    before = weigh_memories(score, [lucky], rows, codes, False)
    assert before.tolist() == [0.5]
    often = Votes(np.where(np.arange(40) < 20, right, behind))
    assert weigh_memories(score, [often], rows, codes, False).tolist() == [6.0]


def test_seen_items_are_no_rivals(case):
    score, rows, codes = case
    leading = np.array([score(rows[[n]]).argmax() for n in range(40)])
    rows.codes[:] = leading + 1  # each has seen the item that the network has first
    votes = Votes(codes - 1)
    lone = weigh_memories(score, [votes], rows, codes, True)
    assert lone.tolist() == [6.0]


def test_held_out_rows_do_not_depend_on_the_order_of_jobs():
    one, other = (
        small_recommender(memory="repeats", max_epochs=1).fit(TURNS) for _ in range(2)
    )
    assert one.memory_weights_ == other.memory_weights_
    np.testing.assert_array_equal(
        one.decision_function(TURNS), other.decision_function(TURNS)
    )


def test_the_network_does_not_learn_what_it_is_weighed_by(monkeypatch):
    held = []

    def weigh(score, memories, histories, codes, exclude_seen):
        held.append((histories.lengths, codes, memories[0].table.sum()))
        return np.ones(len(memories))

    monkeypatch.setattr("seqrec.estimators._remembers_items.weigh_memories", weigh)
    unique = [[f"{user}a", f"{user}b", f"{user}c"] for user in range(400)]
    model = small_recommender(memory="rules", max_epochs=1).fit(unique)
    ((lengths, codes, known),) = held
    assert (lengths == 2).all()
    ids = model.items_[codes - 1]
    assert len(ids) == 200
    assert all(name.endswith("c") for name in ids)
    counts = model.memories_["rules"].rule_weights_
    assert counts.nnz == 3 * 400  # in the end the counts know them
    # Of 200 rows the counts knew "a" to "b" alone when they were weighed.
    whole = 1.5 / 31.5 + 1 / 31
    assert known == pytest.approx(200 * (whole + 1 / 31), rel=1e-5)
