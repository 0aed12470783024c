import pytest
import torch

from seqrec.nn.attention.identity import IdentityAttention

STATES = torch.randn(2, 3, 4)
MASK = torch.tensor([[True, True, True], [True, True, False]])


def test_the_context_is_the_query():
    context, _ = IdentityAttention(4)(STATES, STATES, STATES, MASK)
    assert torch.equal(context, STATES)


def test_all_weight_is_on_the_query_s_own_event():
    _, weights = IdentityAttention(4)(STATES, STATES, STATES, MASK, need_weights=True)
    assert torch.equal(weights[0, 0], torch.eye(3))
    _, weights = IdentityAttention(4)(
        STATES[:, :1], STATES, STATES, MASK, is_causal=False, need_weights=True
    )
    assert weights.tolist() == [[[[0.0, 0.0, 1.0]]], [[[0.0, 1.0, 0.0]]]]


def test_a_bias_without_scores_is_refused():
    with pytest.raises(ValueError, match=r"no scores .* bias of shape \(1, 1, 3, 3\)"):
        IdentityAttention(4)(STATES, STATES, STATES, MASK, bias=torch.zeros(1, 1, 3, 3))


def test_an_activation_without_scores_is_refused():
    with pytest.raises(ValueError, match=r"among \{'softmax'\}\. Got 'gelu'"):
        IdentityAttention(4, None, "gelu")
