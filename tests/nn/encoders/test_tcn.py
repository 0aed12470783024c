import numpy as np
import pytest
import torch

from seqrec.nn.encoders.tcn import TcnEncoder


def convolve(x, layer, kernel_size, dilation):
    """Return a causal convolution (T, E) of (T, D), event by event."""
    direction = layer.direction.detach().numpy()
    norm = np.sqrt((direction**2).sum(axis=1, keepdims=True))
    weight = layer.scale.detach().numpy()[:, None] * direction / norm
    taps = weight.reshape(len(weight), kernel_size, -1)
    out = np.tile(layer.bias.detach().numpy(), (len(x), 1))
    for step in range(len(x)):
        for place in range(kernel_size):
            earlier = step - place * dilation
            if earlier >= 0:
                out[step] += taps[:, place] @ x[earlier]
    return out


@pytest.mark.parametrize(("n_layers", "kernel_size"), [(1, 3), (3, 2), (2, 4), (1, 1)])
def test_states_are_those_of_the_formula(n_layers, kernel_size):
    torch.manual_seed(0)
    encoder = TcnEncoder(3, 5, n_layers, kernel_size=kernel_size)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    x = torch.randn(2, 9, 3)
    states = encoder(x, torch.ones(2, 9, dtype=torch.bool)).detach().numpy()
    for row in range(2):
        expected = x[row].numpy()
        for layer, block in enumerate(encoder.blocks):
            inner = expected
            for convolution in (block.first, block.second):
                inner = convolve(inner, convolution, kernel_size, 2**layer)
                inner = np.maximum(inner, 0)
            shortcut = block.shortcut(torch.from_numpy(expected).float())
            expected = np.maximum(inner + shortcut.detach().numpy(), 0)
        np.testing.assert_allclose(states[row], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("n_layers", "kernel_size"), [(1, 3), (3, 2), (2, 3)])
def test_a_state_depends_on_its_receptive_field_and_no_more(n_layers, kernel_size):
    torch.manual_seed(0)
    encoder = TcnEncoder(2, 16, n_layers, kernel_size=kernel_size).double()
    n_steps = encoder.receptive_field + 3
    x = torch.randn(1, n_steps, 2, dtype=torch.float64, requires_grad=True)
    encoder(x, torch.ones(1, n_steps, dtype=torch.bool))[0, -1].sum().backward()
    reached = (x.grad[0].abs().sum(dim=1) > 0).tolist()
    assert reached == [False] * 3 + [True] * encoder.receptive_field


def test_weights_start_as_drawn_and_their_length_is_the_scale():
    encoder = TcnEncoder(3, 5)
    first = encoder.blocks[0].first
    torch.testing.assert_close(first.scale, first.direction.norm(dim=1))


def test_a_kernel_of_no_events_is_refused():
    with pytest.raises(ValueError, match="'kernel_size' parameter of TcnEncoder"):
        TcnEncoder(3, 4, kernel_size=0)


def test_layers_that_reach_beyond_a_row_cost_no_memory():
    encoder = TcnEncoder(2, 4, 40)  # the last dilation is 2^39 events
    x = torch.randn(1, 5, 2)
    assert encoder(x, torch.ones(1, 5, dtype=torch.bool)).shape == (1, 5, 4)
