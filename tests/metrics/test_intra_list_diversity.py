import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seqrec.metrics import _checks, intra_list_diversity
from tests.strategies import rankings

GENRES = np.array([[1, 0, 0], [2, 0, 0], [0, 3, 0], [1, 1, 0], [0, 0, 0], [-1, 0, 0]])


@pytest.mark.parametrize(
    ("ranking", "k", "expected"),
    [
        pytest.param([1, 2], 2, 0.0, id="same-direction"),
        pytest.param([1, 3], 2, 1.0, id="nothing-in-common"),
        pytest.param([1, 6], 2, 2.0, id="opposite"),
        pytest.param([1, 4], 2, 1 - np.sqrt(1 / 2), id="half-in-common"),
        pytest.param([1, 2, 3], 3, (0 + 1 + 1) / 3, id="three-pairs"),
        pytest.param([1, 2, 3], 2, 0.0, id="below-k-is-not-shown"),
        pytest.param([1, 5], 2, 1.0, id="no-features-are-like-no-other"),
        pytest.param([1, 0, 0], 3, np.nan, id="one-item"),
        pytest.param([1, 2], 1, np.nan, id="one-place"),
        pytest.param([0, 0], 2, np.nan, id="nothing"),
    ],
)
def test_intra_list_diversity_by_hand(ranking, k, expected):
    values = intra_list_diversity([ranking], GENRES, k=k)
    np.testing.assert_allclose(values, [expected], rtol=1e-15, atol=1e-15)


@given(
    table=rankings(),
    features=hnp.arrays(np.float32, (8, 3), elements=st.integers(-3, 3)),
    k=st.integers(1, 9),
)
def test_diversity_equals_a_loop_over_the_pairs(table, features, k):
    lengths = np.linalg.norm(features, axis=1)
    values = intra_list_diversity(table, features, k=k)
    for row, value in zip(table, values, strict=True):
        codes = [code - 1 for code in row[:k].tolist() if code > 0]
        unlike = [
            1 - features[a] @ features[b] / max(lengths[a] * lengths[b], 1e-9)
            for a, b in combinations(codes, 2)
        ]
        expected = np.mean(unlike) if unlike else np.nan
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)
        assert not value < 0
        assert not value > 2


def test_the_length_of_the_features_does_not_matter():
    scaled = GENRES * np.array([1, 5, 0.1, 1e6, 1, 3])[:, None]
    np.testing.assert_allclose(
        intra_list_diversity([[1, 2, 3, 4, 6]], scaled, k=5),
        intra_list_diversity([[1, 2, 3, 4, 6]], GENRES, k=5),
    )


@pytest.mark.parametrize("block_entries", [1, 40])
def test_block_size_changes_no_answer(monkeypatch, block_entries):
    rng = np.random.default_rng(0)
    table = rng.permuted(np.tile(np.arange(1, 21), (30, 1)), axis=1)[:, :6]
    features = rng.normal(size=(20, 3))
    values = intra_list_diversity(table, features, k=5)
    monkeypatch.setattr(_checks, "BLOCK_ENTRIES", block_entries)
    np.testing.assert_array_equal(intra_list_diversity(table, features, k=5), values)


def test_memory_does_not_grow_with_rows_times_features():
    rng = np.random.default_rng(0)
    table = np.tile(np.arange(1, 11), (5000, 1))
    features = rng.random((10, 128))  # gathered at once: 5000 * 10 * 128 * 8 = 51 MB
    tracemalloc.start()
    intra_list_diversity(table, features, k=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        (
            [1, 2],
            ValueError,
            r"item_features has shape \(2,\)\. Pass an array of",
        ),
        ([["a"]], TypeError, "item_features has dtype <U1. Pass real numbers"),
        (
            [[1.0], [np.nan], [np.inf]],
            ValueError,
            "item_features has NaN or inf for 2 items, first for item code 2. Give",
        ),
        ([[1.0]], ValueError, "1 codes above n_items, which is 1, among them 2"),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(features, error, message):
    with pytest.raises(error, match=message):
        intra_list_diversity([[1, 2]], features, k=2)
