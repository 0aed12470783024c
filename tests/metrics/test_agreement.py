"""Every accuracy metric against other libraries, and where their definitions differ.

trec_eval (through ir-measures), torchmetrics and scikit-learn, on random scores with
and without ties. What differs is in the guide's page on metrics, with its reason.
"""

import ir_measures
import numpy as np
import pytest
import torch
from ir_measures import AP, RR, P, R, Success, nDCG
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score
from torchmetrics.functional import retrieval

from seqrec.metrics import (
    METRICS,
    RANK_METRICS,
    auc_at_ranks,
    expected_at_ranks,
    rank_bounds,
    target_ranks,
)

N_ROWS, N_ITEMS = 60, 15
CUTOFFS = (1, 3, 10)
every_k = pytest.mark.parametrize("k", CUTOFFS)


def draw_scores(*, with_ties):
    """Draw scores (n, n_items), all above 0, and four targets a row or fewer."""
    rng = np.random.default_rng(0)
    scores = rng.permuted(np.tile(np.arange(1.0, N_ITEMS + 1), (N_ROWS, 1)), axis=1)
    if with_ties:
        scores = np.ceil(scores / 4)
    targets = rng.permuted(np.tile(np.arange(1, N_ITEMS + 1), (N_ROWS, 1)), axis=1)
    is_target = np.arange(4) < rng.integers(1, 5, size=(N_ROWS, 1))
    return scores, np.where(is_target, targets[:, :4], 0)


def relevance_of(targets):
    """Return 1 where an item is a target of the row, shape (n, n_items)."""
    return (targets[:, :, None] == np.arange(1, N_ITEMS + 1)).any(axis=1).astype(int)


def count_targets(targets):
    """Return the number of targets of each row."""
    return np.count_nonzero(targets, axis=1)


def trec_eval(measure, scores, targets):
    """Return a measure of each row from trec_eval; item 7 is document "07"."""
    names = [f"{code:02}" for code in range(1, scores.shape[1] + 1)]
    run = {
        f"{row:03}": dict(zip(names, map(float, of_row), strict=True))
        for row, of_row in enumerate(scores)
    }
    judged = {
        f"{row:03}": {names[code - 1]: 1 for code in of_row if code > 0}
        for row, of_row in enumerate(np.atleast_2d(targets))
    }
    found = ir_measures.pytrec_eval.iter_calc([measure], judged, run)
    values = {one.query_id: one.value for one in found}
    return np.array([values[query] for query in sorted(values)])


def torch_metric(name, scores, targets, **options):
    """Return a metric of each row from torchmetrics."""
    function = getattr(retrieval, f"retrieval_{name}")
    table = zip(torch.tensor(scores), torch.tensor(relevance_of(targets)), strict=True)
    return np.array([function(*row, **options).item() for row in table])


def by_row(function, scores, targets, **options):
    """Return a metric of scikit-learn of each row."""
    return np.array(
        [
            function(truth, of_row, **options)
            for truth, of_row in zip(relevance_of(targets), scores, strict=True)
        ]
    )


def ranking_like_trec_eval(scores):
    """Rank by score and, where scores tie, the larger name of a document first."""
    reverse = np.argsort(-scores[:, ::-1], axis=1, kind="stable")
    return N_ITEMS - reverse


def expected(name, scores, targets, k):
    """Return the expected value of a metric from scores."""
    return expected_at_ranks(name, *rank_bounds(scores, targets), k=k)


TREC_EVAL = {
    "hit_rate": lambda k: Success @ k,
    "ndcg": lambda k: nDCG @ k,
    "precision": lambda k: P @ k,
    "recall": lambda k: R @ k,
}
TORCH = {
    "hit_rate": "hit_rate",
    "mrr": "reciprocal_rank",
    "ndcg": "normalized_dcg",
    "precision": "precision",
    "recall": "recall",
}


@pytest.mark.parametrize("name", TREC_EVAL)
@pytest.mark.parametrize("with_ties", [False, True], ids=["no-ties", "ties"])
@every_k
def test_trec_eval_gives_the_same_with_its_own_order_of_ties(name, with_ties, k):
    scores, targets = draw_scores(with_ties=with_ties)
    values = METRICS[name](targets, ranking_like_trec_eval(scores), k=k)
    wanted = trec_eval(TREC_EVAL[name](k), scores, targets)
    np.testing.assert_allclose(values, wanted, rtol=1e-12)
    assert 0 < values.mean() < 1


@pytest.mark.parametrize("with_ties", [False, True], ids=["no-ties", "ties"])
def test_trec_eval_has_the_same_reciprocal_rank_and_no_cutoff(with_ties):
    scores, targets = draw_scores(with_ties=with_ties)
    ranking = ranking_like_trec_eval(scores)
    wanted = trec_eval(RR, scores, targets)
    np.testing.assert_allclose(METRICS["mrr"](targets, ranking, k=N_ITEMS), wanted)
    for k in CUTOFFS:
        at_k = np.where(wanted >= 1 / k, wanted, 0.0)
        np.testing.assert_allclose(METRICS["mrr"](targets, ranking, k=k), at_k)


@pytest.mark.parametrize("with_ties", [False, True], ids=["no-ties", "ties"])
@every_k
def test_trec_eval_divides_average_precision_by_all_targets(with_ties, k):
    scores, targets = draw_scores(with_ties=with_ties)
    values = METRICS["map"](targets, ranking_like_trec_eval(scores), k=k)
    n_targets = count_targets(targets)
    wanted = trec_eval(AP @ k, scores, targets)
    np.testing.assert_allclose(values * np.minimum(n_targets, k) / n_targets, wanted)


def test_three_targets_on_two_places_are_one_here_and_two_thirds_in_trec_eval():
    scores, targets = np.array([[4.0, 3.0, 2.0, 1.0]]), np.array([[1, 2, 3]])
    assert METRICS["map"](targets, [[1, 2, 3, 4]], k=2).tolist() == [1.0]
    np.testing.assert_allclose(trec_eval(AP @ 2, scores, targets), [2 / 3])


def test_in_trec_eval_the_name_of_a_tied_document_decides():
    scores = np.ones((2, 10))
    targets = np.array([[1], [10]])
    assert trec_eval(Success @ 5, scores, targets).tolist() == [0.0, 1.0]
    assert expected("hit_rate", scores, targets, 5).tolist() == [0.5, 0.5]
    ranks = target_ranks(scores, targets)
    assert RANK_METRICS["hit_rate"](ranks, k=5).tolist() == [0.0, 0.0]  # rank 5.5


@pytest.mark.parametrize("name", TORCH)
@every_k
def test_torchmetrics_gives_the_same_without_ties(name, k):
    scores, targets = draw_scores(with_ties=False)
    values = RANK_METRICS[name](target_ranks(scores, targets), k=k)
    wanted = torch_metric(TORCH[name], scores, targets, top_k=k)
    np.testing.assert_allclose(values, wanted, rtol=1e-6)


@every_k
def test_torchmetrics_has_the_expected_ndcg_with_ties(k):
    scores, targets = draw_scores(with_ties=True)
    wanted = torch_metric("normalized_dcg", scores, targets, top_k=k)
    values = expected("ndcg", scores, targets, k)
    np.testing.assert_allclose(values, wanted, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(TORCH.keys() - {"ndcg"}))
@every_k
def test_torchmetrics_breaks_other_ties_as_they_come(name, k):
    scores, targets = draw_scores(with_ties=True)
    wanted = torch_metric(TORCH[name], scores, targets, top_k=k)
    best, worst = rank_bounds(scores, targets)
    assert (wanted <= RANK_METRICS[name](best, k=k) + 1e-6).all()
    assert (wanted >= RANK_METRICS[name](worst, k=k) - 1e-6).all()


@every_k
def test_torchmetrics_divides_average_precision_by_the_targets_it_found(k):
    scores, targets = draw_scores(with_ties=False)
    ranks = target_ranks(scores, targets)
    found = np.count_nonzero(ranks <= k, axis=1)
    at_most = np.minimum(count_targets(targets), k)
    values = RANK_METRICS["map"](ranks, k=k) * at_most / np.maximum(found, 1)
    wanted = torch_metric("average_precision", scores, targets, top_k=k)
    np.testing.assert_allclose(values, wanted, rtol=1e-6)


def test_one_of_two_targets_found_is_a_half_here_and_one_in_torchmetrics():
    scores, targets = np.arange(N_ITEMS, 0.0, -1)[None], np.array([[1, 9]])
    ranks = target_ranks(scores, targets)
    assert RANK_METRICS["map"](ranks, k=2).tolist() == [0.5]
    wanted = torch_metric("average_precision", scores, targets, top_k=2)
    assert wanted.tolist() == [1.0]


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("precision", False),
        ("recall", False),
        ("reciprocal_rank", False),
        ("average_precision", False),
        ("normalized_dcg", True),
        ("hit_rate", True),
    ],
)
def test_some_of_torchmetrics_have_no_hit_with_a_score_below_zero(name, is_kept):
    scores, targets = -np.arange(1.0, N_ITEMS + 1)[None], np.array([[1]])
    assert target_ranks(scores, targets).tolist() == [[1.0]]
    value = torch_metric(name, scores, targets, top_k=1)
    assert value.tolist() == [float(is_kept)]


@pytest.mark.parametrize("with_ties", [False, True], ids=["no-ties", "ties"])
def test_auc_equals_scikit_learn_and_torchmetrics(with_ties):
    scores, targets = draw_scores(with_ties=with_ties)
    values = auc_at_ranks(target_ranks(scores, targets), n_ranked=N_ITEMS)
    wanted = by_row(roc_auc_score, scores, targets)
    np.testing.assert_allclose(values, wanted, rtol=1e-12, atol=1e-15)
    wanted = torch_metric("auroc", scores, targets)
    np.testing.assert_allclose(values, wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("with_ties", [False, True], ids=["no-ties", "ties"])
@every_k
def test_ndcg_of_scikit_learn_is_the_expected_one(with_ties, k):
    scores, targets = draw_scores(with_ties=with_ties)
    wanted = [
        ndcg_score(truth[None], of_row[None], k=k)
        for truth, of_row in zip(relevance_of(targets), scores, strict=True)
    ]
    values = expected("ndcg", scores, targets, k)
    np.testing.assert_allclose(values, wanted, rtol=1e-12)


def test_mean_ranks_and_expected_values_are_two_things():
    scores, targets = np.array([[2.0, 2.0, 1.0]]), np.array([[1]])
    at_mean = RANK_METRICS["ndcg"](target_ranks(scores, targets), k=3)
    np.testing.assert_allclose(at_mean, 1 / np.log2(2.5))  # 0.756
    wanted = ndcg_score([[1, 0, 0]], scores, k=3)  # (1 + 0.631) / 2 = 0.815
    np.testing.assert_allclose(expected("ndcg", scores, targets, 3), wanted)
    assert round(wanted, 3) == 0.815


def test_average_precision_of_scikit_learn_is_the_same_without_ties():
    scores, targets = draw_scores(with_ties=False)
    values = RANK_METRICS["map"](target_ranks(scores, targets), k=N_ITEMS)
    wanted = by_row(average_precision_score, scores, targets)
    np.testing.assert_allclose(values, wanted, rtol=1e-12)


def test_scikit_learn_reads_all_items_of_a_tie_before_it_counts():
    scores, targets = draw_scores(with_ties=True)
    one = targets[:, :1]
    ranks = target_ranks(scores, one, ties="pessimistic")
    wanted = by_row(average_precision_score, scores, one)
    np.testing.assert_allclose(RANK_METRICS["map"](ranks, k=N_ITEMS), wanted)
    # Two targets and one other item tie: 2 of 3 for both, but 1, 2/3 or 7/12 by order.
    tied, two = np.array([[5.0, 5.0, 5.0]]), np.array([[1, 2]])
    assert average_precision_score([1, 1, 0], tied[0]) == pytest.approx(2 / 3)
    orders = (1 + (1 + 2 / 3) / 2 + (1 / 2 + 2 / 3) / 2) / 3
    np.testing.assert_allclose(expected("map", tied, two, 3), [orders])
