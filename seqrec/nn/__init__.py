"""The parts of the network, and the network (floor 1: torch)."""

from seqrec.nn.attention import (
    ATTENTIONS,
    AdditiveAttention,
    DotAttention,
    HierarchicalAttention,
    IdentityAttention,
    MultiheadAttention,
)
from seqrec.nn.dropout import Dropout
from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.encoders import (
    ENCODERS,
    GruEncoder,
    LigrEncoder,
    LstmEncoder,
    MeanEncoder,
    RnnEncoder,
    TcnEncoder,
    TransformerEncoder,
)
from seqrec.nn.event_embedding import EventEmbedding
from seqrec.nn.events import Events
from seqrec.nn.heads import HEADS, ItemHead, LinearHead, TiedHead
from seqrec.nn.losses import (
    LOSSES,
    binary_cross_entropy,
    bpr,
    bpr_max,
    cross_entropy,
    gbce,
    sampled_softmax,
    top1_max,
)
from seqrec.nn.masks import causal_mask, fill_hidden, lengths_to_mask, visible_mask
from seqrec.nn.negatives import NegativeSampler, draw_uniform
from seqrec.nn.network import NetOutput, SequenceNet
from seqrec.nn.row_adamw import RowAdamW
from seqrec.nn.row_gradients import take_rows
from seqrec.nn.time_bias import TimeBias
from seqrec.nn.value_losses import (
    VALUE_LOSSES,
    absolute_error,
    huber,
    quantile_loss,
    squared_error,
)

__all__ = [
    "ATTENTIONS",
    "ENCODERS",
    "HEADS",
    "LOSSES",
    "VALUE_LOSSES",
    "AdditiveAttention",
    "DotAttention",
    "Dropout",
    "EventEmbedding",
    "Events",
    "GruEncoder",
    "HierarchicalAttention",
    "IdentityAttention",
    "ItemEmbedding",
    "ItemHead",
    "LigrEncoder",
    "LinearHead",
    "LstmEncoder",
    "MeanEncoder",
    "MultiheadAttention",
    "NegativeSampler",
    "NetOutput",
    "RnnEncoder",
    "RowAdamW",
    "SequenceNet",
    "TcnEncoder",
    "TiedHead",
    "TimeBias",
    "TransformerEncoder",
    "absolute_error",
    "binary_cross_entropy",
    "bpr",
    "bpr_max",
    "causal_mask",
    "cross_entropy",
    "draw_uniform",
    "fill_hidden",
    "gbce",
    "huber",
    "lengths_to_mask",
    "quantile_loss",
    "sampled_softmax",
    "squared_error",
    "take_rows",
    "top1_max",
    "visible_mask",
]
