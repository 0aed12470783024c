"""What every entry of ATTENTIONS keeps."""

import inspect
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqrec.nn.attention import ATTENTIONS
from tests.nn.attention.cases import DIM, attend, build, draw_states, each_option


@pytest.mark.parametrize("name", ATTENTIONS)
def test_one_signature(name):
    attention = ATTENTIONS[name]
    parameters = list(inspect.signature(attention).parameters)
    assert parameters == [
        *("dim", "n_heads", "activation", "dropout"),
        *attention.options,
    ]
    assert set(attention.options) <= {"is_scaled"}
    more = ", sessions=None" if attention.needs_sessions else ""
    assert str(inspect.signature(attention.forward)) == (
        "(self, query, key, value, mask, *, is_causal=True, need_weights=False, "
        f"bias=None{more})"
    )


@pytest.mark.parametrize("name", ATTENTIONS)
def test_heads_can_be_chosen_where_there_can_be_several(name):
    assert ATTENTIONS[name].has_heads == (name == "multihead")


@each_option
def test_context_and_weights_have_their_shapes(name, activation):
    states, mask = draw_states([3, 2], 5)
    attention = build(name, activation)
    context, weights = attend(attention, states, mask)
    assert context.shape == (2, 5, attention.output_dim)
    assert weights is None
    context, weights = attend(attention, states, mask, need_weights=True)
    assert weights.shape == (2, attention.n_heads, 5, 5)
    context, weights = attend(
        attention,
        states,
        mask,
        query=states[:, :1],
        is_causal=False,
        need_weights=True,
    )
    assert context.shape == (2, 1, attention.output_dim)
    assert weights.shape == (2, attention.n_heads, 1, 5)


@each_option
@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    more=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_neither_padding_nor_batch_mates_change_a_context(
    name, activation, lengths, more, seed
):
    states, mask = draw_states(lengths, 5 + more, seed)
    attention = build(name, activation)
    context, _ = attend(attention, states, mask)
    for row, length in enumerate(lengths):
        part = slice(row, row + 1), slice(0, length)
        alone, _ = attend(attention, states[part], mask[part])
        torch.testing.assert_close(context[part], alone, rtol=0, atol=1e-5)


@each_option
@settings(max_examples=20)
@given(step=st.integers(0, 4), seed=st.integers(0, 99))
def test_a_later_event_changes_no_earlier_context(name, activation, step, seed):
    states, mask = draw_states([5], 5, seed)
    before, _ = attend(build(name, activation), states, mask)
    changed = states.clone()
    changed[:, step] += 3.0
    after, _ = attend(build(name, activation), changed, mask)
    torch.testing.assert_close(after[:, :step], before[:, :step], rtol=0, atol=1e-6)
    assert not torch.allclose(after[:, step], before[:, step])


@each_option
@settings(max_examples=20)
@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_a_single_query_finds_what_the_last_of_all_queries_finds(
    name, activation, lengths
):
    states, mask = draw_states(lengths, 6)
    attention = build(name, activation)
    context, weights = attend(attention, states, mask, need_weights=True)
    rows, last = torch.arange(len(lengths)), torch.tensor(lengths) - 1
    query = states[rows, last][:, None]
    single, single_weights = attend(
        attention, states, mask, query=query, is_causal=False, need_weights=True
    )
    torch.testing.assert_close(single[:, 0], context[rows, last], rtol=0, atol=1e-5)
    torch.testing.assert_close(
        single_weights[:, :, 0], weights[rows, :, last], rtol=0, atol=1e-5
    )


@each_option
def test_asking_for_weights_changes_no_context(name, activation):
    states, mask = draw_states([6, 2], 6)
    attention = build(name, activation)
    fast, _ = attend(attention, states, mask)
    slow, _ = attend(attention, states, mask, need_weights=True)
    torch.testing.assert_close(fast[mask], slow[mask], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ATTENTIONS)
@settings(max_examples=20)
@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_softmax_weights_sum_to_one_over_the_real_events_so_far(name, lengths):
    states, mask = draw_states(lengths, 6)
    _, weights = attend(build(name), states, mask, need_weights=True)
    for row, length in enumerate(lengths):
        real = weights[row, :, :length]  # (H, queries, T)
        torch.testing.assert_close(real.sum(-1), torch.ones(real.shape[:2]))
        assert (real.triu(1) == 0).all()
        assert (real[..., length:] == 0).all()
        assert (real >= 0).all()


@each_option
@pytest.mark.parametrize("need_weights", [False, True])
def test_a_row_without_events_is_finite_and_so_are_its_gradients(
    name, activation, need_weights
):
    states, mask = draw_states([0, 2], 3)
    states.requires_grad_()
    attention = build(name, activation)
    context, _ = attend(attention, states, mask, need_weights=need_weights)
    query = states[:, :1]
    single, weights = attend(
        attention, states, mask, query=query, is_causal=False, need_weights=True
    )
    assert (weights[0] == 0).all()
    (gradient,) = torch.autograd.grad((context.sum() + single.sum()), states)
    assert context.isfinite().all()
    assert single.isfinite().all()
    assert gradient.isfinite().all()


@each_option
def test_dropout_acts_on_the_context_in_training(name, activation):
    torch.manual_seed(0)
    states, mask = draw_states([4], 4)
    attention = ATTENTIONS[name](DIM, None, activation, 0.5)
    one, _ = attend(attention, states, mask)
    two, _ = attend(attention, states, mask)
    assert not torch.allclose(one, two)
    attention.eval()
    one, _ = attend(attention, states, mask)
    two, _ = attend(attention, states, mask)
    assert torch.equal(one, two)


@each_option
def test_a_pickled_copy_attends_alike(name, activation):
    states, mask = draw_states([4], 4)
    attention = build(name, activation)
    loaded = pickle.loads(pickle.dumps(attention))
    expected, _ = attend(attention, states, mask)
    assert torch.equal(attend(loaded, states, mask)[0], expected)


@pytest.mark.parametrize("name", [name for name in ATTENTIONS if name != "none"])
@pytest.mark.parametrize("need_weights", [False, True])
def test_causal_attention_needs_a_query_for_each_event(name, need_weights):
    states, mask = draw_states([4], 4)
    with pytest.raises(ValueError, match="Got 2 queries and 4 events"):
        attend(
            build(name), states, mask, query=states[:, :2], need_weights=need_weights
        )


@pytest.mark.parametrize("name", [name for name in ATTENTIONS if name != "multihead"])
def test_several_heads_are_refused_where_there_is_one(name):
    assert ATTENTIONS[name](DIM, 1).n_heads == 1
    with pytest.raises(ValueError, match=r"'n_heads' .* must be 1 or None.* Got 2"):
        ATTENTIONS[name](DIM, 2)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_unknown_activations_are_refused(name):
    with pytest.raises(ValueError, match=r"'softmax'.*Did you mean 'softmax'\?"):
        ATTENTIONS[name](DIM, None, "softmx")
