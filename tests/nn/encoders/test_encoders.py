"""What every entry of ENCODERS keeps."""

import copy
import functools
import inspect
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqrec.nn.encoders import ENCODERS
from seqrec.nn.masks import lengths_to_mask

DIM = 5
DEEP = [name for name in ENCODERS if name != "mean"]  # a mean has one layer


@functools.cache
def build(name, n_layers=1):
    torch.manual_seed(0)
    return ENCODERS[name](DIM, 4, n_layers, 0.0).eval()


def draw_inputs(lengths, n_steps, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(len(lengths), n_steps, DIM, generator=generator)
    return x, lengths_to_mask(torch.tensor(lengths), n_steps)


@pytest.mark.parametrize("name", ENCODERS)
def test_one_signature(name):
    parameters = list(inspect.signature(ENCODERS[name]).parameters)
    shared = ["input_dim", "hidden_units", "n_layers", "dropout"]
    assert parameters == [*shared, *ENCODERS[name].options]


@pytest.mark.parametrize("name", ENCODERS)
def test_states_have_the_width_that_output_dim_says(name):
    x, mask = draw_inputs([3, 1], 3)
    encoder = build(name)
    assert encoder(x, mask).shape == (2, 3, encoder.output_dim) == (2, 3, 4)


@pytest.mark.parametrize(
    ("name", "n_layers"),
    [(name, 1) for name in ENCODERS] + [(name, 2) for name in DEEP],
)
@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    more=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_neither_padding_nor_batch_mates_change_a_state(
    name, n_layers, lengths, more, seed
):
    x, mask = draw_inputs(lengths, 6 + more, seed)
    encoder = build(name, n_layers)
    states = encoder(x, mask)
    for row, length in enumerate(lengths):
        alone = encoder(x[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(states[row, :length], alone[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ENCODERS)
@settings(max_examples=20)
@given(step=st.integers(0, 4), seed=st.integers(0, 99))
def test_a_later_event_changes_no_earlier_state(name, step, seed):
    x, mask = draw_inputs([5], 5, seed)
    encoder = build(name)
    before = encoder(x, mask)
    x[:, step] += 10.0
    after = encoder(x, mask)
    torch.testing.assert_close(after[:, :step], before[:, :step], rtol=0, atol=1e-6)
    assert (after[:, step] - before[:, step]).abs().max() > 1e-3


@pytest.mark.parametrize("name", ENCODERS)
def test_what_stands_at_padded_steps_changes_no_real_state(name):
    x, mask = draw_inputs([2, 5], 5)
    wild = torch.where(mask[..., None], x, 1e4)
    states = build(name)(wild, mask)
    assert torch.equal(states[mask], build(name)(x, mask)[mask])
    assert states.isfinite().all()


@pytest.mark.parametrize("name", ENCODERS)
def test_a_row_of_one_event_has_the_first_state_of_a_longer_one(name):
    x, mask = draw_inputs([4, 4], 4)
    alone = build(name)(x[:, :1], mask[:, :1])
    assert alone.shape == (2, 1, 4)
    longer = build(name)(x, mask)
    torch.testing.assert_close(alone, longer[:, :1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ENCODERS)
def test_double_precision_is_kept(name):
    x, mask = draw_inputs([6, 2], 6)
    states = copy.deepcopy(build(name)).double()(x.double(), mask)
    assert states.dtype == torch.float64
    single = build(name)(x, mask)
    torch.testing.assert_close(states.float(), single, rtol=0, atol=1e-5)


def pickled(name):
    return pickle.loads(pickle.dumps(build(name)))


def deep_copied(name):
    return copy.deepcopy(build(name))


def loaded(name):
    encoder = ENCODERS[name](DIM, 4)  # other weights, until these are loaded
    encoder.load_state_dict(build(name).state_dict())
    return encoder.eval()


@pytest.mark.parametrize("duplicate", [pickled, deep_copied, loaded])
@pytest.mark.parametrize("name", ENCODERS)
def test_a_copy_gives_the_same_states_and_shares_no_weight(name, duplicate):
    x, mask = draw_inputs([3], 3)
    before = build(name)(x, mask)
    other = duplicate(name)
    assert torch.equal(other(x, mask), before)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter += 1.0
    assert torch.equal(build(name)(x, mask), before)


@pytest.mark.parametrize("name", DEEP)
def test_dropout_acts_between_layers_in_training(name):
    x, mask = draw_inputs([4], 4)
    torch.manual_seed(0)
    encoder = ENCODERS[name](DIM, 8, 2, 0.5)
    assert not torch.allclose(encoder(x, mask), encoder(x, mask))
    encoder.eval()
    assert torch.equal(encoder(x, mask), encoder(x, mask))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((0, 4), r"'input_dim' parameter of \w+Encoder .* Got 0"),
        ((4, 0), r"'hidden_units' parameter of \w+Encoder .* Got 0"),
        ((4, 4, 0), r"'n_layers' parameter of \w+Encoder .* Got 0"),
        ((4, 4, 1, 1.5), r"'dropout' parameter of \w+Encoder .* Got 1.5"),
    ],
)
@pytest.mark.parametrize("name", ENCODERS)
def test_sizes_out_of_range_are_refused(name, arguments, match):
    with pytest.raises(ValueError, match=match):
        ENCODERS[name](*arguments)


@pytest.mark.parametrize("name", ENCODERS)
def test_gradients_are_those_of_differences(name):
    torch.manual_seed(0)
    encoder = ENCODERS[name](3, 4).double()
    x = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    mask = lengths_to_mask(torch.tensor([4, 2]), 4)

    def states(x, *parameters):
        return encoder(x, mask)[mask]

    assert torch.autograd.gradcheck(states, (x, *encoder.parameters()))


@pytest.mark.parametrize("name", ENCODERS)
def test_rows_without_a_real_event_are_finite(name):
    x, _ = draw_inputs([3, 3], 3)
    states = build(name)(x, torch.zeros(2, 3, dtype=torch.bool))
    assert states.isfinite().all()


@pytest.mark.parametrize("name", ENCODERS)
def test_a_long_row_trains(name):
    torch.manual_seed(0)
    encoder = ENCODERS[name](64, 64)
    x = torch.randn(1, 2000, 64)
    encoder(x, torch.ones(1, 2000, dtype=torch.bool)).square().mean().backward()
    for parameter in encoder.parameters():
        assert parameter.grad.isfinite().all()
