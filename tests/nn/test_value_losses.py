import numpy as np
import pytest
import torch

from seqrec.nn.value_losses import VALUE_LOSSES, quantile_loss

FORMULAS = {
    "squared_error": lambda e: e**2 / 2,
    "absolute_error": np.abs,
    "huber": lambda e: np.where(abs(e) <= 1, e**2 / 2, abs(e) - 0.5),
    "quantile": lambda e: abs(e) / 2,
}


@pytest.mark.parametrize("name", VALUE_LOSSES)
def test_losses_are_their_formulas(name):
    values, targets = torch.randn(2, 50, 3, dtype=torch.float64) * 2
    expected = FORMULAS[name]((values - targets).numpy())
    found = VALUE_LOSSES[name](values, targets)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("name", VALUE_LOSSES)
def test_gradients_are_those_of_differences(name):
    values = torch.randn(6, dtype=torch.float64, requires_grad=True)
    targets = torch.randn(6, dtype=torch.float64)
    assert torch.autograd.gradcheck(VALUE_LOSSES[name], (values, targets))


def test_a_quantile_weighs_the_two_sides():
    values, targets = torch.tensor([0.0, 0.0]), torch.tensor([2.0, -2.0])
    found = quantile_loss(values, targets, quantile=0.9)
    torch.testing.assert_close(found, torch.tensor([1.8, 0.2]))


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_minimum_of_the_quantile_loss_is_the_quantile(quantile):
    targets = torch.linspace(0, 1, 101, dtype=torch.float64)[:, None]
    totals = quantile_loss(targets.T, targets, quantile=quantile).sum(dim=0)
    assert totals.argmin() / 100 == pytest.approx(quantile, abs=0.011)
