"""A bias of the scores, for every entry of ATTENTIONS that has some."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqrec.nn.attention import ATTENTIONS
from tests.nn.attention.cases import (
    OPTIONS,
    SCORED,
    attend,
    build,
    draw_bias,
    draw_states,
    each_scored,
)


@each_scored
@pytest.mark.parametrize("need_weights", [False, True])
def test_a_bias_of_zero_changes_nothing(name, activation, need_weights):
    states, mask = draw_states([6, 3], 6)
    attention = build(name, activation)
    expected, weights = attend(attention, states, mask, need_weights=need_weights)
    context, same_weights = attend(
        attention,
        states,
        mask,
        need_weights=need_weights,
        bias=torch.zeros(1, 1, 6, 6),
    )
    torch.testing.assert_close(context[mask], expected[mask], rtol=0, atol=1e-6)
    if need_weights:
        torch.testing.assert_close(same_weights, weights, rtol=0, atol=1e-6)


@each_scored
def test_a_bias_counts_and_may_be_broadcast(name, activation):
    states, mask = draw_states([6, 3], 6)
    attention = build(name, activation)
    bias = draw_bias(attention, 1, 6)[:, :1, :1]  # (1, 1, 1, T)
    context, _ = attend(attention, states, mask, bias=bias)
    whole = bias.expand(2, attention.n_heads, 6, 6).clone()
    expected, _ = attend(attention, states, mask, bias=whole)
    torch.testing.assert_close(context, expected)
    without, _ = attend(attention, states, mask)
    assert (context - without)[mask].abs().max() > 1e-3


@pytest.mark.parametrize("name", [name for name in ATTENTIONS if name != "none"])
def test_a_very_low_bias_takes_an_event_out(name):
    states, mask = draw_states([6], 6)
    bias = torch.zeros(1, 1, 1, 6)
    bias[..., 1] = -1e4
    rest = [0, 2, 3, 4, 5]
    sessions = torch.tensor([[0, 0, 0, 1, 1, 1]])
    options = [{}, {}]
    if ATTENTIONS[name].needs_sessions:
        options = [{"sessions": sessions}, {"sessions": sessions[:, rest]}]
    context, _ = attend(build(name), states, mask, bias=bias, **options[0])
    expected, _ = attend(build(name), states[:, rest], mask[:, rest], **options[1])
    torch.testing.assert_close(context[:, rest], expected)


@each_scored
@settings(max_examples=20)
@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_a_single_query_with_its_bias_finds_the_same(name, activation, lengths):
    states, mask = draw_states(lengths, 6)
    attention = build(name, activation)
    bias = draw_bias(attention, len(lengths), 6)
    context, _ = attend(attention, states, mask, bias=bias)
    rows, last = torch.arange(len(lengths)), torch.tensor(lengths) - 1
    single, _ = attend(
        attention,
        states,
        mask,
        query=states[rows, last][:, None],
        is_causal=False,
        bias=bias[rows, :, last][:, :, None],
    )
    torch.testing.assert_close(single[:, 0], context[rows, last], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "activation", "is_biased"),
    [(*option, False) for option in OPTIONS if option[0] != "multihead"]
    + [(*option, True) for option in SCORED if option[0] != "multihead"],
)
def test_the_context_is_the_weighted_sum_of_the_values(name, activation, is_biased):
    states, mask = draw_states([6, 3], 6)
    attention = build(name, activation)
    bias = draw_bias(attention, 2, 6) if is_biased else None
    context, _ = attend(attention, states, mask, bias=bias)
    _, weights = attend(attention, states, mask, bias=bias, need_weights=True)
    expected = weights[:, 0] @ states
    torch.testing.assert_close(context[mask], expected[mask], rtol=0, atol=1e-5)
