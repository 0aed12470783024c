"""Masks over padded steps: True where an event is real (floor 1: torch).

Padding is on the right. Torch's opposite, True where something is hidden, is made here
and nowhere else.
"""

import torch

__all__ = ["causal_mask", "fill_hidden", "lengths_to_mask", "visible_mask"]


def lengths_to_mask(lengths, n_steps):
    """Mark the real events of right-padded rows.

    Parameters
    ----------
    lengths : Tensor of shape (B,), dtype=int64
        Events of each row, from 0 to `n_steps`.
    n_steps : int
        Columns of the padded rows, T.

    Returns
    -------
    mask : Tensor of shape (B, T), dtype=bool
        True where an event is real.

    Examples
    --------
    >>> lengths_to_mask(torch.tensor([1, 3]), 3)
    tensor([[ True, False, False],
            [ True,  True,  True]])
    """
    return torch.arange(n_steps, device=lengths.device) < lengths[:, None]


def causal_mask(n_steps, *, device=None):
    """Mark which steps each step may see: itself and every earlier one.

    Parameters
    ----------
    n_steps : int
        Number of steps, T.
    device : torch.device, default=None
        Where the mask lives; None means torch's default device.

    Returns
    -------
    mask : Tensor of shape (T, T), dtype=bool
        True at [t, i] when step t sees step i.

    Examples
    --------
    >>> causal_mask(3)
    tensor([[ True, False, False],
            [ True,  True, False],
            [ True,  True,  True]])
    """
    return torch.ones(n_steps, n_steps, dtype=torch.bool, device=device).tril_()


def visible_mask(mask, n_queries, *, is_causal):
    """Mark the events that each query may see.

    Parameters
    ----------
    mask : Tensor of shape (B, T), dtype=bool
        True where an event is real.
    n_queries : int
        Number of queries of a row, Tq.
    is_causal : bool
        Whether query t sees the real events 0 to t; if not, it sees every real event.

    Returns
    -------
    visible : Tensor of shape (B, 1, Tq, T) or (B, 1, 1, T), dtype=bool
        True where an event is seen, with one axis for the heads.

    Raises
    ------
    ValueError
        If `is_causal` and there is not one query for each event.
    """
    visible = mask[:, None, None, :]  # (B, 1, 1, T)
    if not is_causal:
        return visible
    if n_queries != mask.shape[1]:
        raise ValueError(
            f"Causal attention needs one query for each event. Got {n_queries} "
            f"queries and {mask.shape[1]} events. Pass is_causal=False to let every "
            f"query see every real event."
        )
    return visible & causal_mask(n_queries, device=mask.device)


def fill_hidden(values, visible, fill):
    """Replace what may not be seen by one number.

    Parameters
    ----------
    values : Tensor
        Scores or weights.
    visible : Tensor, dtype=bool
        True where a value stays; broadcast against `values`.
    fill : float
        What the others become.

    Returns
    -------
    filled : Tensor
        Shaped as `values`.
    """
    return values.masked_fill(~visible, fill)
