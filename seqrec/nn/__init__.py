"""The parts of the network, and the network (floor 1: torch)."""

from seqrec.nn.attention import (
    ATTENTIONS,
    AdditiveAttention,
    DotAttention,
    IdentityAttention,
    MultiheadAttention,
)
from seqrec.nn.dropout import Dropout
from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.encoders import ENCODERS, GruEncoder, LstmEncoder, RnnEncoder
from seqrec.nn.heads import HEADS, LinearHead, TiedHead
from seqrec.nn.losses import LOSSES, cross_entropy, draw_uniform, sampled_softmax
from seqrec.nn.masks import causal_mask, fill_hidden, lengths_to_mask, visible_mask
from seqrec.nn.network import SequenceNet

__all__ = [
    "ATTENTIONS",
    "ENCODERS",
    "HEADS",
    "LOSSES",
    "AdditiveAttention",
    "DotAttention",
    "Dropout",
    "GruEncoder",
    "IdentityAttention",
    "ItemEmbedding",
    "LinearHead",
    "LstmEncoder",
    "MultiheadAttention",
    "RnnEncoder",
    "SequenceNet",
    "TiedHead",
    "causal_mask",
    "cross_entropy",
    "draw_uniform",
    "fill_hidden",
    "lengths_to_mask",
    "sampled_softmax",
    "visible_mask",
]
