import numpy as np
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.vocabulary import Vocabulary
from seqrec.inspection import _start_cost
from seqrec.inspection._start_cost import start_cost
from tests.histories import small_recommender


def random_sequences(n_rows, length, n_items):
    codes = np.random.default_rng(0).integers(1, n_items + 1, size=n_rows * length)
    starts = np.arange(n_rows) * length
    return Sequences(
        codes, starts, starts + length, vocabulary=Vocabulary(np.arange(n_items))
    )


def test_samples_tell_the_bytes_of_the_whole(monkeypatch):
    sequences = random_sequences(1500, 10, 3000)
    model = small_recommender(embedding_dim=64)
    whole = start_cost(model, sequences, False)
    monkeypatch.setattr(_start_cost, "_SAMPLE", 1000)
    seconds, n_bytes = start_cost(model, sequences, False)
    assert n_bytes == pytest.approx(whole[1], rel=0.5)
    assert n_bytes > 3000 * 64 * 8
    assert 0 < seconds < 100 * whole[0]


def test_no_sample_has_the_whole_catalogue(monkeypatch):
    sizes = []
    monkeypatch.setattr(_start_cost, "_SAMPLE", 100)

    def note(estimator, sequences):
        sizes.append((sequences.n_items, int(sequences.lengths.sum())))
        return *sizes[-1], 2.0 * sizes[-1][0] + 3.0 * sizes[-1][1], 7.0 * sizes[-1][0]

    monkeypatch.setattr(_start_cost, "_try_start", note)
    found = start_cost(None, random_sequences(1000, 10, 100_000), False)
    assert max(n_items for n_items, _ in sizes) < 1000
    assert found == pytest.approx((2.0 * 100_000 + 3.0 * 10_000, 7.0 * 100_000))


def test_events_in_several_rows_count_once():
    sequences = Sequences.from_lists([["a", "b", "c"], ["d"]])
    prefixes = sequences._with_windows(
        np.array([0, 0]), np.array([2, 3]), users=np.array([0, 0])
    )
    assert _start_cost._n_distinct(prefixes, np.arange(2)) == 3


def test_channels_go_along_with_the_rows():
    sequences = Sequences(
        [1, 2, 3, 4],
        [0, 2],
        [2, 4],
        vocabulary=Sequences.from_lists([list("abcd")]).vocabulary,
        times=np.array([0.0, 1.0, 2.0, 3.0]),
        context={"rating": np.array([5.0, 6.0, 7.0, 8.0], dtype=np.float32)},
    )
    small = _start_cost._shrink(sequences, np.array([1]), 3)
    assert small.codes.tolist() == [1, 2]
    assert small.n_items == 3
    assert small.times.tolist() == [2.0, 3.0]
    assert small.context["rating"].tolist() == [7.0, 8.0]
