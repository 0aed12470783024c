import math

import pytest
import torch

from seqrec.nn.losses.top1_max import top1_max


def test_one_loss_by_hand():
    # Negatives log 3 apart: weights 3/4 and 1/4. The target leads by log 3 and log 9.
    states = torch.tensor([[math.log(3.0)]])
    weight = torch.tensor([[1.0], [0.0], [-1.0]])
    loss = top1_max(
        states, weight, None, torch.tensor([1]), negatives=torch.tensor([2, 3])
    )
    size = 1 / (1 + math.exp(-(math.log(3.0) ** 2)))
    expected = 3 / 4 * (1 / 4 + 1 / 2) + 1 / 4 * (1 / 10 + size)
    assert loss.item() == pytest.approx(expected, abs=1e-6)
