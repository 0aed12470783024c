"""The network: events -> states -> items, classes, values (floor 1: torch)."""

from typing import NamedTuple

import torch
from torch import nn

from seqrec._validation.params import check_int, check_option
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.dropout import Dropout
from seqrec.nn.encoders import ENCODERS
from seqrec.nn.event_embedding import EventEmbedding
from seqrec.nn.events import Events
from seqrec.nn.heads import HEADS
from seqrec.nn.row_gradients import take_rows
from seqrec.nn.time_bias import TimeBias

__all__ = ["NetOutput", "SequenceNet"]

_TOLERANCE = 1e-4  # of states that should be the same
_PROJECTION_STD = 0.02  # small, so that training starts from the last item's embedding


class NetOutput(NamedTuple):
    """What losses need.

    Attributes
    ----------
    states : Tensor of shape (N, D)
        Final states, as the head multiplies them with its vectors.
    weight : Tensor of shape (V, D) or None
        Output vectors, row c - 1 for item code c; None without items to score.
    bias : Tensor of shape (V,) or None
        Added to the logits.
    values : Tensor of shape (N, n_outputs) or None
        Linear outputs: logits of classes or real values; None where there are none.
    """

    states: torch.Tensor
    weight: torch.Tensor | None
    bias: torch.Tensor | None
    values: torch.Tensor | None


class SequenceNet(nn.Module):
    """Predict what follows the events so far.

    An encoder turns embedded events into a state after each event; attention looks
    from each state back at those so far; both together become the final state that
    items are scored with, or that linear outputs read. Rows are padded on the right,
    and no state depends on a later event.

    Parameters
    ----------
    n_items : int or None, default=None
        Items of the catalogue, V; their codes are 1 to V. None: events have no items.
    n_numbers : int, default=0
        Numeric channels of an event.
    n_categories : sequence of int, default=()
        Number of categories of each categorical channel.
    context_fusion : {"sum", "concat"}, default="sum"
        Whether the vector of the channels is added to the item's or stands beside it.
    encoder : {"gru", "ligr", "lstm", "mean", "rnn", "tcn", "transformer"} or class, \
            default="lstm"
        Kind of encoder.
    attention : {"additive", "dot", "hierarchical", "multihead", "none"} or class, \
            default="multihead"
        Kind of attention.
    embedding_dim : int, default=64
        Width of item embeddings and of final states, D.
    hidden_units : int, default=64
        Width of encoder states, E.
    n_layers : int, default=1
        Layers of the encoder.
    n_heads : int, default=None
        Heads of the attention and of the encoder, H, for those that have several;
        None takes the default of each.
    positions : {"rotary", "learned"}, default="rotary"
        How the Transformer encoders know the order of events.
    kernel_size : int, default=3
        Events that a convolution of the TCN encoder reads.
    max_length : int, default=100
        Longest row, for learned positions.
    attention_activation : {"softmax", "gelu", "silu"}, default="softmax"
        How attention scores become weights.
    is_scaled : bool, default=True
        Whether dot products of attention are divided by the root of their width.
    is_time_aware : bool, default=False
        Whether attention scores get a learned bias by elapsed time and by distance.
    head : {"linear", "tied"} or class or None, default="tied"
        Kind of item scorer; "tied" scores with the item embedding itself. None scores
        no items.
    has_bias : bool, default=True
        Whether each item has a number of its own, added to its logit.
    temperature : float or None, default=None
        Logits are cosines divided by this; None takes products as they are.
    n_outputs : int, default=0
        Linear outputs of the final state.
    embedding_dropout : float, default=0.2
        Share of embedding values dropped in training.
    dropout : float, default=0.2
        Share of values dropped in training between encoder layers, of states and
        context, and of the final state.
    embedding_weight : ndarray of shape (n_items, embedding_dim), default=None
        Start values of the item embedding in code order; None draws them.
    residual : bool, default=True
        Whether the vector of the last event is added to the final state.

    Attributes
    ----------
    embedding : EventEmbedding
        Vectors of events.
    item_embedding : ItemEmbedding or None
        The vectors of the items.
    encoder : Module
        The encoder.
    attention : Module
        The attention.
    time_bias : TimeBias or None
        The bias of attention scores.
    head : Module or None
        The scorer of items.
    output : Linear or None
        The linear outputs.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> net = SequenceNet(5, embedding_dim=8, hidden_units=8).eval()
    >>> events = Events.from_codes(torch.tensor([[1, 4, 2], [3, 0, 0]]))
    >>> states = net.encode(events)
    >>> net.score(states).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_items=None,
        *,
        n_numbers=0,
        n_categories=(),
        context_fusion="sum",
        encoder="lstm",
        attention="multihead",
        embedding_dim=64,
        hidden_units=64,
        n_layers=1,
        n_heads=None,
        positions="rotary",
        kernel_size=3,
        max_length=100,
        attention_activation="softmax",
        is_scaled=True,
        is_time_aware=False,
        head="tied",
        has_bias=True,
        temperature=None,
        n_outputs=0,
        embedding_dropout=0.2,
        dropout=0.2,
        embedding_weight=None,
        residual=True,
    ):
        super().__init__()
        encoder = _find_part("encoder", encoder, ENCODERS)
        attention = _find_part("attention", attention, ATTENTIONS)
        head = None if head is None else _find_part("head", head, HEADS)
        n_outputs = check_int("n_outputs", n_outputs, owner="SequenceNet", low=0)
        self.embedding = EventEmbedding(
            n_items,
            embedding_dim,
            n_numbers=n_numbers,
            n_categories=n_categories,
            fusion=context_fusion,
            weight=embedding_weight,
        )
        self.embedding_dropout = Dropout(embedding_dropout)
        offered = {
            "n_heads": n_heads,
            "positions": positions,
            "kernel_size": kernel_size,
            "max_length": max_length,
            "is_scaled": is_scaled,
        }
        self.encoder = encoder(
            self.embedding.output_dim,
            hidden_units,
            n_layers,
            dropout,
            **_options(encoder, offered),
        )
        if encoder not in ENCODERS.values():
            _check_own_encoder(self.encoder, self.embedding.output_dim, head)
        # Heads are those of the attention; one that has no choice leaves them to an
        # encoder that has.
        has_heads = getattr(attention, "has_heads", False)
        is_encoders = "n_heads" in getattr(encoder, "options", ()) and not has_heads
        self.attention = attention(
            self.encoder.output_dim,
            None if is_encoders else n_heads,
            attention_activation,
            **_options(attention, offered),
        )
        self.time_bias = _time_bias(self.attention) if is_time_aware else None
        self.projection = nn.Linear(
            self.encoder.output_dim + self.attention.output_dim, embedding_dim
        )
        if head is not None:
            nn.init.normal_(self.projection.weight, std=_PROJECTION_STD)
        nn.init.zeros_(self.projection.bias)
        self.dropout = Dropout(dropout)
        self.head = head and head(
            self.item_embedding, has_bias=has_bias, temperature=temperature
        )
        self.output = nn.Linear(embedding_dim, n_outputs) if n_outputs else None
        self.residual = residual

    @property
    def item_embedding(self):
        """The vectors of the items; None where events have none."""
        return self.embedding.item_embedding

    @property
    def output_dim(self):
        """Width of a final state, D."""
        return self.projection.out_features

    # ------------------------------------------------------------------ training
    def forward(self, events, positions=None, rows=None):
        """Return what losses need: final states, output vectors, outputs.

        Parameters
        ----------
        events : Events
            A batch.
        positions : Tensor of shape (N,), dtype=int64, or None
            Where states are wanted: ``row * T + step`` of events that have a target.
            None wants the state after the last event of each row.
        rows : Tensor of shape (R,), dtype=int64, or None
            0, then item codes, each once and in increasing order: a catalogue of these
            alone, in which the codes of `events` are places, with gradients of these
            alone. Given with `positions`. None is the whole catalogue.

        Returns
        -------
        output : NetOutput
            One state for each position, or each row; output vectors of the catalogue.
        """
        if positions is None:
            return self._finish(self.encode(events))
        table = None if rows is None else take_rows(self.item_embedding.weight, rows)
        own, states = self._run_encoder(events, table)
        steps = torch.arange(states.shape[1], device=states.device)[None]
        context, _ = self.attention(
            states, states, states, events.mask, **self._extras(events, steps)
        )
        parts = (
            part.flatten(0, 1).index_select(0, positions)
            for part in (own, states, context)
        )
        return self._finish(self._combine(*parts), rows, table)

    def _run_encoder(self, events, table=None):
        """Return the vectors (B, T, D) and the states (B, T, E) of events."""
        inputs, own = self.embedding(events, table)
        return own, _states(self.encoder, self.embedding_dropout(inputs), events.mask)

    def _combine(self, own, states, context):
        """Return final states (N, D) from those of the parts, row by row."""
        final = self.projection(self.dropout(torch.cat([states, context], dim=-1)))
        if self.residual:
            final = final + own
        return self.dropout(final)

    def _finish(self, states, rows=None, table=None):
        values = None if self.output is None else self.output(states)
        if self.head is None:
            return NetOutput(states, None, None, values)
        head = self.head
        if rows is None:
            weight, bias = head.weight, head.bias
        else:
            weight, bias = head.select(rows[1:], table[1:])
        return NetOutput(head.project(states), weight, bias, values)

    def _extras(self, events, steps):
        """Return what attention is told of the events at `steps` beyond the states."""
        extras = {}
        if getattr(self.attention, "needs_sessions", False):
            extras["sessions"] = events.sessions
        if self.time_bias is not None:
            extras["bias"] = self.time_bias(steps, events.mask.shape[1], events.times)
        return extras

    # ------------------------------------------------------------------ answers
    def _last_steps(self, events):
        """Return events, states (B, T, E), and of the last event: step, vector, state.

        Before the first event a state is zero, as the recurrence starts.
        """
        if events.mask.shape[1] == 0:
            events = Events(*(_one_step(column) for column in events))
        own, states = self._run_encoder(events)
        rows = torch.arange(len(states), device=states.device)
        lengths = events.lengths
        last = (lengths - 1).clamp(min=0)
        is_empty = (lengths == 0)[:, None]
        own = own[rows, last].masked_fill(is_empty, 0.0)
        query = states[rows, last].masked_fill(is_empty, 0.0)
        return events, states, last[:, None], own[:, None], query[:, None]

    def encode(self, events):
        """Return the final state after the last event of each row.

        Attention starts from the last event alone, so time grows with T, not with its
        square.

        Parameters
        ----------
        events : Events
            A batch; a row may be empty.

        Returns
        -------
        states : Tensor of shape (B, D)
            The same as `forward` gives at these events, before the head's projection.
        """
        events, states, last, own, query = self._last_steps(events)
        context, _ = self.attention(
            query,
            states,
            states,
            events.mask,
            is_causal=False,
            **self._extras(events, last),
        )
        return self._combine(own, query, context)[:, 0]

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

        Raises
        ------
        ValueError
            If the network has no head.
        """
        if self.head is None:
            raise ValueError(
                "This network scores no items, as it was made with head=None. Read its "
                "`output` instead."
            )
        return self.head(states, candidates)

    def attention_weights(self, events):
        """Return how much the last event looks at each event of its row.

        Parameters
        ----------
        events : Events
            A batch; a row may be empty.

        Returns
        -------
        weights : Tensor of shape (B, H, T)
            0 at padding; with softmax, a head's weights sum to 1 over a row.
        """
        n_steps = events.mask.shape[1]
        events, states, last, _, query = self._last_steps(events)
        _, weights = self.attention(
            query,
            states,
            states,
            events.mask,
            is_causal=False,
            need_weights=True,
            **self._extras(events, last),
        )
        return weights[:, :, 0, :n_steps]


def _time_bias(attention):
    """Return the bias of an attention's scores; raise if it has none."""
    if not getattr(attention, "takes_bias", True):
        raise ValueError(
            f"Attention cannot be time-aware with {type(attention).__name__}, which "
            f"has no scores to add a bias to. Choose another attention, or leave "
            f"time_aware=True out."
        )
    return TimeBias(attention.n_heads)


def _check_own_encoder(encoder, input_dim, head):
    """Raise if an encoder of the user's own breaks the contract."""
    if not hasattr(encoder, "output_dim"):
        raise TypeError(
            f"{type(encoder).__name__}, the encoder, must have an attribute "
            f"'output_dim', the width of its states. Set it in its __init__."
        )
    if head is not None:
        _check_causal(encoder, input_dim)


def _states(encoder, x, mask):
    """Return the states (B, T, E) of an encoder; raise if they have another shape."""
    states = encoder(x, mask)
    expected = (*mask.shape, encoder.output_dim)
    if getattr(states, "shape", None) != expected:
        raise ValueError(
            f"{type(encoder).__name__}, the encoder, must return states of shape "
            f"{expected}: rows, steps and its output_dim. Got "
            f"{getattr(states, 'shape', type(states).__name__)}."
        )
    return states


@torch.no_grad()
def _check_causal(encoder, input_dim):
    """Raise if a state depends on a later event, or on another row.

    All positions are trained at once, so an encoder that looks ahead would read the
    answer.
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 4, input_dim, generator=generator)
    mask = torch.ones(2, 4, dtype=torch.bool)
    changed = x.clone()
    changed[0, 3] += 1.0
    was_training = encoder.training
    encoder.eval()
    change = _states(encoder, changed, mask) - _states(encoder, x, mask)
    encoder.train(was_training)
    for part, seen in ((change[0, :3], "later events"), (change[1], "other rows")):
        if part.abs().max() > _TOLERANCE:
            raise ValueError(
                f"{type(encoder).__name__}, the encoder, lets states see {seen}, from "
                f"which they would learn the answer. Let state t depend on the inputs "
                f"0 to t of its own row alone."
            )


def _one_step(column):
    """Return a column without steps, (B, 0, ...), with one step of padding."""
    if column is None:
        return None
    return column.new_zeros((len(column), 1, *column.shape[2:]))


def _options(part, offered):
    """Return those of the offered options that a part takes."""
    return {name: offered[name] for name in getattr(part, "options", ())}


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
