import pytest
import torch
from torch.nn.functional import gelu, silu

from seqrec.nn.attention._weights import weigh

SCORES = torch.tensor([[[[0.5, -1.0, 2.0]]]])
MASK = torch.tensor([[True, True, False]])


def test_softmax_is_taken_over_visible_events():
    weights = weigh(SCORES, MASK, "softmax", is_causal=False)
    expected = torch.softmax(torch.tensor([0.5, -1.0]), dim=0)
    torch.testing.assert_close(weights[0, 0, 0, :2], expected)
    assert weights[0, 0, 0, 2] == 0


@pytest.mark.parametrize(("name", "function"), [("gelu", gelu), ("silu", silu)])
def test_pointwise_weights_are_divided_by_the_number_of_visible_events(name, function):
    weights = weigh(SCORES, MASK, name, is_causal=False)
    expected = function(torch.tensor([0.5, -1.0])) / 2
    torch.testing.assert_close(weights[0, 0, 0, :2], expected)
    assert weights[0, 0, 0, 2] == 0


@pytest.mark.parametrize("name", ["softmax", "gelu", "silu"])
def test_where_nothing_is_visible_weights_are_zero(name):
    weights = weigh(SCORES, torch.zeros_like(MASK), name, is_causal=False)
    assert weights.tolist() == [[[[0.0, 0.0, 0.0]]]]
