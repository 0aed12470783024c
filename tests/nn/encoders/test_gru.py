import numpy as np
import torch

from seqrec.nn.encoders.gru import GruEncoder


def test_states_are_those_of_the_formula():
    torch.manual_seed(0)
    encoder = GruEncoder(3, 4)
    x = torch.randn(2, 6, 3)
    states = encoder(x, torch.ones(2, 6, dtype=torch.bool)).detach().numpy()
    w, u, b, c = (p.detach().double().numpy() for p in encoder.parameters())
    h = np.zeros((2, 4))
    for step in range(6):
        r, z, new = np.split(x[:, step].numpy() @ w.T + b, 3, axis=1)
        r_h, z_h, new_h = np.split(h @ u.T + c, 3, axis=1)
        r, z = 1 / (1 + np.exp(-r - r_h)), 1 / (1 + np.exp(-z - z_h))
        h = (1 - z) * np.tanh(new + r * new_h) + z * h
        np.testing.assert_allclose(states[:, step], h, rtol=0, atol=1e-5)


def test_states_are_those_of_torch_row_by_row():
    torch.manual_seed(0)
    encoder = GruEncoder(3, 4, 2).eval()
    layer = torch.nn.GRU(3, 4, 2)  # steps come first
    layer.load_state_dict(encoder.layers.state_dict())
    x = torch.randn(3, 7, 3)
    lengths = torch.tensor([7, 1, 4])
    states = encoder(x, torch.arange(7) < lengths[:, None])
    for row, length in enumerate(lengths.tolist()):
        expected, _ = layer(x[row, :length])
        torch.testing.assert_close(states[row, :length], expected, rtol=0, atol=1e-5)
