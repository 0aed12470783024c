import pytest
import torch

from seqrec.nn.dropout import Dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_given_share_is_zero_and_the_rest_is_scaled_up(dtype):
    torch.manual_seed(0)
    dropped = Dropout(0.2)(torch.ones(100_000, dtype=dtype))
    assert dropped.dtype == dtype
    assert (dropped == 0).double().mean().item() == pytest.approx(0.2, abs=0.01)
    scale = 65_536 / (65_536 - round(0.2 * 65_536))  # the share is rounded
    assert dropped.max().item() == pytest.approx(
        torch.tensor(scale, dtype=dtype).item()
    )
    assert dropped.double().mean().item() == pytest.approx(1.0, abs=0.02)


def test_values_stay_as_they_are_outside_training():
    values = torch.rand(5)
    assert Dropout(0.5).eval()(values) is values
    assert Dropout(0.0)(values) is values


def test_all_values_are_zero_where_everything_is_dropped():
    assert Dropout(1.0)(torch.rand(5)).tolist() == [0.0] * 5


def test_gradients_pass_where_values_do():
    torch.manual_seed(0)
    values = torch.ones(50, requires_grad=True)
    dropped = Dropout(0.5)(values)
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped.detach())


def test_the_same_seed_drops_the_same_values():
    values = torch.rand(50)
    dropout = Dropout(0.5)
    runs = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        runs.append(dropout(values))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_a_share_outside_its_range_is_refused(p):
    with pytest.raises(ValueError, match=r"'p' parameter of Dropout .*\[0.0, 1.0\]"):
        Dropout(p)
