"""Negatives: items drawn for losses that compare with some (floor 1: torch)."""

import numpy as np
import torch

from seqrec._validation.params import check_int, check_real

__all__ = ["NegativeSampler", "draw_uniform"]


def draw_uniform(n_items, n, *, generator=None, device=None):
    """Draw item codes evenly, with replacement.

    Parameters
    ----------
    n_items : int
        Items of the catalogue, V.
    n : int
        How many codes to draw.
    generator : torch.Generator, default=None
        Where random numbers come from; None means torch's global generator.
    device : torch.device, default=None
        Where the codes live; None means torch's default device.

    Returns
    -------
    codes : Tensor of shape (n,), dtype=int64
        Item codes, 1 to V.
    """
    return torch.randint(1, n_items + 1, (n,), generator=generator, device=device)


class NegativeSampler:
    """Draw item codes, often-seen items more often.

    An item is drawn with a probability in proportion to ``(count + 1) ** power``, so
    that every item can be drawn [1]_. The most popular items are then told apart more
    often, and a target meets stronger rivals than under a uniform draw.

    Parameters
    ----------
    n_items : int
        Items of the catalogue, V; their codes are 1 to V.
    power : float, default=0.0
        0 draws evenly, 1 in proportion to the counts.
    counts : array-like of shape (n_items,), default=None
        Training events of each item, in code order; not read for a power of 0.

    Attributes
    ----------
    log_probabilities : Tensor of shape (n_items,), dtype=float64, or None
        Log-probability of each item in a single draw, in code order; None where all
        are alike.

    Raises
    ------
    ValueError
        If `power` is not 0 and `counts` are missing, of another length, negative or
        not finite.

    References
    ----------
    .. [1] T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean (2013). Distributed
       representations of words and phrases and their compositionality. NeurIPS.
       arXiv:1310.4546

    Examples
    --------
    >>> sampler = NegativeSampler(3, power=1.0, counts=[0, 1, 4])
    >>> sampler.log_probabilities.exp()
    tensor([0.1250, 0.2500, 0.6250], dtype=torch.float64)
    >>> codes, log_q = sampler.draw(4)
    >>> codes.shape, log_q.shape
    (torch.Size([4]), torch.Size([4]))
    """

    def __init__(self, n_items, *, power=0.0, counts=None):
        self.n_items = check_int("n_items", n_items, owner="NegativeSampler")
        self.power = check_real("power", power, owner="NegativeSampler")
        self.log_probabilities = None
        if self.power:
            logs = self.power * np.log1p(_check_counts(counts, self.n_items))
            # Relative to the largest, so that no power overflows.
            cumulative = np.exp(logs - logs.max()).cumsum()
            logs -= logs.max() + np.log(cumulative[-1])
            self.log_probabilities = torch.from_numpy(logs)
            self._cumulative = torch.from_numpy(cumulative / cumulative[-1])

    def draw(self, n, *, generator=None, device=None):
        """Draw item codes with replacement.

        Parameters
        ----------
        n : int
            How many codes to draw.
        generator : torch.Generator, default=None
            Where random numbers come from; None means torch's global generator. An
            uneven draw happens on the CPU, whatever the device, and so needs a
            generator of the CPU.
        device : torch.device, default=None
            Where the results live; None means torch's default device.

        Returns
        -------
        codes : Tensor of shape (n,), dtype=int64
            Item codes, 1 to V.
        log_q : Tensor of shape (n,), dtype=float32, or None
            Log-probability of each code in a single draw; None where all items are
            alike, which losses take for ``-log V``.
        """
        if self.log_probabilities is None:
            codes = draw_uniform(self.n_items, n, generator=generator, device=device)
            return codes, None
        if device is None:
            device = torch.get_default_device()
        shares = torch.rand(n, dtype=torch.float64, generator=generator, device="cpu")
        columns = torch.searchsorted(self._cumulative, shares, right=True)
        log_q = self.log_probabilities[columns].float()
        return (columns + 1).to(device), log_q.to(device)

    def __repr__(self):
        """Return the call that makes an alike sampler, without the counts."""
        return f"NegativeSampler({self.n_items}, power={self.power})"


def _check_counts(counts, n_items):
    """Return the counts as float64, or say what is wrong with them."""
    if counts is None:
        raise ValueError(
            "NegativeSampler with a 'power' other than 0 needs the 'counts' of the "
            "items. Got None instead. Give the training events of each item."
        )
    counts = np.asarray(counts, dtype=np.float64)
    if counts.shape != (n_items,):
        raise ValueError(
            f"The 'counts' parameter of NegativeSampler must have shape ({n_items},). "
            f"Got {counts.shape} instead. Give one number an item, in code order."
        )
    wrong = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))
    if len(wrong):
        raise ValueError(
            f"The 'counts' parameter of NegativeSampler must hold numbers of at least "
            f"0. Got {counts[wrong[0]]} for item code {wrong[0] + 1}, and "
            f"{len(wrong) - 1} more. Count the training events of each item."
        )
    return counts
