"""Every entry of ATTENTIONS, ready to be asked."""

import functools

import pytest
import torch

from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.masks import lengths_to_mask

__all__ = [
    "DIM",
    "OPTIONS",
    "SCORED",
    "attend",
    "build",
    "draw_bias",
    "draw_states",
    "each_option",
    "each_scored",
]

DIM = 4
OPTIONS = [
    (name, activation)
    for name, attention in ATTENTIONS.items()
    for activation in attention.activations
]
SCORED = [option for option in OPTIONS if option[0] != "none"]
each_option = pytest.mark.parametrize(("name", "activation"), OPTIONS)
each_scored = pytest.mark.parametrize(("name", "activation"), SCORED)


@functools.cache
def build(name, activation="softmax"):
    torch.manual_seed(0)
    attention = ATTENTIONS[name](DIM, None, activation).eval()
    for parameter in attention.parameters():  # biases start at 0, where faults hide
        torch.nn.init.normal_(parameter, std=0.5)
    return attention


def draw_states(lengths, n_steps, seed=0):
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(len(lengths), n_steps, DIM, generator=generator)
    return states, lengths_to_mask(torch.tensor(lengths), n_steps)


def attend(attention, states, mask, *, query=None, **options):
    """Attend to states; where sessions count, they are of two events each."""
    if attention.needs_sessions:
        steps = torch.arange(states.shape[1])
        options.setdefault("sessions", (steps // 2).expand(len(states), -1))
    query = states if query is None else query
    return attention(query, states, states, mask, **options)


def draw_bias(attention, n_rows, n_steps, dtype=torch.float32):
    generator = torch.Generator().manual_seed(5)
    shape = (n_rows, attention.n_heads, n_steps, n_steps)
    return torch.randn(shape, generator=generator, dtype=dtype)
