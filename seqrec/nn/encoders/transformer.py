"""Causal Transformer encoder (floor 1: torch)."""

import torch
from torch import nn
from torch.nn import functional as F

from seqrec._validation.params import check_int, check_option
from seqrec.nn.dropout import Dropout

__all__ = ["TransformerEncoder"]

_POSITION_STD = 0.02
_FREQUENCY_BASE = 10_000.0
_WIDENING = 4  # width of the feed-forward network over that of the states


class TransformerEncoder(nn.Module):
    """Self-attention over the events so far, as in SASRec [1]_ [2]_.

    Each layer adds to the states what causal multi-head attention, then a
    feed-forward network with GELU, make of their normalised copy; normalising before,
    not after, keeps training stable without a long warm-up [3]_. A last normalisation
    ends the stack.

    Parameters
    ----------
    input_dim : int
        Width of an input, D.
    hidden_units : int
        Width of a state, E.
    n_layers : int, default=1
        Layers of attention and feed-forward network.
    dropout : float, default=0.0
        Share of what each branch adds that is dropped in training.
    n_heads : int or None, default=None
        Attention heads, a divisor of `hidden_units`; None means 2.
    positions : {"rotary", "learned"}, default="rotary"
        Rotary positions turn queries and keys, so that scores depend on distance [4]_;
        learned ones are vectors added to the inputs.
    max_length : int, default=100
        Longest row, for learned positions; rotary ones have no limit.

    Attributes
    ----------
    output_dim : int
        Width of a state, E.

    References
    ----------
    .. [1] A. Vaswani et al. (2017). Attention is all you need. NeurIPS.
       arXiv:1706.03762
    .. [2] W.-C. Kang and J. McAuley (2018). Self-attentive sequential recommendation.
       ICDM. arXiv:1808.09781
    .. [3] R. Xiong et al. (2020). On layer normalization in the Transformer
       architecture. ICML. arXiv:2002.04745
    .. [4] J. Su et al. (2021). RoFormer: enhanced Transformer with rotary position
       embedding. arXiv:2104.09864
    """

    options: tuple[str, ...] = ("n_heads", "positions", "max_length")

    def __init__(
        self,
        input_dim,
        hidden_units,
        n_layers=1,
        dropout=0.0,
        *,
        n_heads=None,
        positions="rotary",
        max_length=100,
    ):
        super().__init__()
        owner = "TransformerEncoder"
        input_dim = check_int("input_dim", input_dim, owner=owner)
        self.output_dim = check_int("hidden_units", hidden_units, owner=owner)
        n_layers = check_int("n_layers", n_layers, owner=owner)
        n_heads = _check_heads(n_heads, self.output_dim)
        check_option("positions", positions, ("rotary", "learned"), owner=owner)
        self.max_length = check_int("max_length", max_length, owner=owner)
        self.projection = (
            nn.Linear(input_dim, self.output_dim)
            if input_dim != self.output_dim
            else nn.Identity()
        )
        self.position_embedding = None
        if positions == "learned":
            self.position_embedding = nn.Embedding(self.max_length, self.output_dim)
            nn.init.normal_(self.position_embedding.weight, std=_POSITION_STD)
        is_rotary = positions == "rotary"
        self.dropout = Dropout(dropout, owner=owner)
        self.blocks = nn.ModuleList(
            _Block(self.output_dim, n_heads, dropout, is_rotary)
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(self.output_dim)

    def forward(self, x, mask):
        """Return the state after each event.

        Parameters
        ----------
        x : Tensor of shape (B, T, D)
            Inputs, padded on the right.
        mask : Tensor of shape (B, T), dtype=bool
            True where an event is real; padding on the right is later than every real
            event, so that causal attention never sees it.

        Returns
        -------
        states : Tensor of shape (B, T, E)
            What stands at padded steps is finite and means nothing.

        Raises
        ------
        ValueError
            If positions are learned and a row is longer than `max_length`.
        """
        x = self.projection(x)
        if self.position_embedding is not None:
            n_steps = x.shape[1]
            if n_steps > self.max_length:
                raise ValueError(
                    f"TransformerEncoder has learned {self.max_length} positions. Got "
                    f"a row of {n_steps} events; raise max_length, or use rotary "
                    f"positions."
                )
            x = x + self.position_embedding.weight[:n_steps]
        x = self.dropout(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


def _check_heads(n_heads, dim):
    n_heads = 2 if n_heads is None else n_heads
    n_heads = check_int("n_heads", n_heads, owner="TransformerEncoder")
    if dim % n_heads:
        raise ValueError(
            f"The 'n_heads' parameter of TransformerEncoder must divide the width of "
            f"the states, {dim}. Got {n_heads} instead. Change n_heads or hidden_units."
        )
    return n_heads


class _Block(nn.Module):
    def __init__(self, dim, n_heads, dropout, is_rotary):
        super().__init__()
        self.n_heads = n_heads
        self.is_rotary = is_rotary
        self.attention_norm = nn.LayerNorm(dim)
        self.in_projection = nn.Linear(dim, 3 * dim)
        self.out_projection = nn.Linear(dim, dim)
        self.forward_norm = nn.LayerNorm(dim)
        self.widen = nn.Linear(dim, _WIDENING * dim)
        self.narrow = nn.Linear(_WIDENING * dim, dim)
        self.dropout = Dropout(dropout, owner="TransformerEncoder")

    def forward(self, x):
        """Return (B, T, E) of (B, T, E)."""
        x = x + self.dropout(self._attend(self.attention_norm(x)))
        wide = F.gelu(self.widen(self.forward_norm(x)))
        return x + self.dropout(self.narrow(wide))

    def _attend(self, x):
        query, key, value = (
            part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (B, H, T, E / H)
            for part in self.in_projection(x).chunk(3, dim=-1)
        )
        if self.is_rotary:
            cosine, sine = _angles(query)
            query, key = _turn(query, cosine, sine), _turn(key, cosine, sine)
        context = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out_projection(context.transpose(1, 2).flatten(2))


def _angles(query):
    """Return cosine and sine (T, P) of the angle of each step and pair of values."""
    n_steps, width = query.shape[-2:]
    pairs = torch.arange(width // 2, device=query.device, dtype=torch.float64)
    speed = _FREQUENCY_BASE ** (-pairs / max(1, width // 2))
    steps = torch.arange(n_steps, device=query.device, dtype=torch.float64)
    angle = steps[:, None] * speed
    return angle.cos().to(query.dtype), angle.sin().to(query.dtype)


def _turn(values, cosine, sine):
    """Turn each pair of values (p, p + P) by its angle; an odd last value stays."""
    n_pairs = cosine.shape[1]
    first, second = values[..., :n_pairs], values[..., n_pairs : 2 * n_pairs]
    turned = [first * cosine - second * sine, second * cosine + first * sine]
    return torch.cat([*turned, values[..., 2 * n_pairs :]], dim=-1)
