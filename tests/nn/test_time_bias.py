import pickle

import pytest
import torch

from seqrec.nn import time_bias as module
from seqrec.nn.attention import DotAttention
from seqrec.nn.time_bias import TimeBias


def build(n_heads=2):
    torch.manual_seed(0)
    bias = TimeBias(n_heads)
    for parameter in bias.parameters():
        torch.nn.init.normal_(parameter)
    return bias


def elapsed_bucket(seconds):
    """Return the bucket of a time elapsed, as written into the weights."""
    bias = TimeBias(1)
    bias.elapsed_weight.data.copy_(torch.arange(32.0))
    times = torch.tensor([[0.0, seconds]], dtype=torch.float64)
    return bias(torch.tensor([[1]]), 2, times)[0, 0, 0, 0].item()


def distance_bucket(n_events):
    bias = TimeBias(1)
    bias.distance_weight.data.copy_(torch.arange(24.0))
    return bias(torch.tensor([[n_events]]), 1)[0, 0, 0, 0].item()


def test_training_starts_without_a_bias():
    times = torch.rand(2, 4, dtype=torch.float64)
    assert (TimeBias(3)(torch.arange(4)[None], 4, times) == 0).all()


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (0.0, 0),
        (0.99, 0),
        (1.0, 1),
        (1.99, 1),
        (2.0, 2),
        (3.9, 2),
        (4.0, 3),
        (3600.0, 12),  # 2048 to 4096
        (2.0**30 - 1, 30),
        (2.0**30, 31),
        (1e18, 31),
    ],
)
def test_buckets_of_time_double(seconds, bucket):
    assert elapsed_bucket(seconds) == bucket


@pytest.mark.parametrize("seconds", [float("nan"), -1.0, -1e12, float("-inf")], ids=str)
def test_no_time_is_taken_to_have_elapsed_where_it_is_unknown(seconds):
    assert elapsed_bucket(seconds) == 0


def test_infinite_time_is_the_last_bucket():
    assert elapsed_bucket(float("inf")) == 31


@pytest.mark.parametrize(
    ("n_events", "bucket"),
    [
        *((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 5), (7, 5), (8, 6)),
        *((11, 6), (12, 7), (16, 8), (3071, 22), (3072, 23), (10**6, 23)),
    ],
)
def test_buckets_of_distance_widen(n_events, bucket):
    assert distance_bucket(n_events) == bucket


def test_seconds_are_told_apart_in_times_of_today():
    bias = build(1)
    start = 1.7e9
    times = torch.tensor([[start, start + 1.0, start + 3.0]], dtype=torch.float64)
    found = bias(torch.tensor([[2]]), 3, times)[0, 0, 0].tolist()
    elapsed, distance = bias.elapsed_weight[0], bias.distance_weight[0]
    expected = elapsed[torch.tensor([2, 2, 0])] + distance[torch.tensor([2, 1, 0])]
    assert found == pytest.approx(expected.tolist())


@pytest.mark.parametrize("block_size", [1, 2**22])
def test_every_pair_gets_the_numbers_of_its_buckets(block_size, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_SIZE", block_size)
    bias = build()
    times = torch.tensor([[0, 1, 10, 500], [0, 7200, 7200, 9e6]], dtype=torch.float64)
    found = bias(torch.arange(4)[None], 4, times)
    assert found.shape == (2, 2, 4, 4)
    for row in range(2):
        for t in range(4):
            for i in range(t + 1):
                seconds = times[row, t].item() - times[row, i].item()
                expected = (
                    bias.elapsed_weight[:, int(elapsed_bucket(seconds))]
                    + bias.distance_weight[:, int(distance_bucket(t - i))]
                )
                torch.testing.assert_close(found[row, :, t, i], expected)
    assert found.isfinite().all()


def test_without_times_every_row_has_the_same_bias():
    bias = build()
    found = bias(torch.arange(5)[None], 5)
    assert found.shape == (1, 2, 5, 5)
    later = bias(torch.tensor([[4], [2]]), 5)
    assert later.shape == (2, 2, 1, 5)
    assert torch.equal(later[0, :, 0], found[0, :, 4])
    assert torch.equal(later[1, :, 0, :3], found[0, :, 2, :3])


def test_one_query_a_row_gets_what_it_got_among_all():
    bias = build()
    times = torch.rand(3, 6, dtype=torch.float64).mul(1e5).cumsum(dim=1)
    found = bias(torch.arange(6)[None], 6, times)
    last = torch.tensor([5, 0, 3])
    single = bias(last[:, None], 6, times)
    assert single.shape == (3, 2, 1, 6)
    for row, step in enumerate(last):
        seen = slice(0, step + 1)
        expected = found[row, :, step, seen]
        torch.testing.assert_close(single[row, :, 0, seen], expected)


def test_gradients_are_those_of_finite_differences():
    bias = build().double()
    times = torch.tensor([[0, 1, 10, 500], [0, 7200, 7200, 9e6]], dtype=torch.float64)

    def look_up(elapsed_weight, distance_weight):
        weights = {"elapsed_weight": elapsed_weight, "distance_weight": distance_weight}
        arguments = (torch.arange(4)[None], 4, times)
        found = torch.func.functional_call(bias, weights, arguments)
        return found * torch.arange(1.0, 1.0 + found.numel()).view_as(found)

    assert torch.autograd.gradcheck(look_up, tuple(bias.parameters()))


def test_attention_with_the_bias_learns_to_look_at_recent_events():
    torch.manual_seed(0)
    bias, attention = TimeBias(1), DotAttention(4)
    optimiser = torch.optim.Adam(bias.parameters(), lr=0.1)
    states = torch.randn(8, 6, 4)
    times = torch.tensor([[0, 1, 2, 1e6, 1e6 + 1, 1e6 + 2]], dtype=torch.float64)
    mask = torch.ones(8, 6, dtype=torch.bool)
    wanted = states[:, 3:].mean(dim=1)  # of the last session
    for _ in range(50):
        scores = bias(torch.tensor([[5]]), 6, times)
        context, _ = attention(
            states[:, 5:] * 0, states, states, mask, is_causal=False, bias=scores
        )
        loss = (context[:, 0] - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.01


def test_a_pickled_copy_gives_the_same():
    bias = build()
    loaded = pickle.loads(pickle.dumps(bias))
    steps = torch.arange(4)[None]
    assert torch.equal(loaded(steps, 4), bias(steps, 4))


def test_a_number_of_heads_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"'n_heads' .* TimeBias .* Got 0 instead"):
        TimeBias(0)
