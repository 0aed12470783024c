import math

import pytest
import torch
from torch.nn import functional as F

from seqrec.nn.losses.cross_entropy import cross_entropy


def draw_problem(dtype, n_targets=300, n_items=2_000, scale=1.0):
    torch.manual_seed(0)
    states = scale * torch.randn(n_targets, 8, dtype=dtype)
    weight = torch.randn(n_items, 8, dtype=dtype)
    bias = torch.randn(n_items, dtype=dtype)
    inputs = [x.requires_grad_() for x in (states, weight, bias)]
    return inputs, torch.randint(1, n_items + 1, (n_targets,))


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)]
)
def test_value_and_gradients_are_those_of_torch(
    label_smoothing, has_bias, scale, dtype, tolerance
):
    inputs, targets = draw_problem(dtype, scale=scale)
    states, weight, *bias = inputs if has_bias else inputs[:2]
    loss = cross_entropy(
        states,
        weight,
        bias[0] if bias else None,
        targets,
        label_smoothing=label_smoothing,
    )
    logits = F.linear(states, weight, *bias)
    expected = F.cross_entropy(logits, targets - 1, label_smoothing=label_smoothing)
    torch.testing.assert_close(loss, expected, rtol=tolerance, atol=tolerance)
    wanted = [states, weight, *bias]
    gradients = torch.autograd.grad(loss, wanted)
    others = torch.autograd.grad(expected, wanted)
    for gradient, other in zip(gradients, others, strict=True):
        torch.testing.assert_close(gradient, other, rtol=tolerance, atol=tolerance)


def test_one_loss_by_hand():
    states, weight = torch.tensor([[1.0]]), torch.tensor([[0.0], [math.log(3.0)]])
    for code, probability in ((1, 0.25), (2, 0.75)):
        loss = cross_entropy(states, weight, None, torch.tensor([code]))
        assert loss.item() == pytest.approx(-math.log(probability), abs=1e-6)


def test_a_target_whose_probability_underflows_keeps_its_exact_loss():
    states, weight = torch.tensor([[1.0], [0.0]]), torch.tensor([[-600.0], [400.0]])
    loss = cross_entropy(states, weight, None, torch.tensor([1, 1]))
    assert loss.item() == pytest.approx((1000.0 + math.log(2.0)) / 2)


def test_label_smoothing_outside_its_range_is_refused():
    inputs, targets = draw_problem(torch.float32, 2, 3)
    with pytest.raises(ValueError, match=r"'label_smoothing' .* Got 1.5"):
        cross_entropy(*inputs, targets, label_smoothing=1.5)
