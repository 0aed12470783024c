import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import exposure, exposure_gap
from tests.strategies import rankings

SECOND, THIRD = 1 / math.log2(3), 1 / 2  # attention in the second and third place


@pytest.mark.parametrize(
    ("rankings", "k", "expected"),
    # Items 1 and 2 are of group 0, items 3 and 4 of group 1.
    [
        pytest.param([[1, 3]], 1, [1, 0], id="first-place-only"),
        pytest.param([[1, 3]], 2, [1, SECOND], id="second-place-counts-less"),
        pytest.param([[1, 3], [3, 1]], 2, [1, 1], id="turns"),
        pytest.param([[1, 3, 2]], 3, [1 + THIRD, SECOND], id="third-place"),
        pytest.param([[1, 0, 3]], 3, [1, THIRD], id="an-empty-slot-keeps-its-place"),
        pytest.param([[2, 1]], 2, [1, 0], id="a-group-never-shown"),
    ],
)
def test_exposure_by_hand(rankings, k, expected):
    shares = exposure(rankings, [0, 0, 1, 1], k=k)
    np.testing.assert_allclose(shares, np.array(expected) / sum(expected), rtol=1e-15)


def test_groups_without_items_have_a_share_of_zero():
    assert exposure([[1]], [1, 0], k=1, n_groups=4).tolist() == [0.0, 1.0, 0.0, 0.0]


@given(table=rankings(), k=st.integers(1, 9))
def test_exposure_equals_a_loop_and_sums_to_one(table, k):
    groups = np.array([0, 2, 1, 1, 0, 2, 2, 3])
    attention = np.zeros(4)
    for row in table[:, :k].tolist():
        for place, code in enumerate(row, start=1):
            if code > 0:
                attention[groups[code - 1]] += 1 / math.log2(1 + place)
    shares = exposure(table, groups, k=k)
    if attention.sum() == 0:
        assert np.isnan(shares).all()
        assert np.isnan(exposure_gap(table, groups, k=k))
        return
    np.testing.assert_allclose(shares, attention / attention.sum(), rtol=1e-12)
    assert shares.sum() == pytest.approx(1.0)
    gap = exposure_gap(table, groups, k=k)
    assert gap == pytest.approx(abs(shares - [2 / 8, 2 / 8, 3 / 8, 1 / 8]).sum() / 2)


@pytest.mark.parametrize(
    ("rankings", "deserved", "expected"),
    [
        pytest.param([[1], [3]], None, 0.0, id="as-in-the-catalogue"),
        pytest.param([[1], [2]], None, 1 / 2, id="one-group-takes-all"),
        pytest.param([[1], [2]], [3, 1], 1 / 4, id="one-group-deserves-most"),
        pytest.param([[1], [2]], [30, 10], 1 / 4, id="any-unit"),
        pytest.param([[1], [2]], [0, 7], 1.0, id="all-to-who-deserves-nothing"),
        pytest.param([[1], [3]], [1, 1, 2], 1 / 2, id="a-group-without-items"),
    ],
)
def test_exposure_gap_by_hand(rankings, deserved, expected):
    assert exposure_gap(rankings, [0, 0, 1, 1], k=1, deserved=deserved) == expected


def test_moving_the_group_that_gets_too_little_up_narrows_the_gap():
    before = exposure_gap([[1, 2, 3]], [0, 0, 1, 1], k=3)
    after = exposure_gap([[1, 3, 2]], [0, 0, 1, 1], k=3)
    assert after < before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: exposure([[1]], [0.0], k=1),
            TypeError,
            "item_groups has dtype float64. Pass one integer an item",
        ),
        (
            lambda: exposure([[1]], [[0]], k=1),
            ValueError,
            r"item_groups has shape \(1, 1\)\. Pass groups of shape \(n_items,\)",
        ),
        (
            lambda: exposure([[1]], [0, -1, 3], k=1, n_groups=2),
            ValueError,
            r"item_groups has 2 groups outside \[0, 1\], among them -1, 3\. Groups run",
        ),
        (
            lambda: exposure([[1]], [0], k=1, n_groups=0),
            ValueError,
            r"'n_groups' parameter of exposure must be an int in the range \[1, inf\)",
        ),
        (
            lambda: exposure([[3]], [0, 1], k=1),
            ValueError,
            "1 codes above n_items, which is 2, among them 3",
        ),
        (
            lambda: exposure_gap([[1]], [0, 1], k=1, deserved=[1.0]),
            ValueError,
            r"item_groups has 1 groups outside \[0, 0\], among them 1\.",
        ),
        (
            lambda: exposure_gap([[1]], [0, 1], k=1, deserved=[1.0, -1.0]),
            ValueError,
            "deserved has entries that are negative or not finite, or no entry above",
        ),
        (
            lambda: exposure_gap([[1]], [0, 1], k=1, deserved=[0, 0]),
            ValueError,
            "deserved has entries that are negative or not finite, or no entry above",
        ),
        (
            lambda: exposure_gap([[1]], [0, 1], k=1, deserved=["a", "b"]),
            TypeError,
            "deserved has dtype <U1. Pass real numbers of shape",
        ),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(call, error, message):
    with pytest.raises(error, match=message):
        call()
