import numpy as np
import torch
from numpy import exp, tanh

from seqrec.nn.encoders.lstm import LstmEncoder


def test_states_are_those_of_the_formula():
    torch.manual_seed(0)
    encoder = LstmEncoder(3, 4)
    x = torch.randn(2, 6, 3)
    states = encoder(x, torch.ones(2, 6, dtype=torch.bool)).detach().numpy()
    w, u, b, c = (p.detach().double().numpy() for p in encoder.parameters())
    h = cell = np.zeros((2, 4))
    for step in range(6):
        gates = x[:, step].numpy() @ w.T + b + h @ u.T + c
        i, f, new, o = np.split(gates, 4, axis=1)
        cell = cell / (1 + exp(-f)) + tanh(new) / (1 + exp(-i))
        h = tanh(cell) / (1 + exp(-o))
        np.testing.assert_allclose(states[:, step], h, rtol=0, atol=1e-5)


def test_states_are_those_of_torch_row_by_row():
    torch.manual_seed(0)
    encoder = LstmEncoder(3, 4, 2).eval()
    layer = torch.nn.LSTM(3, 4, 2)  # steps come first
    layer.load_state_dict(encoder.layers.state_dict())
    x = torch.randn(3, 7, 3)
    lengths = torch.tensor([7, 1, 4])
    states = encoder(x, torch.arange(7) < lengths[:, None])
    for row, length in enumerate(lengths.tolist()):
        expected, _ = layer(x[row, :length])
        torch.testing.assert_close(states[row, :length], expected, rtol=0, atol=1e-5)
