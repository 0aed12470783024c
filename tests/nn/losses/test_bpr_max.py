import math

import pytest
import torch

from seqrec.nn.losses.bpr_max import bpr_max


def loss_of(**options):
    # Negatives log 3 apart: weights 3/4 and 1/4.
    states = torch.tensor([[math.log(3.0)]])
    weight = torch.tensor([[1.0], [0.0], [-1.0]])
    return bpr_max(
        states,
        weight,
        None,
        torch.tensor([1]),
        negatives=torch.tensor([2, 3]),
        **options,
    ).item()


@pytest.mark.parametrize("regularisation", [0.0, 1.0, 2.5])
def test_one_loss_by_hand(regularisation):
    # The target leads by log 3 and by log 9: probabilities 3/4 and 9/10.
    lead = 3 / 4 * 3 / 4 + 1 / 4 * 9 / 10
    size = 1 / 4 * math.log(3.0) ** 2
    expected = -math.log(lead) + regularisation * size
    assert loss_of(regularisation=regularisation) == pytest.approx(expected, abs=1e-6)


def test_the_default_regularisation_is_one():
    assert loss_of() == loss_of(regularisation=1.0)


def test_a_negative_regularisation_is_refused():
    with pytest.raises(ValueError, match=r"'regularisation' .* bpr_max .* Got -1"):
        loss_of(regularisation=-1)
