import math

import pytest
import torch

from seqrec.nn.losses.binary_cross_entropy import binary_cross_entropy


def test_one_loss_by_hand():
    # Probabilities 3/4 of the target, 1/2 and 1/4 of the negatives.
    states = torch.tensor([[math.log(3.0)]])
    weight = torch.tensor([[1.0], [0.0], [-1.0]])
    loss = binary_cross_entropy(
        states, weight, None, torch.tensor([1]), negatives=torch.tensor([2, 3])
    )
    expected = -math.log(3 / 4) - (math.log(1 / 2) + math.log(3 / 4)) / 2
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_the_target_weighs_as_much_as_all_negatives():
    states, weight = torch.zeros(1, 1), torch.zeros(9, 1)
    bias = torch.zeros(9, requires_grad=True)
    for n_negatives in (1, 4, 8):
        negatives = torch.arange(2, 2 + n_negatives)
        loss = binary_cross_entropy(
            states, weight, bias, torch.tensor([1]), negatives=negatives
        )
        (slopes,) = torch.autograd.grad(loss, bias)
        assert slopes[0].item() == pytest.approx(-0.5)
        assert slopes[1:].sum().item() == pytest.approx(0.5)
