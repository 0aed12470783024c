"""Simple recurrent encoder (floor 1: torch)."""

from torch import nn

from seqrec.nn.encoders._recurrent import RecurrentEncoder

__all__ = ["RnnEncoder"]


class RnnEncoder(RecurrentEncoder):
    """Simple recurrent network (Elman) with tanh [1]_.

    ``h_t = tanh(W x_t + b + U h_(t-1) + c)``.

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
    .. [1] J. L. Elman (1990). Finding structure in time. Cognitive Science 14(2).
       doi:10.1207/s15516709cog1402_1
    """

    layer_class = nn.RNN
