"""What holds for every metric of whole lists, read from the table."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqrec import metrics
from seqrec.metrics import LIST_METRICS
from tests.strategies import rankings, target_codes

N_ITEMS = 8
every_metric = pytest.mark.parametrize("name", LIST_METRICS)
any_k = st.integers(1, 10)
few_examples = settings(max_examples=30)  # each property runs once per metric

# Data of the catalogue, one entry an item.
OF_ITEMS = {
    "popularity": np.array([9, 0, 3, 5, 1, 1, 20, 2]),
    "item_features": np.random.default_rng(0).integers(0, 3, size=(N_ITEMS, 4)),
    "item_groups": np.array([0, 2, 1, 1, 0, 2, 2, 3]),
}
HIGHEST = {
    "intra_list_diversity": 2.0,
    "novelty": np.log2(42),  # 42 events, the item without any counted once
    "popularity_bias": 20 / (41 / 8),
}


def needs(name):
    """List what a metric needs besides the rankings and `k`."""
    parameters = inspect.signature(LIST_METRICS[name]).parameters.values()
    required = [one.name for one in parameters if one.default is one.empty]
    return [one for one in required if one not in ("rankings", "k")]


def call(name, table, k, targets, **others):
    """Call a metric with all that its signature asks for."""
    given_values = {
        **OF_ITEMS,
        "n_items": N_ITEMS,
        "targets": targets,
        "expected_rankings": np.array([7, 1, 4]),
        **others,
    }
    wanted = {one: given_values[one] for one in needs(name)}
    return LIST_METRICS[name](rankings=table, k=k, **wanted)


def draw_rows(data):
    """Draw rankings and targets of the same rows."""
    table = data.draw(rankings(n_items=N_ITEMS))
    return table, data.draw(target_codes(len(table), n_items=N_ITEMS))


def test_the_table_is_sorted_and_in_the_facade():
    assert list(LIST_METRICS) == sorted(LIST_METRICS)
    assert {function.__name__ for function in LIST_METRICS.values()} <= {
        *metrics.__all__
    }


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_values_are_in_their_range_or_nan(name, data, k):
    table, targets = draw_rows(data)
    value = call(name, table, k, targets)
    if isinstance(value, np.ndarray):
        assert value.shape == (len(table),)
        assert value.dtype == np.float64
    else:
        assert type(value) is float
    high = HIGHEST.get(name, 1.0) + 1e-12
    assert (np.isnan(value) | ((value >= 0) & (value <= high))).all()


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_relabelling_the_items_changes_nothing(name, data, k):
    table, targets = draw_rows(data)
    new_code = np.array([0, *data.draw(st.permutations(range(1, N_ITEMS + 1))), -1])
    moved = {}
    for one, of_items in OF_ITEMS.items():
        moved[one] = np.empty_like(of_items)
        moved[one][new_code[1:-1] - 1] = of_items
    moved["expected_rankings"] = new_code[[7, 1, 4]]
    np.testing.assert_allclose(
        call(name, new_code[table], k, new_code[targets], **moved),
        call(name, table, k, targets),
        rtol=1e-12,
        atol=1e-15,
    )


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_more_empty_slots_change_nothing(name, data, k):
    table, targets = draw_rows(data)
    np.testing.assert_allclose(
        call(name, np.pad(table, ((0, 0), (0, 3))), k, targets),
        call(name, table, k, targets),
        rtol=1e-12,
        atol=1e-15,
    )


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_what_stands_below_k_changes_nothing(name, data, k):
    table, targets = draw_rows(data)
    np.testing.assert_allclose(
        call(name, table[:, :k], k, targets), call(name, table, k, targets)
    )


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_a_batch_equals_its_rows_or_does_not_depend_on_their_order(name, data, k):
    table, targets = draw_rows(data)
    value = call(name, table, k, targets)
    if isinstance(value, np.ndarray):
        alone = [
            call(name, table[row : row + 1], k, targets[row : row + 1])[0]
            for row in range(len(table))
        ]
        np.testing.assert_array_equal(value, alone)
    else:
        turned = call(name, table[::-1], k, targets[::-1])
        np.testing.assert_allclose(turned, value, rtol=1e-12, atol=1e-15)


@every_metric
def test_lists_and_small_integers_are_read_like_arrays(name):
    table, targets = np.array([[1, 2, 0], [7, 3, 8]]), np.array([2, 8])
    value = call(name, table, 2, targets)
    np.testing.assert_array_equal(call(name, table.tolist(), 2, targets), value)
    np.testing.assert_array_equal(
        call(name, table.astype(np.uint8), 2, targets.astype(np.int8)), value
    )


@every_metric
def test_inputs_are_not_changed(name):
    table, targets = np.array([[1, 2, 0], [7, 3, 8]]), np.array([[2, 0], [8, -1]])
    inputs = [table, targets, *OF_ITEMS.values()]
    before = [array.copy() for array in inputs]
    call(name, table, 2, targets)
    for array, copy in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_metric
def test_no_rows(name):
    empty = np.empty((0, 3), int)
    value = call(name, empty, 2, np.empty(0, int))
    if isinstance(value, np.ndarray):
        assert value.shape == (0,)
    else:
        assert value == 0.0 or np.isnan(value)


@every_metric
@pytest.mark.parametrize(
    ("k", "error", "seen"),
    [(0, ValueError, "0"), (2.0, TypeError, "2.0"), (True, TypeError, "True")],
)
def test_a_wrong_k_is_told_to_the_function_that_was_called(name, k, error, seen):
    said = r"must be an int in the range \[1, inf\)\. Got " + seen + r" instead\."
    owner = LIST_METRICS[name].__name__
    with pytest.raises(error, match=f"'k' parameter of {owner} {said}"):
        call(name, [[1]], k, [1])


@every_metric
@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        ([[4, 2, 4]], ValueError, "rankings has item code 4 more than once in row 0"),
        ([[4, -1]], ValueError, r"rankings has 1 codes outside \[0, inf\)"),
        ([4, 2], ValueError, r"rankings has shape \(2,\)\. Pass item codes"),
        ([["a"]], TypeError, "rankings has dtype <U1. Pass integer item codes"),
    ],
)
def test_impossible_rankings_are_refused(name, table, error, message):
    with pytest.raises(error, match=message):
        call(name, table, 2, [1] * len(table))


@pytest.mark.parametrize("name", sorted(LIST_METRICS.keys() - {"serendipity"}))
def test_a_code_beyond_the_catalogue_is_refused(name):
    with pytest.raises(
        ValueError, match="rankings has 1 codes above n_items, which is 8, among them 9"
    ):
        call(name, [[1, 9]], 2, [1])
