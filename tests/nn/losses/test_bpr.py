import math

import pytest
import torch

from seqrec.nn.losses.bpr import bpr


def test_one_loss_by_hand():
    # The target leads by log 3 and by log 9: probabilities 3/4 and 9/10.
    states = torch.tensor([[math.log(3.0)]])
    weight = torch.tensor([[1.0], [0.0], [-1.0]])
    loss = bpr(states, weight, None, torch.tensor([1]), negatives=torch.tensor([2, 3]))
    expected = -(math.log(3 / 4) + math.log(9 / 10)) / 2
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_only_differences_of_logits_matter():
    states, weight = torch.randn(4, 3), torch.randn(6, 3)
    targets, negatives = torch.tensor([1, 2, 3, 4]), torch.tensor([5, 6, 1])
    losses = [
        bpr(states, weight, torch.full((6,), level), targets, negatives=negatives)
        for level in (0.0, 2.0)
    ]
    torch.testing.assert_close(*losses)
