"""Encoders: the events so far -> a state after each event (floor 1: torch).

A class of the user's own takes ``(input_dim, hidden_units, n_layers, dropout)``, has an
attribute `output_dim` and a method ``forward(x, mask)``; its class attribute `options`
names what else it wants of "n_heads", "positions", "max_length" and "kernel_size".
"""

from seqrec.nn.encoders.gru import GruEncoder
from seqrec.nn.encoders.ligr import LigrEncoder
from seqrec.nn.encoders.lstm import LstmEncoder
from seqrec.nn.encoders.mean import MeanEncoder
from seqrec.nn.encoders.rnn import RnnEncoder
from seqrec.nn.encoders.tcn import TcnEncoder
from seqrec.nn.encoders.transformer import TransformerEncoder

__all__ = [
    "ENCODERS",
    "GruEncoder",
    "LigrEncoder",
    "LstmEncoder",
    "MeanEncoder",
    "RnnEncoder",
    "TcnEncoder",
    "TransformerEncoder",
]

ENCODERS = {
    "gru": GruEncoder,
    "ligr": LigrEncoder,
    "lstm": LstmEncoder,
    "mean": MeanEncoder,
    "rnn": RnnEncoder,
    "tcn": TcnEncoder,
    "transformer": TransformerEncoder,
}
