"""Long short-term memory encoder (floor 1: torch)."""

from torch import nn

from seqrec.nn.encoders._recurrent import RecurrentEncoder

__all__ = ["LstmEncoder"]


class LstmEncoder(RecurrentEncoder):
    """Long short-term memory [1]_ with a forget gate [2]_.

    A cell carries what the gates let in and keep:
    ``c_t = f_t c_(t-1) + i_t tanh(W x_t + U h_(t-1) + b)`` and
    ``h_t = o_t tanh(c_t)``, with sigmoid gates i, f, o of x_t and h_(t-1).

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
    .. [1] S. Hochreiter and J. Schmidhuber (1997). Long short-term memory. Neural
       Computation 9(8). doi:10.1162/neco.1997.9.8.1735
    .. [2] F. A. Gers, J. Schmidhuber and F. Cummins (2000). Learning to forget:
       continual prediction with LSTM. Neural Computation 12(10).
       doi:10.1162/089976600300015015
    """

    layer_class = nn.LSTM
