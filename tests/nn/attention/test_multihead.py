import pytest
import torch

from seqrec.nn.attention.multihead import MultiheadAttention
from seqrec.nn.masks import causal_mask


def build_pair(n_heads):
    """Return our attention and torch's with the same weights."""
    torch.manual_seed(0)
    ours = MultiheadAttention(8, n_heads).eval()
    theirs = torch.nn.MultiheadAttention(8, n_heads, batch_first=True).eval()
    for parameter in ours.parameters():
        torch.nn.init.normal_(parameter)
    theirs.in_proj_weight.data.copy_(ours.in_projection.weight)
    theirs.in_proj_bias.data.copy_(ours.in_projection.bias)
    theirs.out_proj.load_state_dict(ours.out_projection.state_dict())
    return ours, theirs


@pytest.mark.parametrize("n_heads", [1, 2, 4])
@pytest.mark.parametrize("need_weights", [False, True])
def test_self_attention_is_that_of_torch(n_heads, need_weights):
    ours, theirs = build_pair(n_heads)
    x = torch.randn(3, 6, 8)
    mask = torch.ones(3, 6, dtype=torch.bool)
    context, weights = ours(x, x, x, mask, need_weights=need_weights)
    expected, expected_weights = theirs(
        x, x, x, attn_mask=~causal_mask(6), average_attn_weights=False
    )
    torch.testing.assert_close(context, expected, rtol=0, atol=1e-5)
    if need_weights:
        torch.testing.assert_close(weights, expected_weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_queries", [1, 3])
def test_attention_to_other_states_is_that_of_torch(n_queries):
    ours, theirs = build_pair(2)
    query, key, value = torch.randn(2, n_queries, 8), *torch.randn(2, 2, 6, 8)
    mask = torch.arange(6) < torch.tensor([[6], [4]])
    context, weights = ours(query, key, value, mask, is_causal=False, need_weights=True)
    expected, expected_weights = theirs(
        query, key, value, key_padding_mask=~mask, average_attn_weights=False
    )
    torch.testing.assert_close(context, expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(weights, expected_weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_heads", [1, 2, 4])
@pytest.mark.parametrize("need_weights", [False, True])
def test_a_bias_on_ragged_rows_is_a_float_mask_of_torch(n_heads, need_weights):
    ours, theirs = build_pair(n_heads)
    x = torch.randn(3, 6, 8)
    mask = torch.arange(6) < torch.tensor([[6], [4], [1]])
    bias = torch.randn(3, n_heads, 6, 6)
    context, weights = ours(x, x, x, mask, bias=bias, need_weights=need_weights)
    visible = causal_mask(6) & mask[:, None, None, :]
    expected, expected_weights = theirs(
        x,
        x,
        x,
        attn_mask=bias.masked_fill(~visible, float("-inf")).flatten(0, 1),
        average_attn_weights=False,
    )
    torch.testing.assert_close(context[mask], expected[mask], rtol=0, atol=1e-5)
    if need_weights:
        torch.testing.assert_close(weights, expected_weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_queries", [1, 3])
def test_a_bias_on_other_states_is_a_float_mask_of_torch(n_queries):
    ours, theirs = build_pair(2)
    query, key, value = torch.randn(2, n_queries, 8), *torch.randn(2, 2, 6, 8)
    mask = torch.arange(6) < torch.tensor([[6], [4]])
    bias = torch.randn(2, 2, n_queries, 6)
    context, weights = ours(
        query, key, value, mask, is_causal=False, need_weights=True, bias=bias
    )
    hidden = ~mask[:, None, None, :]
    expected, expected_weights = theirs(
        query,
        key,
        value,
        attn_mask=bias.masked_fill(hidden, float("-inf")).flatten(0, 1),
        average_attn_weights=False,
    )
    torch.testing.assert_close(context, expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(weights, expected_weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize("activation", ["softmax", "gelu"])
def test_without_the_scale_scores_are_larger_by_the_root_of_a_head_s_width(activation):
    torch.manual_seed(0)
    scaled = MultiheadAttention(8, 2, activation)
    plain = MultiheadAttention(8, 2, activation, is_scaled=False)
    torch.nn.init.normal_(scaled.in_projection.bias)
    plain.load_state_dict(scaled.state_dict())
    plain.in_projection.weight.data[:8] /= 2.0  # the queries' part: heads are 4 wide
    plain.in_projection.bias.data[:8] /= 2.0
    x = torch.randn(2, 5, 8)
    mask = torch.ones(2, 5, dtype=torch.bool)
    for query, options in [
        (x, {}),
        (x, {"need_weights": True}),
        (x[:, :1], {"is_causal": False}),
    ]:
        expected, _ = scaled(query, x, x, mask, **options)
        torch.testing.assert_close(plain(query, x, x, mask, **options)[0], expected)


def test_gradients_are_those_of_torch():
    ours, theirs = (attention.double() for attention in build_pair(2))
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    mask = torch.ones(2, 5, dtype=torch.bool)
    ours(x, x, x, mask)[0].square().sum().backward()
    expected, _ = theirs(x, x, x, attn_mask=~causal_mask(5))
    expected.square().sum().backward()
    pairs = zip(ours.parameters(), theirs.parameters(), strict=True)
    for parameter, other in pairs:
        torch.testing.assert_close(parameter.grad, other.grad)


def test_there_are_two_heads_unless_said_otherwise():
    assert MultiheadAttention(6).n_heads == 2


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match=r"must divide the width .* 8\. Got 3 instead"):
        MultiheadAttention(8, 3)
