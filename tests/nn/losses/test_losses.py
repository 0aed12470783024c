"""What every entry of LOSSES keeps."""

import pickle

import pytest
import torch

from seqrec.nn.losses import LOSSES, _blocks
from tests.nn.losses.formulas import expected_loss

N_TARGETS, DIM, N_ITEMS = 7, 3, 5
NEGATIVES = [2, 5, 2, 1]
OPTIONS = {"label_smoothing", "calibration", "regularisation", "log_q", "n_items"}
BOUNDED = {"top1_max"}
each_loss = pytest.mark.parametrize("name", LOSSES)
each_with_negatives = pytest.mark.parametrize(
    "name", [name for name, loss in LOSSES.items() if loss.needs_negatives]
)


@pytest.fixture(autouse=True, params=[2, 100], ids=["blocks", "one block"])
def _rows(request, monkeypatch):
    monkeypatch.setattr(_blocks, "block_rows", lambda *_: request.param)


def draw_problem(dtype=torch.float64, n_targets=N_TARGETS):
    torch.manual_seed(0)
    states = torch.randn(n_targets, DIM, dtype=dtype, requires_grad=True)
    weight = torch.randn(N_ITEMS, DIM, dtype=dtype, requires_grad=True)
    bias = torch.randn(N_ITEMS, dtype=dtype, requires_grad=True)
    return states, weight, bias, torch.randint(1, N_ITEMS + 1, (n_targets,))


def options_of(name, negatives=NEGATIVES):
    if LOSSES[name].needs_negatives:
        return {"negatives": torch.tensor(negatives, dtype=torch.int64)}
    return {}


@each_loss
def test_a_loss_says_what_it_takes(name):
    assert isinstance(LOSSES[name].needs_negatives, bool)
    assert isinstance(LOSSES[name].options, tuple)
    assert set(LOSSES[name].options) <= OPTIONS
    assert set(LOSSES[name].options) <= set(LOSSES[name].__kwdefaults__ or {})


@each_loss
@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_loss_is_that_of_the_formula(name, has_bias, dtype):
    *inputs, targets = draw_problem(dtype, n_targets=25)
    states, weight, bias = (x.detach() for x in inputs)
    expected = expected_loss(
        name,
        states.double(),
        weight.double(),
        bias.double() if has_bias else [0.0] * N_ITEMS,
        targets.tolist(),
        NEGATIVES,
    )
    loss = LOSSES[name](
        states, weight, bias if has_bias else None, targets, **options_of(name)
    )
    assert loss.dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    assert loss.item() == pytest.approx(expected, rel=tolerance)


@each_loss
def test_names_of_items_do_not_matter(name):
    states, weight, bias, targets = (x.detach() for x in draw_problem())
    before = LOSSES[name](states, weight, bias, targets, **options_of(name))
    order = torch.tensor([3, 5, 1, 2, 4])  # new code of each item
    new_weight, new_bias = torch.empty_like(weight), torch.empty_like(bias)
    new_weight[order - 1], new_bias[order - 1] = weight, bias
    options = options_of(name, order[torch.tensor(NEGATIVES) - 1].tolist())
    after = LOSSES[name](states, new_weight, new_bias, order[targets - 1], **options)
    torch.testing.assert_close(after, before, rtol=1e-12, atol=0)


@each_with_negatives
def test_a_negative_that_is_the_target_is_left_out_wherever_it_stands(name):
    *inputs, _ = draw_problem()
    targets = torch.full((N_TARGETS,), 2)
    first, last, other = (
        LOSSES[name](*inputs, targets, **options_of(name, negatives))
        for negatives in ([2, 5, 1], [5, 1, 2], [5, 1, 4])
    )
    torch.testing.assert_close(first, last)
    assert abs(first.item() - other.item()) > 1e-3
    # Alike to a draw without it, but for losses that divide by the number of draws.
    without = LOSSES[name](*inputs, targets, **options_of(name, [5, 1]))
    if name not in ("gbce", "sampled_softmax"):
        torch.testing.assert_close(first, without)


@each_with_negatives
@pytest.mark.parametrize("negatives", [[3, 3], []], ids=["the target", "none"])
def test_a_row_without_negatives_costs_something_finite(name, negatives):
    *inputs, _ = draw_problem()
    targets = torch.full((N_TARGETS,), 3)
    loss = LOSSES[name](*inputs, targets, **options_of(name, negatives))
    assert loss.isfinite()
    for gradient in torch.autograd.grad(loss, inputs):
        assert gradient.isfinite().all()
        if name not in ("binary_cross_entropy", "gbce"):  # these are about pairs
            assert (gradient == 0).all()


@each_loss
def test_gradients_are_those_of_finite_differences(name):
    *inputs, targets = draw_problem()

    def loss(states, weight, bias):
        return LOSSES[name](states, weight, bias, targets, **options_of(name))

    assert torch.autograd.gradcheck(loss, inputs)
    assert torch.autograd.gradcheck(
        lambda states, weight: loss(states, weight, None), inputs[:2]
    )


@each_loss
def test_gradients_are_scaled_by_what_comes_after(name):
    *inputs, targets = draw_problem()
    loss = LOSSES[name](*inputs, targets, **options_of(name))
    once = torch.autograd.grad(loss, inputs, retain_graph=True)
    thrice = torch.autograd.grad(3.0 * loss, inputs)
    for one, three in zip(once, thrice, strict=True):
        torch.testing.assert_close(3.0 * one, three)


@each_loss
def test_the_value_is_the_same_where_no_gradient_is_wanted(name):
    *inputs, targets = draw_problem()
    loss = LOSSES[name](*inputs, targets, **options_of(name))
    with torch.no_grad():
        silent = LOSSES[name](*inputs, targets, **options_of(name))
    assert loss.requires_grad
    assert not silent.requires_grad
    assert silent.item() == loss.item()


@each_loss
def test_a_frozen_part_gets_no_gradient(name):
    states, weight, bias, targets = draw_problem()
    weight.requires_grad_(False)
    LOSSES[name](states, weight, bias, targets, **options_of(name)).backward()
    assert weight.grad is None
    assert (states.grad != 0).any()


@each_loss
def test_no_targets_cost_nothing(name):
    *inputs, targets = draw_problem(n_targets=0)
    loss = LOSSES[name](*inputs, targets, **options_of(name))
    loss.backward()
    assert loss.item() == 0.0
    assert all((x.grad == 0).all() for x in inputs)


@each_loss
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("has_hits", [True, False])
def test_logits_of_any_size_cost_something_finite(name, sign, has_hits):
    states, weight, bias, targets = draw_problem(torch.float32)
    if not has_hits:
        targets[:] = 4
    with torch.no_grad():
        states *= sign * 1e4
    loss = LOSSES[name](states, weight, bias, targets, **options_of(name))
    loss.backward()
    assert loss.isfinite()
    assert loss.item() > (0.0 if name in BOUNDED else 100.0)
    assert states.grad.isfinite().all()
    assert weight.grad.isfinite().all()
    assert bias.grad.isfinite().all()


@each_loss
@pytest.mark.parametrize("code", [0, N_ITEMS + 1])
def test_targets_outside_the_catalogue_are_refused(name, code):
    *inputs, targets = draw_problem()
    targets[3] = code
    with pytest.raises((IndexError, RuntimeError), match="out of"):
        LOSSES[name](*inputs, targets, **options_of(name))


@each_with_negatives
@pytest.mark.parametrize("code", [0, N_ITEMS + 1])
def test_negatives_outside_the_catalogue_are_refused(name, code):
    *inputs, targets = draw_problem()
    with pytest.raises((IndexError, RuntimeError), match="out of"):
        LOSSES[name](*inputs, targets, **options_of(name, [1, code]))


@each_loss
def test_autocast_multiplies_in_its_type_and_sums_in_float32(name):
    *inputs, targets = draw_problem(torch.float32)
    exact = LOSSES[name](*inputs, targets, **options_of(name))
    expected = torch.autograd.grad(exact, inputs)
    with torch.autocast("cpu", torch.bfloat16):
        states = inputs[0].bfloat16()
        loss = LOSSES[name](states, *inputs[1:], targets, **options_of(name))
    assert loss.dtype == torch.float32
    assert loss.item() != exact.item()
    torch.testing.assert_close(loss, exact, rtol=0.02, atol=0.02)
    gradients = torch.autograd.grad(loss, inputs)
    for gradient, other in zip(gradients, expected, strict=True):
        assert gradient.dtype == torch.float32
        torch.testing.assert_close(gradient, other, rtol=0.05, atol=0.02)


@each_loss
def test_a_loss_pickles(name):
    assert pickle.loads(pickle.dumps(LOSSES[name])) is LOSSES[name]
