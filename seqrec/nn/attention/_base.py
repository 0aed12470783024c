"""What every attention shares: its constructor and its checks (floor 1: torch)."""

from collections.abc import Collection

from torch import nn

from seqrec._validation.params import check_int, check_option
from seqrec.nn.attention._weights import ACTIVATIONS
from seqrec.nn.dropout import Dropout

__all__ = ["Attention"]


class Attention(nn.Module):
    """Check and keep the options that all kinds of attention take."""

    options: tuple[str, ...] = ()  # further keyword options of the constructor
    default_n_heads = 1
    has_heads = False  # whether there can be more than one head
    takes_bias = True  # whether there are scores to add a bias to
    needs_sessions = False  # whether forward takes the session of each event
    activations: Collection[str] = ACTIVATIONS

    def __init__(self, dim, n_heads=None, activation="softmax", dropout=0.0):
        super().__init__()
        owner = type(self).__name__
        self.output_dim = check_int("dim", dim, owner=owner)
        self.n_heads = self._check_heads(n_heads)
        self.activation = check_option(
            "activation", activation, self.activations, owner=owner
        )
        self.dropout = Dropout(dropout)

    def _check_heads(self, n_heads):
        """Return the number of heads; this kind of attention has one, always."""
        owner = type(self).__name__
        n_heads = self.default_n_heads if n_heads is None else n_heads
        if check_int("n_heads", n_heads, owner=owner) != 1:
            raise ValueError(
                f"The 'n_heads' parameter of {owner} must be 1 or None, as it has one "
                f"head. Got {n_heads!r} instead. Choose multihead attention for more."
            )
        return 1

    def extra_repr(self):
        """Return what `repr` shows between the parentheses."""
        return f"{self.output_dim}, n_heads={self.n_heads}, {self.activation!r}"
