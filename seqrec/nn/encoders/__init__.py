"""Encoders: the events so far -> a state after each event (floor 1: torch)."""

from seqrec.nn.encoders.gru import GruEncoder
from seqrec.nn.encoders.lstm import LstmEncoder
from seqrec.nn.encoders.rnn import RnnEncoder

__all__ = ["ENCODERS", "GruEncoder", "LstmEncoder", "RnnEncoder"]

ENCODERS = {
    "gru": GruEncoder,
    "lstm": LstmEncoder,
    "rnn": RnnEncoder,
}
