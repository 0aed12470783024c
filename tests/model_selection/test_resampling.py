import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from seqrec.model_selection import _resampling
from seqrec.model_selection._resampling import (
    bootstrap_intervals,
    holm,
    sign_flip_p_values,
    user_sums,
)


def test_sums_of_users_leave_out_nan():
    values = np.array([1.0, np.nan, 3.0, 5.0])
    sums, counts = user_sums(values, np.array([0, 0, 2, 2]), 4)
    assert sums.tolist() == [1.0, 0.0, 8.0, 0.0]
    assert counts.tolist() == [1.0, 0.0, 2.0, 0.0]


def test_interval_is_that_of_scipy():
    values = np.random.default_rng(0).exponential(size=200)
    low, high = bootstrap_intervals(
        values[:, None],
        np.ones((200, 1)),
        n_resamples=4000,
        confidence=0.9,
        rng=np.random.default_rng(1),
    )
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, confidence_level=0.9, method="percentile",
        random_state=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    assert [low[0], high[0]] == pytest.approx(list(expected), abs=0.01)


def test_targets_of_a_user_are_drawn_together():
    # Ten users with a hundred equal targets each are as uncertain as ten targets.
    few = np.arange(10.0)
    many = few * 100
    options = {"n_resamples": 500, "confidence": 0.95}
    ends = [
        bootstrap_intervals(
            sums[:, None],
            np.full((10, 1), weight),
            rng=np.random.default_rng(0),
            **options,
        )
        for sums, weight in ((few, 1.0), (many, 100.0))
    ]
    np.testing.assert_allclose(ends[0], ends[1])


def test_a_column_without_weight_has_no_interval():
    low, high = bootstrap_intervals(
        np.zeros((5, 1)), np.zeros((5, 1)), n_resamples=10, confidence=0.9,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert np.isnan([low[0], high[0]]).all()


def test_blocks_of_resamples_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    sums = rng.normal(size=(20, 2))
    found = []
    for block in (1 << 23, 60):
        monkeypatch.setattr(_resampling, "_BLOCK", block)
        rng = np.random.default_rng(3)
        found.append(
            bootstrap_intervals(
                sums, np.ones((20, 2)), n_resamples=50, confidence=0.9, rng=rng
            )
        )
    np.testing.assert_allclose(found[0], found[1])


def test_p_value_is_that_of_scipy():
    differences = np.random.default_rng(0).normal(0.3, 1.0, size=30)
    p_values = sign_flip_p_values(
        differences[:, None], n_resamples=9999, rng=np.random.default_rng(1)
    )
    expected = stats.permutation_test(
        (differences, np.zeros(30)), lambda x, y: np.mean(x - y),
        permutation_type="samples", vectorized=False, n_resamples=9999,
        random_state=np.random.default_rng(2),
    ).pvalue  # fmt: skip
    assert p_values[0] == pytest.approx(expected, abs=0.02)


def test_no_difference_has_p_value_one_and_a_sure_one_the_smallest():
    table = np.column_stack([np.zeros(50), np.ones(50)])
    p_values = sign_flip_p_values(table, n_resamples=99, rng=np.random.default_rng(0))
    assert p_values.tolist() == [1.0, 0.01]


def test_p_values_under_chance_are_rarely_small():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(60, 400))
    p_values = sign_flip_p_values(table, n_resamples=199, rng=rng)
    assert 0.02 < np.mean(p_values <= 0.05) < 0.09


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_holm_is_that_of_statsmodels(n):
    rng = np.random.default_rng(n)
    for p_values in (rng.random(n) ** 3, np.full(n, 0.04), np.linspace(0, 1, n)):
        expected = multipletests(p_values, method="holm")[1]
        np.testing.assert_allclose(holm(p_values), expected)


def test_holm_leaves_out_what_is_no_test():
    corrected = holm(np.array([np.nan, 0.01, 0.02]))
    np.testing.assert_allclose(corrected, [np.nan, 0.02, 0.02])
