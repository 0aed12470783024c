"""Hierarchical attention: events of a session, then sessions (floor 1: torch)."""

import functools

import torch
from torch import nn

from seqrec.nn.attention._base import Attention
from seqrec.nn.attention._blocks import Visibility, attend_in_blocks
from seqrec.nn.attention._segments import Segments
from seqrec.nn.attention._weights import ACTIVATIONS, spread_bias

__all__ = ["HierarchicalAttention"]


class HierarchicalAttention(Attention):
    """Weigh the events of each session, then the sessions [1]_.

    What [1]_ does with the words and sentences of a document is done with events and
    sessions, and made causal. Event scores ``v . tanh(W k + b)`` become weights within
    each session, and the weighted sum of its values is the session's summary ``s``.
    Session scores ``u . tanh(W' s + b')`` become weights over the summaries, and their
    weighted sum is the context. A query sees the sessions before its own, which are
    complete, and of its own the events so far; what the query itself says does not
    matter, but where it stands does.

    ::

        session     0  0  1  1  2
        event       a  b  c  d  e
        query d    (a  b)(c  d)        two summaries
        query e    (a  b)(c  d)(e)     three summaries

    Parameters
    ----------
    dim : int
        Width of queries, keys and values, E.
    n_heads : int, default=None
        One head; None means 1, and any other number is an error.
    activation : {"softmax", "gelu", "silu"}, default="softmax"
        How scores become weights, of events and of sessions. Softmax weights sum to 1;
        the others act on each score alone and are divided by the number of visible
        events of the session, or of visible sessions.
    dropout : float, default=0.0
        Share of the context dropped in training.

    Attributes
    ----------
    output_dim : int
        Width of the context, E.

    References
    ----------
    .. [1] Z. Yang et al. (2016). Hierarchical attention networks for document
       classification. NAACL-HLT. doi:10.18653/v1/N16-1174
    """

    needs_sessions = True

    def __init__(self, dim, n_heads=None, activation="softmax", dropout=0.0):
        super().__init__(dim, n_heads, activation, dropout)
        self.event_projection = nn.Linear(dim, dim)
        self.event_vector = nn.Parameter(torch.empty(dim).uniform_(-1, 1) * dim**-0.5)
        self.session_projection = nn.Linear(dim, dim)
        self.session_vector = nn.Parameter(torch.empty(dim).uniform_(-1, 1) * dim**-0.5)

    def forward(
        self,
        query,
        key,
        value,
        mask,
        *,
        is_causal=True,
        need_weights=False,
        bias=None,
        sessions=None,
    ):
        """Attend from where each query stands to the sessions it may see.

        Parameters
        ----------
        query : Tensor of shape (B, Tq, E)
            One for each event if causal; its values are not used.
        key : Tensor of shape (B, T, E)
            What events are scored by, padded on the right.
        value : Tensor of shape (B, T, E)
            What is summed up.
        mask : Tensor of shape (B, T), dtype=bool
            True where an event is real.
        is_causal : bool, default=True
            Whether query t sees the events 0 to t (Tq equals T); if not, every query
            sees every real event.
        need_weights : bool, default=False
            Whether to return the weights.
        bias : Tensor, broadcastable to (B, 1, Tq, T), default=None
            Added to the scores of events, not of sessions, before they become weights.
            Summaries then differ from query to query, so time grows with the number of
            pairs of events times E. None adds nothing.
        sessions : Tensor of shape (B, T), dtype=int64, default=None
            Session number of each event, non-decreasing along the real events. None: a
            row is one session.

        Returns
        -------
        context : Tensor of shape (B, Tq, E)
            Zero where no event is visible; meaningless but finite for padded queries.
        weights : Tensor of shape (B, 1, Tq, T) or None
            Weight of the event in its session times weight of the session: how much
            each event counts in the context. None unless asked for.
        """
        visibility = Visibility(mask, query.shape[1], is_causal=is_causal)
        segments = Segments(sessions, mask)
        bias = spread_bias(bias, query.shape[1], mask.shape[1])
        dtype = self.event_vector.dtype
        with torch.autocast(key.device.type, enabled=False):
            context, weights = self._attend(
                self._event_scores(key.to(dtype)),
                value.to(dtype),
                visibility,
                segments,
                bias,
                need_weights=need_weights,
            )
        return self.dropout(context.to(value.dtype)), weights

    def _attend(self, scores, value, visibility, segments, bias, *, need_weights):
        """Return context (B, Tq, E) and weights (B, 1, Tq, T) or None."""
        if visibility.is_causal and bias is None and not need_weights:
            return self._attend_by_summaries(scores, value, visibility, segments), None
        projected = nn.functional.linear(value, self.session_projection.weight)
        weigh = functools.partial(self._weigh, scores, projected, visibility, segments)
        if need_weights:
            weights = attend_in_blocks(weigh, (bias,), visibility, value.numel())
            return weights @ value, weights[:, None]
        attend = functools.partial(_sum_up, weigh, value)
        return attend_in_blocks(attend, (bias,), visibility, value.numel()), None

    def _event_scores(self, key):
        """Return the score of each event, (B, T)."""
        return self.event_projection(key).tanh() @ self.event_vector

    def _session_scores(self, projected):
        """Return the scores (...) of summaries (..., E) that are projected."""
        hidden = (projected + self.session_projection.bias).tanh()
        return hidden @ self.session_vector

    def _weigh(self, scores, projected, visibility, segments, queries, keys, bias):
        """Return the weights (B, queries, T) of events in the context."""
        n_later = scores.shape[1] - keys.stop
        visible = visibility.of(queries, keys)[:, 0]
        scores = scores[:, None, keys].expand(-1, queries.stop - queries.start, -1)
        if bias is not None:
            scores = scores + bias[:, 0, :, keys].to(scores.dtype)  # (B, queries, keys)
        segments = segments.until(keys)
        within, is_visible = segments.weigh(scores, visible, self.activation)
        # The projection of a sum is the sum of the projections.
        sums = segments.weighted_sums(within, projected[:, keys])
        among = ACTIVATIONS[self.activation](self._session_scores(sums), is_visible)
        return nn.functional.pad(within * segments.take(among), (0, n_later))

    def _attend_by_summaries(self, scores, value, visibility, segments):
        """Return the context (B, T, E) of every event.

        Without a bias, a complete session has one summary, whoever asks.
        """
        visible = visibility.mask[:, None]
        complete, _ = segments.weigh(scores[:, None], visible, self.activation)
        summaries = segments.weighted_sums(complete, value)[:, 0]  # (B, J, E)
        session_scores = self._score_summaries(summaries)  # (B, J)
        block = functools.partial(
            self._attend_block,
            scores,
            value,
            visibility,
            segments,
            summaries,
            session_scores,
        )
        query_size = scores.numel() + session_scores.numel()
        return attend_in_blocks(block, (), visibility, query_size)

    def _score_summaries(self, summaries):
        projected = nn.functional.linear(summaries, self.session_projection.weight)
        return self._session_scores(projected)

    def _attend_block(
        self,
        scores,
        value,
        visibility,
        segments,
        summaries,
        session_scores,
        queries,
        keys,
    ):
        """Return the context (B, queries, E), with the own session so far apart."""
        activate = ACTIVATIONS[self.activation]
        own = segments.index[:, queries, None]
        visible = visibility.of(queries, keys)[:, 0]
        visible = visible & (own == segments.index[:, None, keys])
        so_far = activate(scores[:, None, keys], visible) @ value[:, keys]
        own_scores = self._score_summaries(so_far)[..., None]  # (B, queries, 1)
        earlier = session_scores[:, None].expand(-1, own_scores.shape[1], -1)
        is_earlier = torch.arange(segments.size, device=own.device) < own
        among = activate(
            torch.cat([earlier, own_scores], dim=-1),
            torch.cat([is_earlier, visible.any(dim=-1, keepdim=True)], dim=-1),
        )
        return among[..., :-1] @ summaries + among[..., -1:] * so_far


def _sum_up(weigh, value, queries, keys, bias):
    return weigh(queries, keys, bias) @ value
