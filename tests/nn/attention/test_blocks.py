"""Blocks of queries, for every entry of ATTENTIONS with scores, and their memory."""

import copy
import subprocess
import sys

import pytest
import torch

from seqrec.nn.attention import _blocks
from tests.nn.attention.cases import (
    DIM,
    attend,
    build,
    draw_bias,
    draw_states,
    each_scored,
)


@pytest.fixture
def _in_blocks(monkeypatch):
    monkeypatch.setattr(_blocks, "_CPU_WHOLE_SIZE", 0)
    monkeypatch.setattr(_blocks, "_CPU_BLOCK_SIZE", 40)


def run_backward(attention, states, mask, **options):
    """Return the context and every gradient of it."""
    inputs = [states.clone().requires_grad_(), *attention.parameters()]
    if options.get("bias") is not None:
        inputs.append(options["bias"].requires_grad_())
    context, _ = attend(attention, inputs[0], mask, **options)
    loss = (context[mask] * torch.arange(1.0, 1 + DIM)).square().sum()
    return context[mask], torch.autograd.grad(loss, inputs, allow_unused=True)


@each_scored
@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("is_biased", [False, True])
def test_blocks_of_queries_change_neither_contexts_nor_gradients(
    name, activation, is_causal, is_biased, request
):
    states, mask = draw_states([7, 3, 0], 7)
    attention = build(name, activation)
    options = {"is_causal": is_causal}
    if is_biased:
        options["bias"] = draw_bias(attention, 3, 7)
    expected, expected_gradients = run_backward(attention, states, mask, **options)
    request.getfixturevalue("_in_blocks")
    context, gradients = run_backward(attention, states, mask, **options)
    torch.testing.assert_close(context, expected)
    for gradient, other in zip(gradients, expected_gradients, strict=True):
        assert (gradient is None) == (other is None)
        if gradient is not None:
            torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        context, _ = attend(attention, states, mask, **options)
    torch.testing.assert_close(context[mask], expected)


@each_scored
@pytest.mark.parametrize("is_biased", [False, True])
@pytest.mark.parametrize("size", ["whole", "in blocks"])
def test_gradients_are_those_of_finite_differences(
    name, activation, is_biased, size, request
):
    if size == "in blocks":
        request.getfixturevalue("_in_blocks")
    attention = copy.deepcopy(build(name, activation)).double()
    states, mask = draw_states([3, 2], 3)
    states = states.double().requires_grad_()
    bias = draw_bias(attention, 1, 3, torch.float64).requires_grad_(is_biased)
    names = list(dict(attention.named_parameters()))

    def context(states, bias, *parameters):
        options = {"bias": bias} if is_biased else {}
        if attention.needs_sessions:
            options["sessions"] = torch.tensor([[0, 0, 1], [0, 1, 0]])
        found, _ = torch.func.functional_call(
            attention,
            dict(zip(names, parameters, strict=True)),
            (states, states, states, mask),
            options,
        )
        return found[mask]

    inputs = (states, bias, *attention.parameters())
    assert torch.autograd.gradcheck(context, inputs, fast_mode=True)


@each_scored
def test_blocks_are_not_kept_for_the_backward_pass(name, activation, monkeypatch):
    monkeypatch.setattr(_blocks, "_CPU_WHOLE_SIZE", 0)
    monkeypatch.setattr(_blocks, "_CPU_BLOCK_SIZE", 1)
    states, mask = draw_states([200], 200)
    states.requires_grad_()
    sizes = []

    def keep(tensor):
        sizes.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        attend(build(name, activation), states, mask)
    # Scores that take long to compute are kept; they are not computed again.
    n_kept = 200 * 200 if name == "additive" else 0
    assert 0 < sum(sizes) < n_kept + 200 * 200 / 2


def test_small_batches_are_attended_whole(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a small batch was computed twice")

    monkeypatch.setattr(_blocks, "checkpoint", refuse)
    states, mask = draw_states([40] * 8, 40)
    states.requires_grad_()
    context, _ = attend(build("dot", "gelu"), states, mask)
    context.sum().backward()
    assert states.grad.abs().sum() > 0


MEASURE = """
import resource, sys, torch
from seqrec.nn.attention import ATTENTIONS

name, activation, n_heads = sys.argv[1:]
attention = ATTENTIONS[name](64, int(n_heads), activation)
states = torch.randn(16, 2000, 64, requires_grad=True)
mask = torch.ones(16, 2000, dtype=torch.bool)
context, _ = attention(states, states, states, mask)
context.sum().backward()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
@pytest.mark.parametrize(
    ("name", "activation", "n_heads"),
    [
        ("additive", "softmax", 1),
        ("dot", "gelu", 1),
        ("hierarchical", "softmax", 1),
        ("multihead", "silu", 4),
    ],
)
def test_long_rows_are_attended_in_two_gibibytes(name, activation, n_heads):
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, name, activation, str(n_heads)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(run.stdout) < 2 * 2**20
