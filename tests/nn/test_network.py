import functools
import itertools
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.attention.dot import DotAttention
from seqrec.nn.encoders import ENCODERS
from seqrec.nn.encoders.gru import GruEncoder
from seqrec.nn.heads import HEADS
from seqrec.nn.heads.linear import LinearHead
from seqrec.nn.losses import LOSSES
from seqrec.nn.network import SequenceNet
from tests.nn.strategies import histories, pad

N_ITEMS = 9
PARTS = list(itertools.product(ENCODERS, ATTENTIONS))
each_net = pytest.mark.parametrize(("encoder", "attention"), PARTS)


def build(encoder="lstm", attention="multihead", **options):
    """Return a small net; its weights are large, so that everything matters."""
    torch.manual_seed(0)
    options = {"embedding_dim": 6, "hidden_units": 4, **options}
    net = SequenceNet(N_ITEMS, encoder=encoder, attention=attention, **options)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.5 * torch.randn_like(parameter)
        net.item_embedding.weight[0] = 0.0
    return net


@functools.cache
def build_once(encoder, attention):
    return build(encoder, attention).eval()


def states_of(net, rows, n_steps=None):
    """Return the states after every event of every row, and those of encode."""
    codes, lengths = pad(rows, n_steps)
    states, _, _ = net(codes, torch.arange(codes.numel()))
    return states.unflatten(0, codes.shape), net.encode(codes, lengths)


@each_net
@settings(max_examples=15)
@given(rows=histories(N_ITEMS, min_length=1), more=st.integers(0, 3))
def test_neither_padding_nor_batch_mates_change_a_state(encoder, attention, rows, more):
    net = build_once(encoder, attention)
    states, last = states_of(net, rows, 6 + more)
    for i, row in enumerate(rows):
        alone, last_alone = states_of(net, [row])
        torch.testing.assert_close(states[i, : len(row)], alone[0], rtol=0, atol=1e-5)
        torch.testing.assert_close(last[i], last_alone[0], rtol=0, atol=1e-5)


@each_net
@settings(max_examples=15)
@given(rows=histories(N_ITEMS, min_length=1))
def test_encode_finds_the_last_of_the_states_that_a_loss_sees(encoder, attention, rows):
    states, last = states_of(build_once(encoder, attention), rows)
    for i, row in enumerate(rows):
        torch.testing.assert_close(states[i, len(row) - 1], last[i], rtol=0, atol=1e-5)


@each_net
@settings(max_examples=15)
@given(data=st.data())
def test_a_later_event_changes_no_earlier_state(encoder, attention, data):
    net = build_once(encoder, attention)
    (row,) = data.draw(histories(N_ITEMS, max_rows=1, min_length=2))
    step = data.draw(st.integers(1, len(row) - 1))
    changed = [*row]
    changed[step] = row[step] % N_ITEMS + 1
    (before, _), (after, _) = states_of(net, [row]), states_of(net, [changed])
    torch.testing.assert_close(after[:, :step], before[:, :step], rtol=0, atol=1e-6)
    assert not torch.allclose(after[:, step], before[:, step])


@each_net
def test_an_empty_history_has_the_same_state_in_any_batch(encoder, attention):
    net = build_once(encoder, attention)
    together = net.encode(*pad([[1, 2, 3], []], 5))
    alone = net.encode(*pad([[]]))
    torch.testing.assert_close(together[1], alone[0])
    assert alone.isfinite().all()


def test_before_the_first_event_only_biases_speak():
    net = build(attention="dot").eval()
    state = net.encode(*pad([[]]))[0]
    torch.testing.assert_close(state, net.projection.bias)


def test_a_history_without_steps_has_weights_without_steps():
    assert build().attention_weights(*pad([[], []])).shape == (2, 2, 0)


@each_net
@settings(max_examples=15)
@given(rows=histories(N_ITEMS))
def test_weights_of_the_last_event_sum_to_one_over_its_history(
    encoder, attention, rows
):
    net = build_once(encoder, attention)
    codes, lengths = pad(rows, 6)
    weights = net.attention_weights(codes, lengths)
    assert weights.shape == (len(rows), net.attention.n_heads, 6)
    for row, length in zip(weights, lengths.tolist(), strict=True):
        assert (row[:, length:] == 0).all()
        total = torch.full((len(row),), float(length > 0))
        torch.testing.assert_close(row.sum(-1), total)


@each_net
@pytest.mark.parametrize("head", HEADS)
def test_relabelling_items_relabels_scores(encoder, attention, head):
    net = build(encoder, attention, head=head).eval()
    codes, lengths = pad([[1, 2, 3, 2], [9, 4], []])
    scores = net.score(net.encode(codes, lengths))
    order = torch.cat([torch.zeros(1, dtype=torch.int64), 1 + torch.randperm(N_ITEMS)])
    with torch.no_grad():
        old = net.item_embedding.weight.clone()
        net.item_embedding.weight[order] = old  # item c is called order[c] now
        if head == "linear":
            net.head.weight[order[1:] - 1] = net.head.weight.clone()
        net.head.bias[order[1:] - 1] = net.head.bias.clone()
    relabelled = net.score(net.encode(order[codes], lengths))
    torch.testing.assert_close(relabelled[:, order[1:] - 1], scores)


@each_net
@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_of_training_is_finite_and_leaves_padding_zero(encoder, attention, loss):
    net = build(encoder, attention, n_layers=2)
    steps = torch.optim.AdamW(net.parameters(), lr=0.1)
    codes, _ = pad([[1, 2, 3, 2], [9, 4], []])
    positions, targets = torch.tensor([0, 1, 2, 4]), torch.tensor([2, 3, 2, 4])
    options = {}
    if LOSSES[loss].needs_negatives:
        options["negatives"] = torch.tensor([5, 2, 8])
    value = LOSSES[loss](*net(codes, positions), targets, **options)
    value.backward()
    steps.step()
    assert value.isfinite()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.isfinite().all(), name
    assert (net.item_embedding.weight[0] == 0).all()


@each_net
def test_a_pickled_copy_gives_the_same_scores(encoder, attention):
    net = build_once(encoder, attention)
    codes, lengths = pad([[1, 2], [3]])
    copy = pickle.loads(pickle.dumps(net))
    assert copy.head.weight.data_ptr() == copy.item_embedding.weight[1:].data_ptr()
    expected = net.score(net.encode(codes, lengths))
    assert torch.equal(copy.score(copy.encode(codes, lengths)), expected)


@pytest.mark.parametrize("activation", ["gelu", "silu"])
@pytest.mark.parametrize("attention", ["additive", "dot", "multihead"])
@settings(max_examples=15)
@given(rows=histories(N_ITEMS, min_length=1))
def test_pointwise_activations_reach_attention(activation, attention, rows):
    net = build(attention=attention, attention_activation=activation).eval()
    states, last = states_of(net, rows, 7)
    for i, row in enumerate(rows):
        torch.testing.assert_close(states[i, len(row) - 1], last[i], rtol=0, atol=1e-5)


def test_options_reach_the_parts():
    net = build(n_layers=3, n_heads=4, attention_activation="silu", dropout=0.3)
    assert net.encoder.layers.num_layers == 3
    assert net.encoder.layers.dropout == 0.3
    assert net.attention.n_heads == 4
    assert net.attention.activation == "silu"


def test_a_loss_sees_the_states_at_its_positions_alone():
    net = build().eval()
    codes, _ = pad([[1, 2, 3], [4]])
    everything, _, _ = net(codes, torch.arange(6))
    some, weight, bias = net(codes, torch.tensor([3, 1]))
    torch.testing.assert_close(some, everything[[3, 1]])
    assert torch.equal(weight, net.item_embedding.weight[1:])
    assert bias is net.head.bias


def test_without_residual_the_last_item_is_not_added():
    codes, lengths = pad([[1, 2, 3], [4]])
    with_item = build().eval()
    without = build(residual=False).eval()
    difference = with_item.encode(codes, lengths) - without.encode(codes, lengths)
    last = with_item.item_embedding(torch.tensor([3, 4]))
    torch.testing.assert_close(difference, last)


def test_candidates_get_the_scores_of_their_items():
    net = build().eval()
    states = net.encode(*pad([[1, 2, 3], [4]]))
    candidates = torch.tensor([[9, 1], [2, 2]])
    expected = net.score(states).gather(1, candidates - 1)
    torch.testing.assert_close(net.score(states, candidates), expected)


def test_dropout_acts_in_training_alone():
    codes, lengths = pad([[1, 2, 3]])
    for options in (
        {"embedding_dropout": 0.0, "dropout": 0.5},
        {"embedding_dropout": 0.5, "dropout": 0.0},
    ):
        net = build(**options)
        one, two = net.encode(codes, lengths), net.encode(codes, lengths)
        assert not torch.allclose(one, two)
    net.eval()
    assert torch.equal(net.encode(codes, lengths), net.encode(codes, lengths))


def test_embeddings_start_from_given_weights():
    weight = np.random.default_rng(0).normal(size=(N_ITEMS, 6))
    net = SequenceNet(N_ITEMS, embedding_dim=6, embedding_weight=weight)
    np.testing.assert_allclose(net.item_embedding.item_weight.detach(), weight, 1e-6)


def test_nothing_is_saved_twice():
    tensors = build().state_dict().values()
    assert len({tensor.data_ptr() for tensor in tensors}) == len(tensors)


def test_double_precision_runs_throughout():
    net = build().double()
    codes, lengths = pad([[1, 2, 3]])
    assert net.encode(codes, lengths).dtype == torch.float64
    assert net(codes, torch.tensor([0]))[0].dtype == torch.float64


def test_parts_can_be_classes():
    net = build(GruEncoder, DotAttention, head=LinearHead)
    assert isinstance(net.encoder, GruEncoder)
    assert isinstance(net.attention, DotAttention)
    assert isinstance(net.head, LinearHead)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"encoder": "lstn"}, ValueError, r"'encoder' .* Did you mean 'lstm'\?"),
        ({"attention": "mult"}, ValueError, r"Did you mean 'multihead'\?"),
        ({"head": "ties"}, ValueError, r"Did you mean 'tied'\?"),
        ({"head": 3}, TypeError, r"'head' .* or a torch.nn.Module class\. Got 3"),
        ({"encoder": dict}, TypeError, r"Got <class 'dict'> instead"),
        ({"embedding_dim": 0}, ValueError, r"'embedding_dim' .* Got 0"),
        ({"hidden_units": 5}, ValueError, r"must divide .* 5\. Got 2 instead"),
        ({"dropout": 2.0}, ValueError, r"'dropout' .* Got 2.0"),
        ({"n_heads": 2, "attention": "dot"}, ValueError, r"must be 1 or None"),
    ],
)
def test_wrong_options_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        SequenceNet(N_ITEMS, **options)


def test_training_learns_an_ordered_catalogue_and_not_a_shuffled_one():
    torch.manual_seed(0)
    starts = torch.randint(0, N_ITEMS, (64, 1))
    ordered = (starts + torch.arange(6)) % N_ITEMS + 1
    shuffled = torch.randint(1, N_ITEMS + 1, (64, 6))
    accuracies = []
    for rows in (ordered, shuffled):
        net = SequenceNet(N_ITEMS, embedding_dim=16, hidden_units=16)
        steps = torch.optim.Adam(net.parameters(), lr=0.02)
        codes, targets = rows[:48, :-1], rows[:48, 1:].flatten()
        for _ in range(60):
            steps.zero_grad()
            states, weight, bias = net(codes, torch.arange(targets.numel()))
            LOSSES["softmax"](states, weight, bias, targets).backward()
            steps.step()
        net.eval()
        scores = net.score(net.encode(rows[48:, :-1], torch.full((16,), 5)))
        accuracies.append((scores.argmax(1) + 1 == rows[48:, -1]).float().mean().item())
    assert accuracies[0] > 0.9
    assert accuracies[1] < 0.5


def test_the_loss_of_the_net_is_that_of_torch_over_its_scores():
    net = build().eval()
    codes, _ = pad([[1, 2, 3], [4]])
    positions, targets = torch.tensor([0, 1, 3]), torch.tensor([2, 3, 7])
    states, weight, bias = net(codes, positions)
    loss = LOSSES["softmax"](states, weight, bias, targets)
    expected = F.cross_entropy(net.score(states), targets - 1)
    torch.testing.assert_close(loss, expected)
