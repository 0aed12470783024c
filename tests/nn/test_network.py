import copy
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
from seqrec.nn.events import Events
from seqrec.nn.heads import HEADS, ItemHead
from seqrec.nn.heads.linear import LinearHead
from seqrec.nn.losses import LOSSES, sampled_softmax
from seqrec.nn.network import SequenceNet
from tests.nn.strategies import histories
from tests.nn.strategies import pad as pad_codes

N_ITEMS = 9
PARTS = list(itertools.product(ENCODERS, ATTENTIONS))
each_net = pytest.mark.parametrize(("encoder", "attention"), PARTS)


def pad(rows, n_steps=None):
    """Return events of rows of codes."""
    return Events.from_codes(pad_codes(rows, n_steps)[0])


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
    events = pad(rows, n_steps)
    states = net(events, torch.arange(events.codes.numel())).states
    return states.unflatten(0, events.codes.shape), net.encode(events)


@each_net
@settings(max_examples=15)
@given(rows=histories(N_ITEMS, min_length=1), more=st.integers(0, 3))
def test_neither_padding_nor_batch_mates_change_a_state(encoder, attention, rows, more):
    # In double precision, as the large weights of this net enlarge what rounding does.
    net = copy.deepcopy(build_once(encoder, attention)).double()
    states, last = states_of(net, rows, 6 + more)
    for i, row in enumerate(rows):
        alone, last_alone = states_of(net, [row])
        torch.testing.assert_close(states[i, : len(row)], alone[0], rtol=0, atol=1e-9)
        torch.testing.assert_close(last[i], last_alone[0], rtol=0, atol=1e-9)


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
    together = net.encode(pad([[1, 2, 3], []], 5))
    alone = net.encode(pad([[]]))
    torch.testing.assert_close(together[1], alone[0])
    assert alone.isfinite().all()


def test_before_the_first_event_only_biases_speak():
    net = build(attention="dot").eval()
    state = net.encode(pad([[]]))[0]
    torch.testing.assert_close(state, net.projection.bias)


def test_a_history_without_steps_has_weights_without_steps():
    assert build().attention_weights(pad([[], []])).shape == (2, 2, 0)


@each_net
@settings(max_examples=15)
@given(rows=histories(N_ITEMS))
def test_weights_of_the_last_event_sum_to_one_over_its_history(
    encoder, attention, rows
):
    net = build_once(encoder, attention)
    events = pad(rows, 6)
    weights = net.attention_weights(events)
    assert weights.shape == (len(rows), net.attention.n_heads, 6)
    for row, length in zip(weights, events.lengths.tolist(), strict=True):
        assert (row[:, length:] == 0).all()
        total = torch.full((len(row),), float(length > 0))
        torch.testing.assert_close(row.sum(-1), total)


@each_net
@pytest.mark.parametrize("head", HEADS)
def test_relabelling_items_relabels_scores(encoder, attention, head):
    net = build(encoder, attention, head=head).eval()
    events = pad([[1, 2, 3, 2], [9, 4], []])
    scores = net.score(net.encode(events))
    order = torch.cat([torch.zeros(1, dtype=torch.int64), 1 + torch.randperm(N_ITEMS)])
    with torch.no_grad():
        old = net.item_embedding.weight.clone()
        net.item_embedding.weight[order] = old  # item c is called order[c] now
        if head == "linear":
            net.head.weight[order[1:] - 1] = net.head.weight.clone()
        net.head.bias[order[1:] - 1] = net.head.bias.clone()
    relabelled = net.score(net.encode(Events.from_codes(order[events.codes])))
    torch.testing.assert_close(relabelled[:, order[1:] - 1], scores)


@each_net
@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_of_training_is_finite_and_leaves_padding_zero(encoder, attention, loss):
    net = build(encoder, attention, n_layers=1 if encoder == "mean" else 2)
    steps = torch.optim.AdamW(net.parameters(), lr=0.1)
    events = pad([[1, 2, 3, 2], [9, 4], []])
    positions, targets = torch.tensor([0, 1, 2, 4]), torch.tensor([2, 3, 2, 4])
    options = {}
    if LOSSES[loss].needs_negatives:
        options["negatives"] = torch.tensor([5, 2, 8])
    value = LOSSES[loss](*net(events, positions)[:3], targets, **options)
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
    events = pad([[1, 2], [3]])
    copy = pickle.loads(pickle.dumps(net))
    assert copy.head.weight.data_ptr() == copy.item_embedding.weight[1:].data_ptr()
    expected = net.score(net.encode(events))
    assert torch.equal(copy.score(copy.encode(events)), expected)


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
    events = pad([[1, 2, 3], [4]])
    everything = net(events, torch.arange(6)).states
    some, weight, bias, values = net(events, torch.tensor([3, 1]))
    assert values is None
    torch.testing.assert_close(some, everything[[3, 1]])
    assert torch.equal(weight, net.item_embedding.weight[1:])
    assert bias is net.head.bias


def test_without_residual_the_last_item_is_not_added():
    events = pad([[1, 2, 3], [4]])
    with_item = build().eval()
    without = build(residual=False).eval()
    difference = with_item.encode(events) - without.encode(events)
    last = with_item.item_embedding(torch.tensor([3, 4]))
    torch.testing.assert_close(difference, last)


def test_candidates_get_the_scores_of_their_items():
    net = build().eval()
    states = net.encode(pad([[1, 2, 3], [4]]))
    candidates = torch.tensor([[9, 1], [2, 2]])
    expected = net.score(states).gather(1, candidates - 1)
    torch.testing.assert_close(net.score(states, candidates), expected)


def test_dropout_acts_in_training_alone():
    events = pad([[1, 2, 3]])
    for options in (
        {"embedding_dropout": 0.0, "dropout": 0.5},
        {"embedding_dropout": 0.5, "dropout": 0.0},
    ):
        net = build(**options)
        one, two = net.encode(events), net.encode(events)
        assert not torch.allclose(one, two)
    net.eval()
    assert torch.equal(net.encode(events), net.encode(events))


def test_embeddings_start_from_given_weights():
    weight = np.random.default_rng(0).normal(size=(N_ITEMS, 6))
    net = SequenceNet(N_ITEMS, embedding_dim=6, embedding_weight=weight)
    np.testing.assert_allclose(net.item_embedding.item_weight.detach(), weight, 1e-6)


def test_nothing_is_saved_twice():
    tensors = build().state_dict().values()
    assert len({tensor.data_ptr() for tensor in tensors}) == len(tensors)


def test_double_precision_runs_throughout():
    net = build().double()
    events = pad([[1, 2, 3]])
    assert net.encode(events).dtype == torch.float64
    assert net(events, torch.tensor([0]))[0].dtype == torch.float64


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
        events = Events.from_codes(rows[:48, :-1])
        targets = rows[:48, 1:].flatten()
        for _ in range(60):
            steps.zero_grad()
            states, weight, bias, _ = net(events, torch.arange(targets.numel()))
            LOSSES["softmax"](states, weight, bias, targets).backward()
            steps.step()
        net.eval()
        scores = net.score(net.encode(Events.from_codes(rows[48:, :-1])))
        accuracies.append((scores.argmax(1) + 1 == rows[48:, -1]).float().mean().item())
    assert accuracies[0] > 0.9
    assert accuracies[1] < 0.5


def test_the_loss_of_the_net_is_that_of_torch_over_its_scores():
    net = build().eval()
    events = pad([[1, 2, 3], [4]])
    positions, targets = torch.tensor([0, 1, 3]), torch.tensor([2, 3, 7])
    states, weight, bias, _ = net(events, positions)
    loss = LOSSES["softmax"](states, weight, bias, targets)
    expected = F.cross_entropy(net.score(states), targets - 1)
    torch.testing.assert_close(loss, expected)


# ------------------------------------------------------------------ other ends
def rich_events(rows, n_steps=None):
    """Return events with every column; what it is depends on the code alone."""
    events = pad(rows, n_steps)
    codes = events.codes.double()
    return events._replace(
        numbers=torch.stack([codes / 9, codes.sin()], dim=2).float(),
        categories=(events.codes % 3)[..., None],
        times=(codes * 1000).cumsum(dim=1),
        sessions=torch.arange(codes.shape[1]).expand(codes.shape) // 2 + 1,
    )


def build_rich(encoder="lstm", attention="multihead", **options):
    rich = {"n_numbers": 2, "n_categories": (2,), "n_outputs": 3}
    return build(encoder, attention, **rich, **options)


@each_net
def test_rich_events_keep_padding_and_later_events_out(encoder, attention):
    is_aware = attention != "none"
    net = build_rich(encoder, attention, is_time_aware=is_aware).eval()
    whole = rich_events([[1, 5, 2, 7], [3, 9]], 6)
    positions = torch.tensor([0, 1, 6, 7])
    expected = net(whole, positions)
    shorter = net(rich_events([[1, 5], [3, 9]]), torch.arange(4))
    torch.testing.assert_close(shorter.states, expected.states, rtol=0, atol=1e-5)
    torch.testing.assert_close(shorter.values, expected.values, rtol=0, atol=1e-5)


@each_net
def test_the_last_state_is_that_of_encode_with_rich_events(encoder, attention):
    is_aware = attention != "none"
    net = build_rich(encoder, attention, is_time_aware=is_aware).eval()
    events = rich_events([[1, 5, 2, 7], [3, 9]])
    by_position = net(events, torch.tensor([3, 5]))
    by_row = net(events)
    for one, other in zip(by_position, by_row, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_a_net_without_items_has_outputs_alone():
    net = SequenceNet(n_numbers=2, head=None, n_outputs=3, embedding_dim=8)
    events = rich_events([[1, 5], []])._replace(codes=None)
    output = net(events)
    assert output.values.shape == (2, 3)
    assert output.weight is output.bias is None
    assert net.head is None
    with pytest.raises(ValueError, match="scores no items"):
        net.score(output.states)


def test_outputs_are_linear_in_the_state():
    net = build_rich().eval()
    output = net(rich_events([[1, 5]]))
    torch.testing.assert_close(output.values, net.output(output.states))


def test_a_temperature_scores_by_cosine():
    net = build(temperature=0.5).eval()
    events = pad([[1, 2], [3]])
    states = net.encode(events)
    expected = F.cosine_similarity(
        states[:, None], net.item_embedding.item_weight[None], dim=2
    )
    expected = expected / 0.5 + net.head.bias
    torch.testing.assert_close(net.score(states), expected)
    output = net(events)
    torch.testing.assert_close(output.states @ output.weight.T + output.bias, expected)


def test_heads_go_to_the_encoder_where_attention_has_no_choice():
    net = SequenceNet(
        N_ITEMS, encoder="transformer", attention="dot", n_heads=4, hidden_units=8
    )
    assert net.attention.n_heads == 1
    both = SequenceNet(N_ITEMS, encoder="transformer", n_heads=4, hidden_units=8)
    assert both.attention.n_heads == 4


class OwnEncoder(torch.nn.Module):
    """An encoder of the user's own, with an option and nothing else."""

    options = ("kernel_size",)

    def __init__(self, input_dim, hidden_units, n_layers, dropout, *, kernel_size):
        super().__init__()
        self.output_dim = hidden_units
        self.kernel_size = kernel_size
        self.linear = torch.nn.Linear(input_dim, hidden_units)

    def forward(self, x, mask):
        return self.linear(x).cumsum(dim=1)


def test_an_encoder_of_the_users_own_gets_the_options_it_names():
    net = SequenceNet(N_ITEMS, encoder=OwnEncoder, kernel_size=5)
    assert net.encoder.kernel_size == 5
    assert net(pad([[1, 2], [3]])).states.shape == (2, 64)


def test_no_attention_takes_no_bias():
    with pytest.raises(ValueError, match="no scores to add a bias to"):
        SequenceNet(N_ITEMS, attention="none", is_time_aware=True)


class LooksAhead(OwnEncoder):
    """An encoder that reads a row from its end."""

    def forward(self, x, mask):
        return self.linear(x).flip(1).cumsum(dim=1).flip(1)


class LooksAside(OwnEncoder):
    """An encoder that mixes the rows of a batch."""

    def forward(self, x, mask):
        return self.linear(x - x.mean(dim=0)).cumsum(dim=1)


def test_an_encoder_that_sees_what_it_must_not_is_refused():
    with pytest.raises(ValueError, match=r"LooksAhead, .* see later events"):
        SequenceNet(N_ITEMS, encoder=LooksAhead)
    with pytest.raises(ValueError, match=r"LooksAside, .* see other rows"):
        SequenceNet(N_ITEMS, encoder=LooksAside)
    SequenceNet(n_numbers=1, head=None, n_outputs=2, encoder=LooksAhead)


class Nameless(torch.nn.Module):
    """An encoder that does not say how wide its states are."""

    def __init__(self, input_dim, hidden_units, n_layers, dropout):
        super().__init__()


class Short(OwnEncoder):
    """An encoder that drops the last state."""

    def forward(self, x, mask):
        return super().forward(x, mask)[:, :-1]


def test_encoders_that_break_the_contract_are_told_so():
    with pytest.raises(TypeError, match="an attribute 'output_dim'"):
        SequenceNet(N_ITEMS, encoder=Nameless)
    with pytest.raises(ValueError, match=r"of shape \(2, 4, 64\): rows, steps and its"):
        SequenceNet(N_ITEMS, encoder=Short, kernel_size=1)
    net = SequenceNet(n_numbers=1, head=None, n_outputs=2, encoder=Short)
    numbers = Events(torch.ones(1, 2, dtype=torch.bool), numbers=torch.zeros(1, 2, 1))
    with pytest.raises(ValueError, match=r"of shape \(1, 2, 64\): rows, steps and its"):
        net(numbers)


class ItemHeadOfMyOwn(ItemHead):
    def __init__(self, item_embedding, *, has_bias=True, temperature=None):
        super().__init__(temperature=temperature)
        self.vectors = torch.nn.Linear(item_embedding.embedding_dim, 50)
        self.bias = self.vectors.bias

    @property
    def weight(self):
        return self.vectors.weight


@pytest.mark.parametrize("head", ["tied", "linear", ItemHeadOfMyOwn])
@pytest.mark.parametrize("temperature", [None, 0.2])
def test_some_items_alone_give_the_same_loss_and_gradients(head, temperature):
    torch.manual_seed(0)
    net = SequenceNet(
        50, embedding_dim=6, hidden_units=4, head=head, temperature=temperature,
        embedding_dropout=0.0, dropout=0.0,
    )  # fmt: skip
    codes = torch.tensor([[7, 3, 40], [40, 9, 0]])
    positions, targets = torch.tensor([0, 1, 3]), torch.tensor([3, 12, 9])
    negatives = torch.tensor([1, 12, 50, 1])
    rows = torch.tensor([0, 1, 3, 7, 9, 12, 40, 50])
    place = torch.zeros(51, dtype=torch.int64)
    place[rows] = torch.arange(len(rows))

    def gradients(codes, targets, negatives, rows):
        net.zero_grad()
        states, weight, bias, _ = net(Events.from_codes(codes), positions, rows)
        loss = sampled_softmax(
            states, weight, bias, targets, negatives=negatives, n_items=50
        )
        loss.backward()
        grads = {name: p.grad for name, p in net.named_parameters()}
        return loss.detach(), {n: g.to_dense() for n, g in grads.items()}

    whole, dense = gradients(codes, targets, negatives, None)
    some, sparse = gradients(place[codes], place[targets], place[negatives], rows)
    torch.testing.assert_close(some, whole)
    assert dense.keys() == sparse.keys()
    for name, grad in dense.items():
        torch.testing.assert_close(sparse[name], grad, rtol=1e-5, atol=1e-6)
