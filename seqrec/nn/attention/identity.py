"""No attention (floor 1: torch)."""

import torch

from seqrec.nn.attention._base import Attention

__all__ = ["IdentityAttention"]


class IdentityAttention(Attention):
    """Return each query as its own context, so that the encoder speaks alone.

    Parameters
    ----------
    dim : int
        Width of queries, keys and values, E.
    n_heads : int, default=None
        One head; None means 1, and any other number is an error.
    activation : {"softmax"}, default="softmax"
        There are no scores to turn into weights, so nothing else is accepted.
    dropout : float, default=0.0
        Share of the context dropped in training.

    Attributes
    ----------
    output_dim : int
        Width of the context, E.
    """

    activations = ("softmax",)
    takes_bias = False

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
    ):
        """Return the query.

        Parameters
        ----------
        query : Tensor of shape (B, Tq, E)
            What is returned.
        key : Tensor of shape (B, T, E)
            Not used.
        value : Tensor of shape (B, T, E)
            Not used.
        mask : Tensor of shape (B, T), dtype=bool
            True where an event is real.
        is_causal : bool, default=True
            Whether query t belongs to event t; if not, each belongs to the last one.
        need_weights : bool, default=False
            Whether to return the weights.
        bias : None, default=None
            There are no scores to add a bias to.

        Returns
        -------
        context : Tensor of shape (B, Tq, E)
            The query.
        weights : Tensor of shape (B, 1, Tq, T) or None
            1 at the query's own event; None unless asked for.

        Raises
        ------
        ValueError
            If there is a bias.
        """
        if bias is not None:
            raise ValueError(
                f"IdentityAttention has no scores to add a bias to. Got a bias of "
                f"shape {tuple(bias.shape)}. Choose another attention, or leave the "
                f"bias out."
            )
        context = self.dropout(query)
        if not need_weights:
            return context, None
        steps = torch.arange(mask.shape[1], device=mask.device)
        if is_causal:
            own = steps[: query.shape[1], None]  # (Tq, 1)
        else:
            own = mask.sum(dim=1)[:, None, None] - 1  # (B, 1, 1)
        weights = (steps == own) & mask[:, None, :]  # (B, Tq or 1, T)
        weights = weights.expand(-1, query.shape[1], -1)
        return context, weights[:, None].to(query.dtype)
