import narwhals as nw
import numpy as np
import pytest

from seqrec.data.synthetic import generate_events
from seqrec.datasets import make_event_log
from seqrec.datasets._backends import FRAMES

K = 3


def columns(events):
    """Return user, item and time of a table as arrays."""
    events = nw.from_native(events)
    return [events[name].to_numpy() for name in ("user_id", "item_id", "timestamp")]


def in_user_order(events):
    user, item, time = columns(events)
    order = np.lexsort((time, user))
    return user[order], item[order]


def hit_rates(events, n_items):
    """Return the hit rate at K of first-order counts and of popularity.

    Both are learnt from the first half of the users and tested on the others.
    """
    user, item = in_user_order(events)
    same_user = user[1:] == user[:-1]
    current, following = item[:-1][same_user] - 1, item[1:][same_user] - 1
    is_train = user[1:][same_user] <= user.max() // 2
    counts = np.zeros((n_items, n_items))
    np.add.at(counts, (current[is_train], following[is_train]), 1)
    popular = counts.sum(axis=0)
    counts += popular / (popular.sum() + 1)  # pairs that never occurred
    by_count = np.argsort(-counts, axis=1)[:, :K]
    by_popularity = np.argsort(-popular)[:K]
    hits = (by_count[current[~is_train]] == following[~is_train, None]).any(axis=1)
    popular_hits = np.isin(following[~is_train], by_popularity)
    return hits.mean(), popular_hits.mean()


def test_first_order_counts_find_the_next_item_of_an_ordered_log():
    events = make_event_log(1000, 100, order=0.9, random_state=0)
    counted, popular = hit_rates(events, 100)
    assert counted > 0.88
    assert popular < 0.2


def test_first_order_counts_gain_nothing_without_order():
    events = make_event_log(1000, 100, order=0.0, random_state=0)
    counted, popular = hit_rates(events, 100)
    assert counted <= popular + 0.01
    assert popular > 0.3


def test_ordered_log_has_the_best_hit_rate_that_the_notes_give():
    events = make_event_log(4000, 30, order=0.6, n_successors=3, random_state=0)
    counted, _ = hit_rates(events, 30)
    # The three successors are ranked, and are hit by chance with their popularity.
    assert 0.6 < counted < 0.6 + 0.4 * 0.2


def test_events_are_in_time_order_with_users_interleaved():
    user, _, time = columns(make_event_log(random_state=0))
    assert (np.diff(time) >= 0).all()
    assert (np.diff(user) < 0).any()


def test_columns_are_int64_and_ids_are_in_range():
    events = nw.from_native(make_event_log(30, 10, random_state=0))
    assert dict(events.schema) == {
        "user_id": nw.Int64,
        "item_id": nw.Int64,
        "timestamp": nw.Int64,
    }
    user, item, _ = columns(events)
    np.testing.assert_array_equal(np.unique(user), np.arange(1, 31))
    assert item.min() >= 1
    assert item.max() <= 10


def test_log_is_that_of_generate_events_sorted_by_time():
    seed = np.random.RandomState(3).randint(np.iinfo(np.int32).max)
    user, item, time = generate_events(50, 20, repeats=False, random_state=seed)
    order = np.argsort(time, kind="stable")
    made = columns(make_event_log(50, 20, repeats=False, random_state=3))
    for left, right in zip(made, (user, item, time), strict=True):
        np.testing.assert_array_equal(left, right[order])


def test_same_random_state_gives_the_same_log():
    first = columns(make_event_log(50, 20, random_state=3))
    second = columns(make_event_log(50, 20, random_state=np.random.RandomState(3)))
    other = columns(make_event_log(50, 20, random_state=4))
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(first[2], other[2])


@pytest.mark.parametrize("frame", FRAMES)
def test_each_library_gives_the_same_log(frame):
    pytest.importorskip(frame)
    made = columns(make_event_log(20, 10, random_state=0, frame=frame))
    for left, right in zip(
        made, columns(make_event_log(20, 10, random_state=0)), strict=True
    ):
        np.testing.assert_array_equal(left, right)


def test_wrong_parameters_name_the_function_called():
    with pytest.raises(ValueError, match=r"'order' .* of make_event_log .* Got 2"):
        make_event_log(order=2)
