import pickle
import subprocess
import sys

import numpy as np
import pytest

from seqrec.estimators import _item_index
from seqrec.estimators._item_index import ItemIndex, measured_recall

DIM = 16


def clustered(n_items, n_states, seed=0):
    """Return vectors, bias and states like those of a model: groups and outliers."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((60, DIM))
    weight = centres[rng.integers(60, size=n_items)]
    weight += 0.4 * rng.standard_normal(weight.shape)
    popularity = rng.pareto(3.0, size=(n_items, 1))
    weight *= 1 + popularity
    bias = 2 * popularity[:, 0] + 0.3 * rng.standard_normal(n_items)
    near = weight[rng.integers(n_items, size=n_states)]
    states = 0.5 * near + rng.standard_normal((n_states, DIM))
    return weight.astype(np.float32), bias.astype(np.float32), states.astype(np.float32)


def exact(weight, bias, states, k):
    """Return codes and scores of exact search, in double precision."""
    scores = states.astype(np.float64) @ weight.astype(np.float64).T
    scores += 0.0 if bias is None else bias
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return order + 1, np.take_along_axis(scores, order, axis=1)


@pytest.fixture
def small_lists(monkeypatch):
    """Make lists of a few thousand items, and scan few, so that tests are quick."""
    monkeypatch.setattr(_item_index, "_FULL_SCAN", 1000)
    monkeypatch.setattr(_item_index, "_MIN_PROBES", 16)


def test_a_small_catalogue_is_searched_whole():
    weight, bias, states = clustered(500, 20)
    index = ItemIndex(weight, bias)
    codes, scores = index.search(states, 7)
    expected, best = exact(weight, bias, states, 7)
    assert (index.n_lists, index.n_probes) == (0, 0)
    assert codes.dtype == np.int64
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_allclose(scores, best, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("has_bias", [True, False], ids=["bias", "no_bias"])
def test_lists_find_nearly_all_of_the_best_items(has_bias, small_lists):
    weight, bias, states = clustered(6000, 100)
    bias = bias if has_bias else None
    index = ItemIndex(weight, bias)
    assert index.n_lists == 309
    assert index.n_probes == 16
    assert measured_recall(index, weight, bias, states) > 0.95


def test_scores_are_exact_and_in_order(small_lists):
    weight, bias, states = clustered(6000, 30)
    codes, scores = ItemIndex(weight, bias).search(states, 10)
    products = np.einsum("nd,nkd->nk", states, weight[codes - 1]) + bias[codes - 1]
    np.testing.assert_allclose(scores, products, rtol=1e-5, atol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert all(len(set(row)) == 10 for row in codes.tolist())


def test_every_list_together_hold_every_item(small_lists):
    weight, bias, states = clustered(3000, 5)
    index = ItemIndex(weight, bias, n_probes=10_000)
    assert index.n_probes == index.n_lists
    codes, _ = index.search(states, 3000)
    np.testing.assert_array_equal(np.sort(codes, axis=1), [np.arange(1, 3001)] * 5)


def test_the_bias_decides_where_products_are_equal(small_lists):
    weight, bias, _ = clustered(3000, 1)
    codes, scores = ItemIndex(weight, bias).search(np.zeros((1, DIM)), 5)
    expected, best = exact(weight, bias, np.zeros((1, DIM)), 5)
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_allclose(scores, best, rtol=1e-6)


def test_rare_items_of_a_large_norm_are_found(small_lists):
    weight, bias, states = clustered(6000, 100)
    weight[::300] *= 50  # 20 items, alone in their direction
    index = ItemIndex(weight, bias, n_probes=8)
    assert measured_recall(index, weight, bias, states) > 0.95


def test_more_probes_find_more(small_lists):
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((6000, DIM))  # no structure
    states = rng.standard_normal((50, DIM))
    index = ItemIndex(weight, n_probes=4)
    assert measured_recall(index, weight, None, states) < 0.8
    assert measured_recall(index, weight, None, states, n_probes=10_000) == 1.0
    assert index.n_probes == 4


def test_equal_scores_are_in_code_order():
    weight = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)[::-1]
    codes, scores = ItemIndex(weight).search(np.array([[3.0, 2.0, 1.0, 0.0]]), 12)
    expected, _ = exact(weight, None, np.array([[3.0, 2.0, 1.0, 0.0]]), 12)
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_array_equal(scores[0], np.repeat([3.0, 2.0, 1.0, 0.0], 3))


def test_rows_beyond_what_was_found_end_in_code_0(small_lists):
    weight, bias, states = clustered(3000, 4)
    index = ItemIndex(weight, bias, n_probes=1)
    codes, scores = index.search(states, 3005)
    n_found = (codes > 0).sum(axis=1)
    assert ((n_found >= 30) & (n_found < 3000)).all()  # the head, and one list
    for row, n in enumerate(n_found):
        assert (codes[row, n:] == 0).all()
        assert (scores[row, n:] == -np.inf).all()
        assert np.isfinite(scores[row, :n]).all()


def test_k_above_the_catalogue_returns_all_of_it():
    weight, _, states = clustered(5, 2)
    codes, scores = ItemIndex(weight).search(states, 8)
    np.testing.assert_array_equal(np.sort(codes[:, :5], axis=1), [[1, 2, 3, 4, 5]] * 2)
    assert (codes[:, 5:] == 0).all()
    assert (scores[:, 5:] == -np.inf).all()


def test_no_states_give_no_rows():
    weight, bias, _ = clustered(50, 1)
    codes, scores = ItemIndex(weight, bias).search(np.zeros((0, DIM)), 3)
    assert codes.shape == scores.shape == (0, 3)


def test_the_same_seed_gives_the_same_answers_on_any_number_of_threads(small_lists):
    import faiss

    weight, _, states = clustered(6000, 50)
    before = faiss.omp_get_max_threads()
    answers = []
    try:
        for n_threads in (1, 3):
            faiss.omp_set_num_threads(n_threads)
            index = ItemIndex(weight, n_probes=2, random_state=4)
            answers.append(index.search(states, 10))
            assert faiss.omp_get_max_threads() == n_threads
    finally:
        faiss.omp_set_num_threads(before)
    for first, second in zip(*answers, strict=True):
        np.testing.assert_array_equal(first, second)
    other, _ = ItemIndex(weight, n_probes=2, random_state=5).search(states, 10)
    assert (other != answers[0][0]).any()


def test_a_batch_equals_its_rows(small_lists):
    weight, bias, states = clustered(6000, 40)
    index = ItemIndex(weight, bias, n_probes=3)
    codes, scores = index.search(states, 10)
    for row in range(len(states)):
        one_codes, one_scores = index.search(states[[row]], 10)
        np.testing.assert_array_equal(one_codes[0], codes[row])
        np.testing.assert_array_equal(one_scores[0], scores[row])


def test_a_pickled_index_answers_the_same(small_lists):
    weight, bias, states = clustered(3000, 20)
    index = ItemIndex(weight, bias, n_probes=3)
    again = pickle.loads(pickle.dumps(index))
    for first, second in zip(
        index.search(states, 10), again.search(states, 10), strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_inputs_are_not_changed_and_may_change_afterwards(small_lists):
    weight, bias, states = clustered(3000, 10)
    copies = weight.copy(), bias.copy(), states.copy()
    index = ItemIndex(weight, bias)
    before = index.search(states, 5)
    for values, copy in zip((weight, bias, states), copies, strict=True):
        np.testing.assert_array_equal(values, copy)
    weight[:] = 0
    bias[:] = 0
    np.testing.assert_array_equal(index.search(states, 5)[0], before[0])


def test_recall_counts_the_items_of_exact_search(monkeypatch):
    monkeypatch.setattr(_item_index, "_BLOCK", 64)  # many blocks of items
    weight, bias, states = clustered(300, 12)
    index = ItemIndex(weight, bias)
    assert measured_recall(index, weight, bias, states, k=7) == 1.0
    found, _ = index.search(states, 7)
    found[:6, 0] = 0
    monkeypatch.setattr(index, "search", lambda states, k, n_probes: (found, None))
    assert measured_recall(index, weight, bias, states, k=7) == 1 - 6 / (12 * 7)


@pytest.mark.parametrize(
    ("weight", "bias", "n_probes", "error", "match"),
    [
        (np.zeros(3), None, None, ValueError, r"\(V, D\).*Got shape \(3,\)"),
        (np.zeros((0, 3)), None, None, ValueError, r"Got shape \(0, 3\)"),
        (np.eye(3), np.zeros(2), None, ValueError, r"shape \(3,\).*Got shape \(2,\)"),
        (np.full((2, 2), np.nan), None, None, ValueError, "weight must be finite.*4"),
        (np.eye(2), np.array([0, np.inf]), None, ValueError, "bias must be finite.*1"),
        (np.eye(2), None, 0, ValueError, "'n_probes' parameter of ItemIndex.*Got 0"),
        (np.eye(2), None, 1.5, TypeError, "'n_probes' parameter of ItemIndex"),
    ],
    ids=["flat", "empty", "bias", "nan", "infinite_bias", "zero_probes", "half_probe"],
)
def test_wrong_items_are_refused(weight, bias, n_probes, error, match):
    with pytest.raises(error, match=match):
        ItemIndex(weight, bias, n_probes=n_probes)


@pytest.mark.parametrize(
    ("states", "k", "error", "match"),
    [
        (np.zeros(3), 1, ValueError, r"shape \(n, 3\).*Got shape \(3,\)"),
        (np.zeros((1, 4)), 1, ValueError, r"Got shape \(1, 4\)"),
        (np.full((1, 3), np.nan), 1, ValueError, "states must be finite. Got 3"),
        (np.zeros((1, 3)), 0, ValueError, r"'k' parameter of ItemIndex\.search"),
        (np.zeros((1, 3)), 1.0, TypeError, r"'k' parameter of ItemIndex\.search"),
    ],
    ids=["flat", "width", "nan", "zero_k", "float_k"],
)
def test_wrong_questions_are_refused(states, k, error, match):
    with pytest.raises(error, match=match):
        ItemIndex(np.eye(3)).search(states, k)


def test_no_probe_at_all_is_refused():
    with pytest.raises(ValueError, match=r"'n_probes' parameter of ItemIndex\.search"):
        ItemIndex(np.eye(3)).search(np.eye(3), 1, n_probes=0)


@pytest.mark.parametrize(
    ("n_items", "n_states", "k", "match"),
    [
        (4, 1, 1, r"of shape \(3, 3\). Got shape \(4, 3\)"),
        (3, 0, 1, "at least one row"),
        (3, 1, 4, r"\[1, 3\]. Got 4"),
    ],
    ids=["items", "states", "k"],
)
def test_recall_refuses_what_the_index_was_not_built_from(n_items, n_states, k, match):
    index = ItemIndex(np.eye(3))
    with pytest.raises(ValueError, match=match):
        measured_recall(index, np.ones((n_items, 3)), None, np.ones((n_states, 3)), k)


def test_without_faiss_the_error_names_the_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"pip install 'seqrec\[ann\]'"):
        ItemIndex(np.eye(3))


@pytest.mark.slow
@pytest.mark.parametrize("order", ["torch, faiss", "faiss, torch"])
def test_faiss_and_torch_live_in_one_process(order):
    code = (
        f"import {order}\n"
        "import numpy as np\n"
        "from seqrec.estimators._item_index import ItemIndex\n"
        "torch.set_num_threads(2)\n"
        "product = torch.ones(300, 300) @ torch.ones(300, 300)\n"
        "codes, _ = ItemIndex(np.eye(3)).search(np.eye(3), 1)\n"
        "assert torch.get_num_threads() == 2\n"
        "assert (torch.ones(300, 300) @ torch.ones(300, 300) == product).all()\n"
        "print(codes.ravel().tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[1, 2, 3]"
