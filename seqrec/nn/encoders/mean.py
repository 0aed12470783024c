"""Running mean encoder: the floor (floor 1: torch)."""

import torch
from torch import nn

from seqrec._validation.params import check_int, check_real

__all__ = ["MeanEncoder"]


class MeanEncoder(nn.Module):
    """Average the inputs so far; the order of events is lost.

    ``h_t = W (x_1 + ... + x_t) / t + b``. What other encoders gain over this one is
    what the order of events is worth to them.

    Parameters
    ----------
    input_dim : int
        Width of an input, D.
    hidden_units : int
        Width of a state, E.
    n_layers : int, default=1
        Always 1; a mean of means would be no deeper.
    dropout : float, default=0.0
        Acts between layers in other encoders; here it has nothing to act on.

    Attributes
    ----------
    output_dim : int
        Width of a state, E.

    Raises
    ------
    ValueError
        If `n_layers` is not 1.

    Examples
    --------
    >>> encoder = MeanEncoder(1, 1)
    >>> _ = encoder.projection.weight.data.fill_(1.0)
    >>> _ = encoder.projection.bias.data.zero_()
    >>> x = torch.tensor([[[2.0], [4.0], [0.0]]])
    >>> encoder(x, torch.ones(1, 3, dtype=torch.bool)).flatten()
    tensor([2., 3., 2.], grad_fn=<ViewBackward0>)
    """

    options: tuple[str, ...] = ()

    def __init__(self, input_dim, hidden_units, n_layers=1, dropout=0.0):
        super().__init__()
        input_dim = check_int("input_dim", input_dim, owner="MeanEncoder")
        self.output_dim = check_int("hidden_units", hidden_units, owner="MeanEncoder")
        check_real("dropout", dropout, owner="MeanEncoder", high=1.0)
        if check_int("n_layers", n_layers, owner="MeanEncoder") != 1:
            raise ValueError(
                f"The 'n_layers' parameter of MeanEncoder must be 1, as a running mean "
                f"has no layers. Got {n_layers!r} instead. Choose another encoder for "
                f"more."
            )
        self.projection = nn.Linear(input_dim, self.output_dim)

    def forward(self, x, mask):
        """Return the state after each event.

        Parameters
        ----------
        x : Tensor of shape (B, T, D)
            Inputs, padded on the right.
        mask : Tensor of shape (B, T), dtype=bool
            True where an event is real; padding on the right reaches no earlier state.

        Returns
        -------
        states : Tensor of shape (B, T, E)
            What stands at padded steps is finite and means nothing.
        """
        count = torch.arange(1, x.shape[1] + 1, device=x.device, dtype=x.dtype)
        return self.projection(x.cumsum(dim=1) / count[:, None])
