"""What holds for every metric, read from the two tables."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqrec import metrics
from seqrec.metrics import METRICS, RANK_METRICS, ranking_ranks, target_ranks
from tests.strategies import rankings, score_matrices, target_codes

every_metric = pytest.mark.parametrize("name", METRICS)
any_k = st.integers(1, 10)
few_examples = settings(max_examples=30)  # each property runs once per metric


def test_both_tables_have_the_same_sorted_names():
    assert list(METRICS) == list(RANK_METRICS) == sorted(METRICS)


@every_metric
def test_a_metric_stands_in_the_file_of_its_name_and_in_the_facade(name):
    function, core = METRICS[name], RANK_METRICS[name]
    assert function.__module__ == core.__module__
    assert function.__module__ == f"seqrec.metrics.{function.__name__}"
    assert core.__name__ == f"{function.__name__}_at_ranks"
    assert {function.__name__, core.__name__} <= set(metrics.__all__)


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_values_are_in_the_unit_interval_or_nan_without_target(name, data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    values = METRICS[name](targets, table, k=k)
    assert values.shape == (len(table),)
    assert values.dtype == np.float64
    has_target = (targets != 0).any(axis=1)
    assert (np.isnan(values) == ~has_target).all()
    assert ((values[has_target] >= 0) & (values[has_target] <= 1)).all()


@every_metric
@pytest.mark.parametrize("ties", ["mean", "optimistic", "pessimistic"])
@few_examples
@given(data=st.data(), k=any_k)
def test_tied_targets_never_give_more_than_one(name, ties, data, k):
    scores = data.draw(score_matrices())
    targets = data.draw(target_codes(scores.shape[0], n_items=scores.shape[1]))
    values = RANK_METRICS[name](target_ranks(scores, targets, ties=ties), k=k)
    assert (np.isnan(values) | ((values >= 0) & (values <= 1))).all()


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_a_value_from_rankings_is_the_value_at_their_ranks(name, data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    np.testing.assert_array_equal(
        METRICS[name](targets, table, k=k),
        RANK_METRICS[name](ranking_ranks(targets, table), k=k),
    )


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_a_hit_that_moves_up_lowers_nothing(name, data, k):
    ranking = list(data.draw(st.permutations(range(1, 9))))
    place = data.draw(st.integers(1, 7))
    above, hit = ranking[place - 1], ranking[place]
    others = data.draw(st.sets(st.sampled_from(sorted({*ranking} - {above, hit}))))
    moved = [*ranking[: place - 1], hit, above, *ranking[place + 1 :]]
    targets = [[hit, *others]] * 2
    before, after = METRICS[name](targets, [ranking, moved], k=k)
    assert after >= before


@every_metric
def test_a_hit_that_moves_from_below_k_to_the_top_raises_the_value(name):
    below, top = METRICS[name]([5, 5], [[1, 2, 5], [5, 2, 1]], k=2)
    assert below < top


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_relabelling_the_items_changes_nothing(name, data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    new_code = np.array([0, *data.draw(st.permutations(range(1, 9))), -1])
    np.testing.assert_array_equal(
        METRICS[name](new_code[targets], new_code[table], k=k),
        METRICS[name](targets, table, k=k),
    )


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_the_order_of_targets_and_more_padding_change_nothing(name, data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    padded = np.pad(targets[:, ::-1], ((0, 0), (1, 2)))
    slots = np.pad(table, ((0, 0), (0, 2)))
    np.testing.assert_array_equal(
        METRICS[name](padded, slots, k=k), METRICS[name](targets, table, k=k)
    )


@every_metric
@few_examples
@given(data=st.data(), k=any_k)
def test_a_batch_equals_its_rows(name, data, k):
    table = data.draw(rankings())
    targets = data.draw(target_codes(len(table)))
    alone = [
        METRICS[name](targets[row : row + 1], table[row : row + 1], k=k)[0]
        for row in range(len(table))
    ]
    np.testing.assert_array_equal(METRICS[name](targets, table, k=k), alone)


@every_metric
def test_flat_targets_and_ranks_are_one_target_a_row(name):
    table = [[3, 1, 2], [1, 2, 3], [1, 2, 0]]
    flat = METRICS[name]([2, 1, 0], table, k=3)
    np.testing.assert_array_equal(flat, METRICS[name]([[2], [1], [0]], table, k=3))
    ranks = np.array([2.5, 1.0, np.inf, np.nan])
    np.testing.assert_array_equal(
        RANK_METRICS[name](ranks, k=2), RANK_METRICS[name](ranks[:, None], k=2)
    )


@every_metric
def test_ranks_are_not_changed(name):
    ranks = np.array([[3.0, 1.0, np.nan]])
    RANK_METRICS[name](ranks, k=2)
    np.testing.assert_array_equal(ranks, [[3.0, 1.0, np.nan]])


@every_metric
def test_no_rows_and_no_target_columns(name):
    assert METRICS[name]([], np.empty((0, 3), int), k=2).shape == (0,)
    values = METRICS[name](np.empty((2, 0), int), [[1, 2], [3, 4]], k=2)
    np.testing.assert_array_equal(values, [np.nan, np.nan])


@every_metric
@pytest.mark.parametrize(
    ("k", "error", "seen"),
    [(0, ValueError, "0"), (2.0, TypeError, "2.0"), (True, TypeError, "True")],
)
def test_a_wrong_k_is_told_to_the_function_that_was_called(name, k, error, seen):
    function, core = METRICS[name], RANK_METRICS[name]
    said = r"must be an int in the range \[1, inf\)\. Got " + seen + r" instead\."
    with pytest.raises(error, match=f"'k' parameter of {function.__name__} {said}"):
        function([1], [[1]], k=k)
    with pytest.raises(error, match=f"'k' parameter of {core.__name__} {said}"):
        core([1.0], k=k)


@every_metric
@pytest.mark.parametrize(
    ("ranks", "error", "message"),
    [
        pytest.param(
            [[1.0], [0.5], [0.0]],
            ValueError,
            r"ranks has a rank below 1, or targets that share a place, in 2 rows, "
            r"first in row 1\.",
            id="below-one",
        ),
        pytest.param(
            [[2.0, 2.0, 2.0]],
            ValueError,
            r"share a place, in row 0\. Ranks start at 1 and the targets of one row",
            id="three-targets-at-two",
        ),
        pytest.param(
            ["first"], TypeError, r"ranks has dtype <U5\. Pass numbers", id="text"
        ),
        pytest.param(
            1.0, ValueError, r"ranks has shape \(\)\. Pass ranks of shape", id="scalar"
        ),
    ],
)
def test_impossible_ranks_are_refused(name, ranks, error, message):
    with pytest.raises(error, match=message):
        RANK_METRICS[name](ranks, k=3)


def test_the_package_needs_numpy_alone():
    heavy = ["narwhals", "pandas", "scipy", "skorch", "sklearn", "torch"]
    code = f"import sys, seqrec.metrics; print(*({set(heavy)} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == []
