import numpy as np
import pytest
import torch

from seqrec.estimators._calibration import calibrate_memories, calibrated_share
from seqrec.nn import MemoryWeight
from tests.histories import small_recommender

TURNS = [[1 + user % 9, 10 + user % 7] * 4 for user in range(240)]


class Module(torch.nn.Module):
    def __init__(self, starts):
        super().__init__()
        self.memory = MemoryWeight(starts)


class Ranks:
    """Ranks that are best where the weights are as wanted."""

    def __init__(self, *wanted):
        self.wanted = wanted
        self.n_calls = 0

    def __call__(self, module):
        self.n_calls += 1
        weights = module.memory.weight.tolist()
        far = sum(abs(np.log(w / x)) for w, x in zip(weights, self.wanted, strict=True))
        return np.array([1.0 + far, np.nan][:1])


@pytest.mark.parametrize(
    ("n_rows", "share"), [(10, 0.0), (199, 0.0), (200, 0.05), (409_600, 0.01)]
)
def test_a_share_of_the_rows_is_held_out(n_rows, share):
    assert calibrated_share(n_rows) == share


@pytest.mark.parametrize(("wanted", "found"), [(0.5, 0.5), (1.1, 1.0), (9.0, 2.25)])
def test_the_factor_that_ranks_best_is_taken(wanted, found):
    module = Module([0.5])
    calibrate_memories(module, Ranks(wanted))
    assert module.memory.weight.item() == pytest.approx(found, rel=1e-5)


def test_each_kind_has_a_factor_of_its_own():
    module = Module([0.5, 0.2])
    calibrate_memories(module, Ranks(0.25, 0.6))
    assert module.memory.weight.tolist() == pytest.approx([0.25, 0.6], rel=1e-5)


def test_where_all_rank_alike_the_weights_stay():
    module = Module([0.3])
    before = module.memory.raw_weight.detach().clone()
    calibrate_memories(module, lambda module: np.ones(5))
    assert torch.equal(module.memory.raw_weight, before)


def test_a_fit_holds_out_and_calibrates(monkeypatch):
    seen = []

    def watch(module, held_out):
        seen.append(len(held_out.codes))

    monkeypatch.setattr("seqrec.estimators._attention.calibrate_memories", watch)
    small_recommender(repeat_bias=True, max_epochs=1).fit(TURNS)
    small_recommender(repeat_bias=False, max_epochs=1).fit(TURNS)  # nothing to weigh
    small_recommender(repeat_bias=True, max_epochs=1).fit(TURNS[:50])  # too few
    model = small_recommender(repeat_bias=True, max_epochs=1, early_stopping=True)
    model.fit(TURNS)
    model.partial_fit(TURNS[:100])
    assert seen == [12, 24, 10]


def test_held_out_rows_do_not_depend_on_the_order_of_jobs():
    one, other = (
        small_recommender(repeat_bias=True, max_epochs=1).fit(TURNS) for _ in range(2)
    )
    np.testing.assert_array_equal(
        one.decision_function(TURNS), other.decision_function(TURNS)
    )
