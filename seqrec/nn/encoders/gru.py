"""Gated recurrent unit encoder (floor 1: torch)."""

from torch import nn

from seqrec.nn.encoders._recurrent import RecurrentEncoder

__all__ = ["GruEncoder"]


class GruEncoder(RecurrentEncoder):
    """Gated recurrent unit [1]_, as in GRU4Rec [2]_.

    ``h_t = (1 - z_t) n_t + z_t h_(t-1)`` with the candidate
    ``n_t = tanh(W x_t + b + r_t (U h_(t-1) + c))`` and sigmoid gates r, z of x_t and
    h_(t-1). The reset gate r multiplies after the product with U, as in cuDNN.

    Parameters
    ----------
    input_dim : int
        Width of an input, D.
    hidden_units : int
        Width of a state, E.
    n_layers : int, default=1
        Recurrent layers, each reading the states of the one before.
    dropout : float, default=0.0
        Share of values dropped in training between two layers; a single layer has
        nothing between.

    Attributes
    ----------
    output_dim : int
        Width of a state, E.

    References
    ----------
    .. [1] K. Cho et al. (2014). Learning phrase representations using RNN
       encoder-decoder for statistical machine translation. EMNLP. arXiv:1406.1078
    .. [2] B. Hidasi, A. Karatzoglou, L. Baltrunas and D. Tikk (2016). Session-based
       recommendations with recurrent neural networks. ICLR. arXiv:1511.06939
    """

    layer_class = nn.GRU
