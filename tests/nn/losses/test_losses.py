"""What every entry of LOSSES keeps."""

import pickle

import pytest
import torch

from seqrec.nn.losses import LOSSES, _blocks

N_TARGETS, DIM, N_ITEMS = 7, 3, 5
each_loss = pytest.mark.parametrize("name", LOSSES)


@pytest.fixture(autouse=True, params=[2, 100], ids=["blocks", "one block"])
def _rows(request, monkeypatch):
    monkeypatch.setattr(_blocks, "block_rows", lambda *_: request.param)


def draw_problem(dtype=torch.float64, n_targets=N_TARGETS):
    torch.manual_seed(0)
    states = torch.randn(n_targets, DIM, dtype=dtype, requires_grad=True)
    weight = torch.randn(N_ITEMS, DIM, dtype=dtype, requires_grad=True)
    bias = torch.randn(N_ITEMS, dtype=dtype, requires_grad=True)
    return states, weight, bias, torch.randint(1, N_ITEMS + 1, (n_targets,))


def options_of(name):
    if LOSSES[name].needs_negatives:
        return {"negatives": torch.tensor([2, 5, 2, 1])}
    return {}


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
def test_logits_of_any_size_cost_something_finite(name):
    states, weight, bias, targets = draw_problem(torch.float32)
    with torch.no_grad():
        states *= 1e4
    loss = LOSSES[name](states, weight, bias, targets, **options_of(name))
    loss.backward()
    assert loss.item() > 100.0
    assert loss.isfinite()
    assert weight.grad.isfinite().all()


@each_loss
@pytest.mark.parametrize("code", [0, N_ITEMS + 1])
def test_targets_outside_the_catalogue_are_refused(name, code):
    *inputs, targets = draw_problem()
    targets[3] = code
    with pytest.raises((IndexError, RuntimeError), match="out of"):
        LOSSES[name](*inputs, targets, **options_of(name))


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
