import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqrec.nn.attention import _blocks
from seqrec.nn.attention.hierarchical import HierarchicalAttention
from seqrec.nn.masks import lengths_to_mask
from tests.nn.attention.formulas import weights_of

DIM = 3
SESSIONS = torch.tensor([[2, 2, 2, 5, 6, 6, 6, 9], [0, 1, 1, 1, 0, 0, 0, 0]])
LENGTHS = [8, 4]


def build(activation="softmax"):
    torch.manual_seed(0)
    attention = HierarchicalAttention(DIM, None, activation).double()
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter)
    return attention


def draw(n_rows=2, n_steps=8):
    torch.manual_seed(1)
    query, key, value = torch.randn(3, n_rows, n_steps, DIM, dtype=torch.float64)
    bias = torch.randn(n_rows, 1, n_steps, n_steps, dtype=torch.float64)
    return query, key, value, bias


def expected_row(attention, key, value, sessions, bias, last):
    """Return the context and the weights (T,) of a query at step `last`."""
    parts = {name: p.detach().numpy() for name, p in attention.named_parameters()}
    w, b = parts["event_projection.weight"], parts["event_projection.bias"]
    w2, b2 = parts["session_projection.weight"], parts["session_projection.bias"]
    v, u = parts["event_vector"], parts["session_vector"]
    groups = []
    for i in range(last + 1):
        if i == 0 or sessions[i] != sessions[i - 1]:
            groups.append([])
        groups[-1].append(i)
    shares, summaries = [], []
    for events in groups:
        scores = [v @ np.tanh(w @ key[i] + b) + bias[i] for i in events]
        shares.append(weights_of(scores, attention.activation))
        pairs = zip(shares[-1], events, strict=True)
        summaries.append(sum(share * value[i] for share, i in pairs))
    scores = [u @ np.tanh(w2 @ summary + b2) for summary in summaries]
    session_weights = weights_of(scores, attention.activation)
    weights = np.zeros(len(key))
    for events, within, weight in zip(groups, shares, session_weights, strict=True):
        weights[events] = np.array(within) * weight
    return weights @ value, weights


@pytest.fixture(params=["whole", "in blocks"])
def _size(request, monkeypatch):
    if request.param == "in blocks":
        monkeypatch.setattr(_blocks, "_CPU_WHOLE_SIZE", 0)
        monkeypatch.setattr(_blocks, "_CPU_BLOCK_SIZE", 100)


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("activation", ["softmax", "gelu", "silu"])
@pytest.mark.parametrize("is_biased", [False, True])
def test_contexts_and_weights_are_those_of_the_formula(activation, is_biased):
    attention = build(activation)
    query, key, value, bias = draw()
    mask = lengths_to_mask(torch.tensor(LENGTHS), 8)
    options = {"sessions": SESSIONS, "bias": bias if is_biased else None}
    context, _ = attention(query, key, value, mask, **options)
    _, weights = attention(query, key, value, mask, need_weights=True, **options)
    for row, length in enumerate(LENGTHS):
        for t in range(length):
            expected, expected_weights = expected_row(
                attention,
                key[row].numpy(),
                value[row].numpy(),
                SESSIONS[row].tolist(),
                bias[row, 0, t].numpy() * is_biased,
                t,
            )
            np.testing.assert_allclose(context[row, t].detach(), expected, atol=1e-9)
            np.testing.assert_allclose(
                weights[row, 0, t].detach(), expected_weights, atol=1e-9
            )


@settings(max_examples=20)
@given(
    starts=st.lists(st.booleans(), min_size=1, max_size=7),
    more=st.integers(0, 2),
    is_biased=st.booleans(),
)
def test_a_single_query_is_one_from_the_last_real_event(starts, more, is_biased):
    attention = build()
    n_steps = len(starts) + more
    query, key, value, bias = draw(1, n_steps)
    mask = lengths_to_mask(torch.tensor([len(starts)]), n_steps)
    sessions = torch.tensor([starts + [False] * more]).cumsum(dim=1)
    context, weights = attention(
        query,
        key,
        value,
        mask,
        sessions=sessions,
        need_weights=True,
        bias=bias if is_biased else None,
    )
    last = len(starts) - 1
    single, single_weights = attention(
        query[:, :1],
        key,
        value,
        mask,
        is_causal=False,
        sessions=sessions,
        need_weights=True,
        bias=bias[:, :, last, None] if is_biased else None,
    )
    torch.testing.assert_close(single[:, 0], context[:, last])
    torch.testing.assert_close(single_weights[:, :, 0], weights[:, :, last])


def test_without_sessions_a_row_is_one():
    attention = build()
    query, key, value, _ = draw()
    mask = lengths_to_mask(torch.tensor(LENGTHS), 8)
    one = torch.full((2, 8), 3)
    context, _ = attention(query, key, value, mask)
    torch.testing.assert_close(
        context, attention(query, key, value, mask, sessions=one)[0]
    )
    split, _ = attention(query, key, value, mask, sessions=SESSIONS)
    assert not torch.allclose(context[mask], split[mask])


def test_numbers_of_sessions_may_start_anywhere_and_leave_gaps():
    attention = build()
    query, key, value, _ = draw()
    mask = lengths_to_mask(torch.tensor(LENGTHS), 8)
    context, _ = attention(query, key, value, mask, sessions=SESSIONS)
    other, _ = attention(query, key, value, mask, sessions=7 * SESSIONS + 2**40)
    torch.testing.assert_close(context[mask], other[mask])


def test_session_numbers_at_padding_do_not_matter():
    attention = build()
    query, key, value, bias = draw()
    mask = lengths_to_mask(torch.tensor(LENGTHS), 8)
    changed = SESSIONS.where(mask, torch.arange(8) * 100)
    for options in ({}, {"bias": bias}):
        context, _ = attention(query, key, value, mask, sessions=SESSIONS, **options)
        other, _ = attention(query, key, value, mask, sessions=changed, **options)
        torch.testing.assert_close(context[mask], other[mask])


def test_a_row_without_events_has_a_context_of_zero():
    attention = build()
    query, key, value, bias = draw()
    mask = lengths_to_mask(torch.tensor([8, 0]), 8)
    for options in ({}, {"bias": bias}, {"need_weights": True}):
        context, _ = attention(query, key, value, mask, sessions=SESSIONS, **options)
        assert (context[1] == 0).all()
        assert context.isfinite().all()


def test_scores_far_apart_are_weighed_within_their_session():
    """Softmax is taken session by session, not over the row and shared out."""
    attention = build()
    query, key, value, bias = draw(1)
    bias[...] = 0.0
    bias[..., :3] = -1e3  # all of the first session
    mask = torch.ones(1, 8, dtype=torch.bool)
    low, _ = attention(query, key, value, mask, sessions=SESSIONS[:1], bias=bias)
    expected, _ = attention(query, key, value, mask, sessions=SESSIONS[:1])
    torch.testing.assert_close(low, expected)


def test_autocast_changes_no_more_than_its_precision():
    attention = build().float()
    query, key, value, bias = (part.float() for part in draw())
    mask = lengths_to_mask(torch.tensor(LENGTHS), 8)
    for options in ({}, {"bias": bias}):
        exact, _ = attention(query, key, value, mask, sessions=SESSIONS, **options)
        with torch.autocast("cpu", torch.bfloat16):
            rough, _ = attention(query, key, value, mask, sessions=SESSIONS, **options)
        torch.testing.assert_close(rough, exact)
