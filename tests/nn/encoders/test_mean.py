import numpy as np
import pytest
import torch

from seqrec.nn.encoders.mean import MeanEncoder


def test_states_are_projected_running_means():
    torch.manual_seed(0)
    encoder = MeanEncoder(3, 4)
    x = torch.randn(2, 5, 3)
    states = encoder(x, torch.ones(2, 5, dtype=torch.bool))
    means = x.numpy().cumsum(axis=1) / np.arange(1, 6)[:, None]
    weight, bias = (part.detach().numpy() for part in encoder.projection.parameters())
    np.testing.assert_allclose(
        states.detach().numpy(), means @ weight.T + bias, rtol=1e-5, atol=1e-6
    )


def test_order_does_not_matter():
    encoder = MeanEncoder(3, 4)
    x = torch.randn(1, 5, 3)
    mask = torch.ones(1, 5, dtype=torch.bool)
    one, other = encoder(x, mask), encoder(x.flip(1), mask)
    torch.testing.assert_close(one[:, -1], other[:, -1])


def test_a_mean_has_one_layer():
    with pytest.raises(ValueError, match=r"'n_layers' .* must be 1, .* Got 2 instead"):
        MeanEncoder(3, 4, 2)
