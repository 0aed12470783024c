import math

import pytest
import torch

from seqrec.nn.losses.gbce import gbce


def loss_by_hand(calibration, beta):
    # Probabilities 3/4 of the target, 1/2 and 1/4 of the negatives.
    states = torch.tensor([[math.log(3.0)]])
    weight = torch.zeros(9, 1)
    weight[0], weight[2] = 1.0, -1.0
    loss = gbce(
        states,
        weight,
        None,
        torch.tensor([1]),
        negatives=torch.tensor([2, 3]),
        calibration=calibration,
    )
    expected = -(beta * math.log(3 / 4) + math.log(1 / 2) + math.log(3 / 4)) / 3
    return loss.item(), pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("calibration", "beta"), [(0.0, 1.0), (0.5, 0.625), (0.75, 0.4375), (1.0, 0.25)]
)
def test_one_loss_by_hand(calibration, beta):
    loss, expected = loss_by_hand(calibration, beta)
    assert loss == expected


@pytest.mark.parametrize(("calibration", "probability"), [(1.0, 1 / 2), (0.0, 5 / 6)])
def test_full_calibration_undoes_the_sampling(calibration, probability):
    # Half of the rows ask for item 1. The others see it as a negative only one time in
    # five, as 20 of 100 items are drawn: where that goes unnoticed, 5 of 6 ask for it.
    states, weight = torch.zeros(1, 1), torch.zeros(101, 1)
    bias = torch.zeros(101)
    bias[0] = math.log(probability / (1 - probability))
    bias.requires_grad_()

    def slope_of(target, negatives):
        loss = gbce(
            states,
            weight,
            bias,
            torch.tensor([target]),
            negatives=negatives,
            calibration=calibration,
        )
        return torch.autograd.grad(loss, bias)[0][0].item()

    asked = slope_of(1, torch.arange(3, 23))
    with_it = slope_of(2, torch.tensor([1, *range(3, 22)]))
    assert asked < 0.0 < with_it
    assert asked + with_it / 5 == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("calibration", [-0.1, 1.5])
def test_a_calibration_outside_its_range_is_refused(calibration):
    with pytest.raises(ValueError, match=r"'calibration' .* gbce .* Got"):
        loss_by_hand(calibration, 1.0)
