import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec.metrics import group_gap, group_means

values_and_groups = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0, np.nan]), st.sampled_from("abc")),
    max_size=12,
)


def test_means_and_counts_by_hand():
    ids, means, counts = group_means(
        [1.0, 0.0, np.nan, 0.25, np.nan], ["b", "b", "b", "a", "c"]
    )
    assert ids.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(means, [0.25, 0.5, np.nan])
    assert counts.tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("values", "groups", "expected"),
    [
        pytest.param([1.0, 0.0, 0.25, 0.25], [7, 7, 3, 3], 1 / 4, id="two-groups"),
        pytest.param([1.0, 0.5, 0.0], [1, 2, 3], 1.0, id="largest-minus-smallest"),
        pytest.param([0.5, 0.5], [1, 2], 0.0, id="equal"),
        pytest.param([0.0, 1.0], [5, 5], 0.0, id="one-group"),
        pytest.param([1.0, np.nan, 0.0], [1, 2, 3], 1.0, id="a-group-without-values"),
        pytest.param([True, False], ["a", "b"], 1.0, id="bool-values"),
        pytest.param([np.nan], [1], np.nan, id="no-values"),
        pytest.param([], [], np.nan, id="no-rows"),
    ],
)
def test_group_gap_by_hand(values, groups, expected):
    np.testing.assert_equal(group_gap(values, groups), expected)


@given(values_and_groups)
def test_means_equal_a_loop(rows):
    values, groups = [row[0] for row in rows], [row[1] for row in rows]
    ids, means, counts = group_means(values, groups)
    assert ids.tolist() == sorted(set(groups))
    for name, mean, count in zip(ids.tolist(), means, counts, strict=True):
        own = [v for v, g in rows if g == name and not np.isnan(v)]
        assert count == len(own)
        np.testing.assert_allclose(mean, np.mean(own) if own else np.nan)


@given(values_and_groups)
def test_order_of_rows_and_names_of_groups_do_not_matter(rows):
    values, groups = np.array([row[0] for row in rows]), [row[1] for row in rows]
    gap = group_gap(values, groups)
    assert np.isnan(gap) or 0 <= gap <= 1
    renamed = [{"a": 3, "b": 1, "c": 2}[group] for group in groups]
    np.testing.assert_allclose(group_gap(values[::-1], renamed[::-1]), gap, atol=1e-15)


def test_inputs_are_not_changed():
    values, groups = np.array([1.0, np.nan]), np.array(["b", "a"])
    group_gap(values, groups)
    np.testing.assert_array_equal(values, [1.0, np.nan])
    assert groups.tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("values", "groups", "error", "message"),
    [
        (
            [1.0],
            [1, 2],
            ValueError,
            r"values has shape \(1,\) and groups has shape",
        ),
        (
            [[1.0]],
            [1],
            ValueError,
            r"values has shape \(1, 1\)\. Pass numbers of",
        ),
        (["a"], [1], TypeError, "values has dtype <U1. Pass real numbers"),
        ([1.0], [[1]], ValueError, r"groups has shape \(1, 1\)\. Pass ids of shape"),
        (
            [1.0, 2.0],
            np.array([1, "a"], dtype=object),
            TypeError,
            "groups has ids of types that cannot be sorted together",
        ),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(values, groups, error, message):
    with pytest.raises(error, match=message):
        group_gap(values, groups)
