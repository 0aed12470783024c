from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import inverse_propensity_mean, popularity_propensities

numbers = st.floats(0, 1, width=32)
chances = st.floats(0.0078125, 1, width=32)


def test_mean_error_and_effective_rows_by_hand():
    # Weights 1, 1 and 2: mean (1 + 1 + 0) / 4; squared errors 1/4, 1/4 and 4 * 1/4.
    result = inverse_propensity_mean([1.0, 1.0, 0.0], [1.0, 1.0, 0.5])
    assert result.mean == float(Fraction(1, 2))
    assert result.standard_error == pytest.approx(np.sqrt(3 / 2 * 6 / 4) / 4)
    assert result.n_effective == pytest.approx(float(Fraction(16, 6)))


@pytest.mark.parametrize(
    ("clip", "expected"),
    # Weights 1, 1 and 10, their mean 4: at most 4, 6, 8 or 10.
    [(1.0, 4 / 6), (1.5, 6 / 8), (2, 8 / 10), (2.5, 10 / 12), (None, 10 / 12)],
)
def test_clip_bounds_the_weights_by_a_multiple_of_their_mean(clip, expected):
    result = inverse_propensity_mean([0.0, 0.0, 1.0], [1.0, 1.0, 0.1], clip=clip)
    assert result.mean == pytest.approx(expected)


def test_rows_with_nan_are_left_out_before_weights_are_clipped():
    without = inverse_propensity_mean([0.0, 1.0], [1.0, 0.1], clip=1.5)
    with_nan = inverse_propensity_mean([0.0, np.nan, 1.0], [1.0, 0.01, 0.1], clip=1.5)
    assert with_nan == without


@given(st.lists(st.tuples(numbers, chances), min_size=2, max_size=20))
def test_the_mean_lies_between_the_values_and_the_rows_count_at_most_once(rows):
    values, propensities = map(np.array, zip(*rows, strict=True))
    mean, error, n_effective = inverse_propensity_mean(values, propensities)
    assert values.min() - 1e-12 <= mean <= values.max() + 1e-12
    assert error >= 0
    assert 1 - 1e-9 <= n_effective <= len(values) + 1e-9


@given(st.lists(numbers, min_size=2, max_size=20), chances)
def test_equal_propensities_give_the_plain_mean_and_its_standard_error(values, chance):
    mean, error, n_effective = inverse_propensity_mean(values, [chance] * len(values))
    assert mean == pytest.approx(np.mean(values))
    ordinary = np.std(values, ddof=1) / np.sqrt(len(values))
    assert error == pytest.approx(ordinary, abs=1e-12)
    assert n_effective == pytest.approx(len(values))


@given(st.lists(st.tuples(numbers, chances), min_size=2, max_size=20))
def test_a_common_factor_of_the_propensities_changes_nothing(rows):
    values, propensities = map(np.array, zip(*rows, strict=True))
    np.testing.assert_allclose(
        inverse_propensity_mean(values, propensities / 8),
        inverse_propensity_mean(values, propensities),
        rtol=1e-9,
        atol=1e-12,
    )


def test_it_finds_the_mean_that_selection_hides():
    rng = np.random.default_rng(0)
    values = rng.random(40_000)
    chances = 0.05 + 0.9 * values  # the better a row, the likelier it is observed
    seen = rng.random(values.size) < chances
    assert values[seen].mean() > 0.6
    result = inverse_propensity_mean(values[seen], chances[seen])
    assert abs(result.mean - 0.5) < 3 * result.standard_error < 0.02


def test_the_standard_error_is_the_spread_over_repetitions():
    rng = np.random.default_rng(0)
    results = []
    for _ in range(400):
        chances = rng.uniform(0.1, 1.0, size=300)
        results.append(inverse_propensity_mean(rng.random(300) ** 2, chances))
    spread = np.std([result.mean for result in results])
    assert np.mean([result.standard_error for result in results]) == pytest.approx(
        spread, rel=0.15
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], [np.nan, np.nan, 0.0]), ([np.nan], [np.nan, np.nan, 0.0])],
)
def test_no_row_gives_nan(values, expected):
    result = inverse_propensity_mean(values, [0.5] * len(values))
    np.testing.assert_array_equal(result, expected)


def test_one_row_has_no_standard_error():
    np.testing.assert_array_equal(
        inverse_propensity_mean([0.25], [0.5]), [0.25, np.nan, 1.0]
    )


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        (1.0, [1, 1 / 4, 1 / 16, 1 / 16]),
        (0.5, [1, 1 / 2, 1 / 4, 1 / 4]),
        (0.0, [1, 1, 1, 1]),
    ],
)
def test_popularity_propensities_by_hand(power, expected):
    assert popularity_propensities([16, 4, 1, 0], power=power).tolist() == expected


def test_inputs_are_not_changed():
    values, propensities, counts = np.ones(2), np.array([0.5, 1.0]), np.array([0, 4])
    inverse_propensity_mean(values, propensities, clip=1.0)
    popularity_propensities(counts)
    assert values.tolist() == [1.0, 1.0]
    assert propensities.tolist() == [0.5, 1.0]
    assert counts.tolist() == [0, 4]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: inverse_propensity_mean([1.0] * 3, [0.5, 0.0, 2.0]),
            ValueError,
            r"propensities has 2 entries outside \(0, 1\], first in row 1\. Pass the",
        ),
        (
            lambda: inverse_propensity_mean([1.0], [np.nan]),
            ValueError,
            r"propensities has 1 entries outside \(0, 1\], first in row 0",
        ),
        (
            lambda: inverse_propensity_mean([1.0], [0.5, 0.5]),
            ValueError,
            r"values has shape \(1,\) and propensities has shape \(2,\)\. Pass two",
        ),
        (
            lambda: inverse_propensity_mean([1.0], [0.5], clip=0.5),
            ValueError,
            r"'clip' parameter of inverse_propensity_mean must be a float in the range "
            r"\[1\.0, inf\)\. Got 0\.5 instead",
        ),
        (
            lambda: popularity_propensities([1], power=-1.0),
            ValueError,
            r"'power' parameter of popularity_propensities must be a float in the "
            r"range \[0\.0, inf\)\. Got -1\.0 instead",
        ),
        (
            lambda: popularity_propensities([0.5]),
            ValueError,
            "popularity has entries that are no counts",
        ),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(call, error, message):
    with pytest.raises(error, match=message):
        call()
