"""The network: item codes -> states -> scores of items (floor 1: torch)."""

import torch
from torch import nn
from torch.nn import functional as F

from seqrec._validation.params import check_int, check_option
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.dropout import Dropout
from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.encoders import ENCODERS
from seqrec.nn.heads import HEADS
from seqrec.nn.masks import lengths_to_mask

__all__ = ["SequenceNet"]

_PROJECTION_STD = 0.02  # small, so that training starts from the last item's embedding


class SequenceNet(nn.Module):
    """Predict the next item from the events so far.

    An encoder turns the item embeddings of a history into a state after each event;
    attention looks from each state back at those so far; both together become the state
    that a head scores items with. Histories are padded with 0 on the right, and no
    state depends on a later event.

    Parameters
    ----------
    n_items : int
        Items of the catalogue, V; their codes are 1 to V.
    encoder : {"gru", "lstm", "rnn"} or class, default="lstm"
        Kind of encoder.
    attention : {"additive", "dot", "multihead", "none"} or class, default="multihead"
        Kind of attention.
    embedding_dim : int, default=64
        Width of item embeddings and of final states, D.
    hidden_units : int, default=64
        Width of encoder states, E.
    n_layers : int, default=1
        Layers of the encoder.
    n_heads : int, default=None
        Attention heads, H; None means 2 for "multihead" and 1 for the others.
    attention_activation : {"softmax", "gelu", "silu"}, default="softmax"
        How attention scores become weights.
    head : {"linear", "tied"} or class, default="tied"
        Kind of head; "tied" scores with the item embedding itself.
    embedding_dropout : float, default=0.2
        Share of embedding values dropped in training.
    dropout : float, default=0.2
        Share of values dropped in training between encoder layers, of states and
        context, and of the final state.
    embedding_weight : ndarray of shape (n_items, embedding_dim), default=None
        Start values of the item embedding in code order; None draws them.
    residual : bool, default=True
        Whether the embedding of the last item is added to the final state.

    Attributes
    ----------
    item_embedding : ItemEmbedding
        The vectors of the items.
    encoder : Module
        The encoder.
    attention : Module
        The attention.
    head : Module
        The head.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> net = SequenceNet(5, embedding_dim=8, hidden_units=8).eval()
    >>> codes = torch.tensor([[1, 4, 2], [3, 0, 0]])
    >>> states = net.encode(codes, torch.tensor([3, 1]))
    >>> net.score(states).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_items,
        *,
        encoder="lstm",
        attention="multihead",
        embedding_dim=64,
        hidden_units=64,
        n_layers=1,
        n_heads=None,
        attention_activation="softmax",
        head="tied",
        embedding_dropout=0.2,
        dropout=0.2,
        embedding_weight=None,
        residual=True,
    ):
        super().__init__()
        n_items = check_int("n_items", n_items, owner="SequenceNet")
        encoder = _find_part("encoder", encoder, ENCODERS)
        attention = _find_part("attention", attention, ATTENTIONS)
        head = _find_part("head", head, HEADS)
        self.item_embedding = ItemEmbedding(
            n_items, embedding_dim, weight=embedding_weight
        )
        self.embedding_dropout = Dropout(embedding_dropout)
        self.encoder = encoder(embedding_dim, hidden_units, n_layers, dropout)
        self.attention = attention(
            self.encoder.output_dim, n_heads, attention_activation
        )
        self.projection = nn.Linear(
            self.encoder.output_dim + self.attention.output_dim, embedding_dim
        )
        nn.init.normal_(self.projection.weight, std=_PROJECTION_STD)
        nn.init.zeros_(self.projection.bias)
        self.dropout = Dropout(dropout)
        self.head = head(self.item_embedding)
        self.residual = residual

    def _combine(self, embedded, states, context):
        """Return final states (N, D) from those of the parts, row by row."""
        final = self.projection(self.dropout(torch.cat([states, context], dim=-1)))
        if self.residual:
            final = final + embedded
        return self.dropout(final)

    def forward(self, codes, positions):
        """Return what a loss needs: final states where a target is, and the head.

        Parameters
        ----------
        codes : Tensor of shape (B, T), dtype=int64
            Item codes, padded with 0 on the right.
        positions : Tensor of shape (N,), dtype=int64
            Where states are wanted: ``row * T + step`` of events that have a target.

        Returns
        -------
        states : Tensor of shape (N, D)
            The state after each of these events.
        weight : Tensor of shape (V, D)
            Output vectors, row c - 1 for item code c.
        bias : Tensor of shape (V,) or None
            Added to the logits.
        """
        mask = codes != 0
        embedded = self.item_embedding(codes)  # (B, T, D)
        states = self.encoder(self.embedding_dropout(embedded), mask)  # (B, T, E)
        context, _ = self.attention(states, states, states, mask)
        rows = (
            part.flatten(0, 1).index_select(0, positions)
            for part in (embedded, states, context)
        )
        return self._combine(*rows), self.head.weight, self.head.bias

    def _last_steps(self, codes, lengths):
        """Return mask, states (B, T, E), and embedding and state (B, 1, .) of the last.

        Before the first event a state is zero, as the recurrence starts.
        """
        if codes.shape[1] == 0:
            codes = F.pad(codes, (0, 1))
        mask = lengths_to_mask(lengths, codes.shape[1])
        embedded = self.item_embedding(codes)
        states = self.encoder(self.embedding_dropout(embedded), mask)
        rows = torch.arange(len(codes), device=codes.device)
        last = (lengths - 1).clamp(min=0)
        is_empty = (lengths == 0)[:, None]
        last_embedded = embedded[rows, last]  # of padding, zero, where there is none
        last_states = states[rows, last].masked_fill(is_empty, 0.0)
        return mask, states, last_embedded[:, None], last_states[:, None]

    def encode(self, codes, lengths):
        """Return the final state after the last event of each history.

        Attention starts from the last event alone, so time grows with T, not with its
        square.

        Parameters
        ----------
        codes : Tensor of shape (B, T), dtype=int64
            Item codes, padded with 0 on the right.
        lengths : Tensor of shape (B,), dtype=int64
            Events of each history; 0 is allowed.

        Returns
        -------
        states : Tensor of shape (B, D)
            The same as `forward` gives at these events.
        """
        mask, states, embedded, query = self._last_steps(codes, lengths)
        context, _ = self.attention(query, states, states, mask, is_causal=False)
        return self._combine(embedded, query, context)[:, 0]

    def score(self, states, candidates=None):
        """Return the logits of items.

        Parameters
        ----------
        states : Tensor of shape (B, D)
            Final states, as `encode` returns them.
        candidates : Tensor of shape (C,) or (B, C), dtype=int64, default=None
            Item codes to score, 1 to V: the same for every row, or a list for each.
            None scores every item, in code order.

        Returns
        -------
        logits : Tensor of shape (B, V) or (B, C)
            One logit for each item asked for.
        """
        return self.head(states, candidates)

    def attention_weights(self, codes, lengths):
        """Return how much the last event looks at each event of its history.

        Parameters
        ----------
        codes : Tensor of shape (B, T), dtype=int64
            Item codes, padded with 0 on the right.
        lengths : Tensor of shape (B,), dtype=int64
            Events of each history; 0 is allowed.

        Returns
        -------
        weights : Tensor of shape (B, H, T)
            0 at padding; with softmax, a head's weights sum to 1 over a history.
        """
        mask, states, _, query = self._last_steps(codes, lengths)
        _, weights = self.attention(
            query, states, states, mask, is_causal=False, need_weights=True
        )
        return weights[:, :, 0, : codes.shape[1]]


def _find_part(name, part, registry):
    """Return the class that `part` is or names."""
    if isinstance(part, type) and issubclass(part, nn.Module):
        return part
    if isinstance(part, str):
        return registry[check_option(name, part, registry, owner="SequenceNet")]
    listed = ", ".join(repr(option) for option in registry)
    raise TypeError(
        f"The {name!r} parameter of SequenceNet must be a str among {{{listed}}} or a "
        f"torch.nn.Module class. Got {part!r} instead."
    )
