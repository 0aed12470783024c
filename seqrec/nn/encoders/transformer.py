"""Causal Transformer encoder (floor 1: torch)."""

from torch import nn

from seqrec._validation.params import check_int, check_option
from seqrec.nn.dropout import Dropout
from seqrec.nn.encoders._transformer_block import TransformerBlock

__all__ = ["TransformerEncoder"]

_POSITION_STD = 0.02


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
    _block_class: type[nn.Module] = TransformerBlock

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
        owner = type(self).__name__
        input_dim = check_int("input_dim", input_dim, owner=owner)
        self.output_dim = check_int("hidden_units", hidden_units, owner=owner)
        n_layers = check_int("n_layers", n_layers, owner=owner)
        n_heads = _check_heads(n_heads, self.output_dim, owner)
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
            self._block_class(self.output_dim, n_heads, dropout, is_rotary)
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
                    f"{type(self).__name__} has learned {self.max_length} positions. "
                    f"Got a row of {n_steps} events; raise max_length, or use rotary "
                    f"positions."
                )
            x = x + self.position_embedding.weight[:n_steps]
        x = self.dropout(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


def _check_heads(n_heads, dim, owner):
    n_heads = 2 if n_heads is None else n_heads
    n_heads = check_int("n_heads", n_heads, owner=owner)
    if dim % n_heads:
        raise ValueError(
            f"The 'n_heads' parameter of {owner} must divide the width of "
            f"the states, {dim}. Got {n_heads} instead. Change n_heads or hidden_units."
        )
    return n_heads
