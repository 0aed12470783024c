import numpy as np
import pytest

from seqrec.data.synthetic import generate_events


def steps(user, item):
    """Return the (current, next) items of all pairs of neighbouring events."""
    same_user = user[1:] == user[:-1]
    return item[:-1][same_user], item[1:][same_user]


def transition_counts(current, following, n_items):
    counts = np.zeros((n_items, n_items), dtype=np.int64)
    np.add.at(counts, (current - 1, following - 1), 1)
    return counts


def test_every_user_has_events_in_increasing_time():
    user, item, time = generate_events(300, 20, random_state=0)
    assert user.dtype == item.dtype == time.dtype == np.int64
    np.testing.assert_array_equal(np.unique(user), np.arange(1, 301))
    assert (np.diff(user) >= 0).all()
    assert (np.diff(time)[np.diff(user) == 0] > 0).all()
    assert item.min() >= 1
    assert item.max() <= 20


def test_times_start_in_2024_and_pauses_last_ten_minutes_in_the_median():
    user, _, time = generate_events(2000, 5, random_state=0)
    first = time[np.append(True, user[1:] != user[:-1])]
    assert first.min() >= 1_704_067_200
    assert first.max() < 1_704_067_200 + 90 * 86_400
    pauses = np.diff(time)[np.diff(user) == 0]
    assert 550 < np.median(pauses) < 650
    assert 0.27 < (pauses > 1800).mean() < 0.31


def test_mean_length_is_the_one_asked_for():
    user, _, _ = generate_events(20_000, 5, n_events_per_user=7.5, random_state=0)
    lengths = np.bincount(user)[1:]
    assert lengths.mean() == pytest.approx(7.5, rel=0.03)
    assert lengths.min() == 1
    assert np.bincount(lengths).argmax() == 1


def test_one_event_a_user_is_possible():
    user, _, _ = generate_events(10, 5, n_events_per_user=1, random_state=0)
    np.testing.assert_array_equal(user, np.arange(1, 11))


def test_with_full_order_every_item_has_exactly_its_successors():
    user, item, _ = generate_events(3000, 12, order=1.0, n_successors=3, random_state=0)
    counts = transition_counts(*steps(user, item), 12)
    np.testing.assert_array_equal((counts > 0).sum(axis=1), 3)  # successors
    np.testing.assert_array_equal((counts > 0).sum(axis=0), 3)  # predecessors
    np.testing.assert_array_equal(counts.diagonal(), 0)
    shares = counts.max(axis=1) / counts.sum(axis=1)
    np.testing.assert_allclose(shares, 1 / 3, atol=0.06)


@pytest.mark.parametrize("order", [0.0, 0.3, 0.9])
def test_share_of_events_that_follow_a_successor_is_the_order(order):
    options = {"n_successors": 2, "random_state": 5}
    user, item, _ = generate_events(2000, 50, order=1.0, **options)
    is_successor = transition_counts(*steps(user, item), 50) > 0
    user, item, _ = generate_events(5000, 50, order=order, **options)
    current, following = steps(user, item)
    share = is_successor[current - 1, following - 1].mean()
    by_chance = is_successor[current - 1] @ (np.bincount(item, minlength=51)[1:])
    by_chance = (by_chance / len(item)).mean()
    assert share == pytest.approx(order + (1 - order) * by_chance, abs=0.02)


def test_popularity_without_order_is_zipf():
    _, item, _ = generate_events(20_000, 10, order=0.0, random_state=0)
    shares = np.sort(np.bincount(item, minlength=11)[1:])[::-1] / len(item)
    zipf = 1 / np.arange(1, 11)
    np.testing.assert_allclose(shares, zipf / zipf.sum(), rtol=0.05)


def test_popularity_does_not_follow_the_item_codes():
    _, item, _ = generate_events(5000, 200, order=0.0, random_state=0)
    counts = np.bincount(item, minlength=201)[1:]
    assert abs(np.corrcoef(counts, np.arange(200))[0, 1]) < 0.2


def test_without_repeats_nobody_meets_an_item_twice():
    user, item, _ = generate_events(
        500, 15, n_events_per_user=8, repeats=False, random_state=0
    )
    assert len(set(zip(user.tolist(), item.tolist(), strict=True))) == len(user)
    assert np.bincount(user).max() == 15


def test_without_repeats_order_still_decides_the_next_item():
    options = {"n_successors": 3, "repeats": False, "random_state": 1}
    user, item, _ = generate_events(2000, 100, order=1.0, **options)
    counts = transition_counts(*steps(user, item), 100)
    top_three = np.sort(counts, axis=1)[:, -3:].sum() / counts.sum()
    assert top_three > 0.9


def test_without_repeats_the_rarest_item_still_comes_when_it_is_the_last_one():
    # Two items: who begins with one goes on with the other, popular or not.
    user, item, _ = generate_events(
        500, 2, n_events_per_user=50, order=0.0, n_successors=1, repeats=False,
        random_state=0,
    )  # fmt: skip
    current, following = steps(user, item)
    np.testing.assert_array_equal(current + following, 3)


def test_users_in_several_blocks_do_not_differ_from_one_block(monkeypatch):
    monkeypatch.setattr("seqrec.data.synthetic._BLOCK_CELLS", 7 * 20)
    user, item, time = generate_events(100, 20, repeats=False, random_state=0)
    assert len(set(zip(user.tolist(), item.tolist(), strict=True))) == len(user)
    np.testing.assert_array_equal(np.unique(user), np.arange(1, 101))
    assert item.min() >= 1
    assert item.max() <= 20
    assert (np.diff(time)[np.diff(user) == 0] > 0).all()


def test_same_random_state_gives_the_same_events():
    first, second, other = (
        generate_events(40, 20, random_state=seed) for seed in (3, 3, 4)
    )
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(first[2], other[2])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_users": 0}, ValueError, r"'n_users' .* range \[1, inf\). Got 0"),
        ({"n_items": 1}, ValueError, r"'n_items' .* range \[2, inf\). Got 1"),
        ({"n_events_per_user": 0.5}, ValueError, r"'n_events_per_user' .* Got 0.5"),
        ({"order": 1.2}, ValueError, r"'order' .* range \[0.0, 1.0\]. Got 1.2"),
        ({"order": "high"}, TypeError, "'order' .* Got 'high'"),
        ({"n_successors": 5}, ValueError, r"'n_successors' .* \[1, 4\]. Got 5"),
        ({"repeats": "no"}, TypeError, "'repeats' .* must be a bool. Got 'no'"),
    ],
)
def test_wrong_parameters_are_named(options, error, message):
    options = {"n_users": 3, "n_items": 5, **options}
    with pytest.raises(error, match=message):
        generate_events(**options)
