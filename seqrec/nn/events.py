"""What the network knows of the events of a batch (floor 1: torch)."""

from typing import NamedTuple

import torch

__all__ = ["Events"]


class Events(NamedTuple):
    """Right-padded rows of events; a column that is None is not there.

    Attributes
    ----------
    mask : Tensor of shape (B, T), dtype=bool
        True where an event is real.
    codes : Tensor of shape (B, T), dtype=int64, or None
        Item codes, 0 at padding.
    numbers : Tensor of shape (B, T, n_numbers) or None
        Numeric channels, NaN where a value is missing.
    categories : Tensor of shape (B, T, n_channels), dtype=int64, or None
        Category codes of each categorical channel, 0 where missing.
    times : Tensor of shape (B, T), dtype=float64, or None
        Seconds since 1970, non-decreasing along the real events.
    sessions : Tensor of shape (B, T), dtype=int64, or None
        Session number of each event, non-decreasing along the real events.

    Examples
    --------
    >>> events = Events.from_codes(torch.tensor([[3, 1, 0], [2, 4, 4]]))
    >>> events.lengths
    tensor([2, 3])
    """

    mask: torch.Tensor
    codes: torch.Tensor | None = None
    numbers: torch.Tensor | None = None
    categories: torch.Tensor | None = None
    times: torch.Tensor | None = None
    sessions: torch.Tensor | None = None

    @classmethod
    def from_codes(cls, codes):
        """Make events of padded item codes alone.

        Parameters
        ----------
        codes : Tensor of shape (B, T), dtype=int64
            Item codes, padded with 0 on the right.

        Returns
        -------
        events : Events
            Real where the code is not 0.
        """
        return cls(mask=codes != 0, codes=codes)

    @property
    def lengths(self):
        """Number of real events of each row, shape (B,)."""
        return self.mask.sum(dim=1)

    def to(self, device):
        """Return the same events on a device.

        Parameters
        ----------
        device : torch.device or str
            Where the columns shall live.

        Returns
        -------
        events : Events
            Columns that are None stay so.
        """
        columns = self._asdict().items()
        moved = {name: None if x is None else x.to(device) for name, x in columns}
        return Events(**moved)  # type: ignore[arg-type]
