"""What the recurrent encoders share (floor 1: torch)."""

from torch import nn

from seqrec._validation.params import check_int, check_real

__all__ = ["RecurrentEncoder"]


class RecurrentEncoder(nn.Module):
    """Run one of torch's recurrent layers over padded rows, without packing them.

    Padding is on the right and a state depends on earlier events alone, so padding
    never reaches the state of a real event.
    """

    layer_class: type[nn.Module]
    options: tuple[str, ...] = ()

    def __init__(self, input_dim, hidden_units, n_layers=1, dropout=0.0):
        super().__init__()
        owner = type(self).__name__
        n_layers = check_int("n_layers", n_layers, owner=owner)
        dropout = check_real("dropout", dropout, owner=owner, high=1.0)
        self.output_dim = check_int("hidden_units", hidden_units, owner=owner)
        self.layers = self.layer_class(
            check_int("input_dim", input_dim, owner=owner),
            self.output_dim,
            num_layers=n_layers,
            # Between layers only, so one layer has none; torch warns when told so.
            dropout=dropout if n_layers > 1 else 0.0,
            batch_first=True,
        )

    def forward(self, x, mask):
        """Return the state after each event.

        Parameters
        ----------
        x : Tensor of shape (B, T, D)
            Inputs, padded on the right.
        mask : Tensor of shape (B, T), dtype=bool
            True where an event is real. A causal encoder over right padding has no
            use for it; encoders that look ahead do.

        Returns
        -------
        states : Tensor of shape (B, T, E)
            What stands at padded steps is finite and means nothing.
        """
        return self.layers(x)[0]
