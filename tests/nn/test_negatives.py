import pickle

import numpy as np
import pytest
import torch

from seqrec.nn.negatives import NegativeSampler, draw_uniform

COUNTS = [0, 3, 15, 1, 40]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_uniform_codes_cover_the_catalogue_and_repeat_with_the_generator():
    codes = draw_uniform(5, 1_000, generator=seeded())
    again = draw_uniform(5, 1_000, generator=seeded())
    assert torch.equal(codes, again)
    counts = torch.bincount(codes, minlength=6)
    assert counts[0] == 0
    assert (counts[1:] > 150).all()
    assert len(counts) == 6


@pytest.mark.parametrize("counts", [None, COUNTS])
def test_a_power_of_zero_draws_as_draw_uniform_does(counts):
    sampler = NegativeSampler(5, counts=counts)
    codes, log_q = sampler.draw(100, generator=seeded())
    assert torch.equal(codes, draw_uniform(5, 100, generator=seeded()))
    assert log_q is None
    torch.manual_seed(3)
    codes, _ = sampler.draw(100)
    torch.manual_seed(3)
    assert torch.equal(codes, torch.randint(1, 6, (100,)))


@pytest.mark.parametrize("power", [0.3, 0.75, 1.0, 2.0])
def test_items_are_drawn_as_often_as_their_probability_says(power):
    n = 20_000
    sampler = NegativeSampler(5, power=power, counts=COUNTS)
    codes, log_q = sampler.draw(n, generator=seeded())
    shares = (np.array(COUNTS) + 1.0) ** power
    probabilities = shares / shares.sum()
    assert sampler.log_probabilities.exp().numpy() == pytest.approx(probabilities)
    seen = np.bincount(codes.numpy(), minlength=6)
    assert seen[0] == 0
    chi_square = ((seen[1:] - n * probabilities) ** 2 / (n * probabilities)).sum()
    assert chi_square < 18.5  # exceeded by chance once in 1,000 draws
    expected = np.log(probabilities)[codes.numpy() - 1]
    assert log_q.numpy() == pytest.approx(expected, rel=1e-6)
    assert log_q.dtype == torch.float32
    assert codes.dtype == torch.int64


def test_an_uneven_draw_repeats_with_the_seed_and_after_pickling():
    sampler = NegativeSampler(5, power=1.0, counts=COUNTS)
    copy = pickle.loads(pickle.dumps(sampler))
    first, second, other = (
        drawer.draw(50, generator=seeded(seed))[0]
        for drawer, seed in ((sampler, 1), (copy, 1), (sampler, 2))
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    torch.manual_seed(1)
    assert torch.equal(sampler.draw(50)[0], first)


def test_the_global_default_device_receives_the_codes():
    sampler = NegativeSampler(5, power=1.0, counts=COUNTS)
    with torch.device("meta"):
        codes, log_q = sampler.draw(3)
    assert codes.device.type == log_q.device.type == "meta"
    codes, log_q = sampler.draw(3, device=torch.device("meta"))
    assert codes.device.type == log_q.device.type == "meta"


def test_a_large_catalogue_is_drawn_to_its_last_item():
    n_items = 1_000_000
    counts = np.zeros(n_items)
    counts[[0, -1]] = n_items
    sampler = NegativeSampler(n_items, power=1.0, counts=counts)
    codes, log_q = sampler.draw(3_000, generator=seeded())
    assert codes.min() == 1
    assert codes.max() == n_items
    assert 900 < (codes == n_items).sum() < 1_100
    assert len(codes.unique()) > 900
    ends = log_q[codes == n_items]
    assert ends.exp().numpy() == pytest.approx(1 / 3, rel=1e-5)


def test_no_power_overflows():
    sampler = NegativeSampler(3, power=1e4, counts=[0, 5, 1e9])
    codes, log_q = sampler.draw(20)
    assert (codes == 3).all()
    assert (log_q == 0).all()
    assert sampler.log_probabilities.isfinite().all()


def test_a_single_item_is_always_drawn():
    codes, log_q = NegativeSampler(1, power=0.5, counts=[4]).draw(4)
    assert codes.tolist() == [1, 1, 1, 1]
    assert log_q.tolist() == [0.0] * 4


def test_the_counts_are_left_as_they_were():
    counts = np.array(COUNTS, dtype=np.float64)
    NegativeSampler(5, power=1.0, counts=counts).draw(5)
    assert counts.tolist() == COUNTS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"power": 1.0}, r"needs the 'counts' of the items\. Got None"),
        ({"power": 1.0, "counts": [1, 2]}, r"shape \(3,\)\. Got \(2,\) instead"),
        ({"power": 1.0, "counts": [1, -2, 0]}, r"Got -2.0 for item code 2, and 0 more"),
        ({"power": 1.0, "counts": [1, 2, np.nan]}, r"Got nan for item code 3"),
        ({"power": -1.0}, r"'power' .* Got -1.0 instead"),
    ],
)
def test_wrong_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        NegativeSampler(3, **options)


def test_repr_names_the_parameters():
    sampler = NegativeSampler(3, power=0.75, counts=[1, 2, 3])
    assert repr(sampler) == "NegativeSampler(3, power=0.75)"
