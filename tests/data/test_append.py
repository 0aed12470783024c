import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seqrec.data.sequences import Sequences
from seqrec.data.vocabulary import Vocabulary
from seqrec.preprocessing import SequenceEncoder
from tests.strategies import event_logs

CATALOGUE = Vocabulary(["a", "b", "c"])


def make(lists, users, **options):
    return Sequences.from_lists(lists, items=CATALOGUE, users=users, **options)


def timed(lists, users, times):
    plain = make(lists, users)
    return Sequences(
        plain.codes,
        plain.starts,
        plain.stops,
        vocabulary=CATALOGUE,
        users=plain.users,
        times=np.array(times, dtype=float),
    )


@given(event_logs(min_events=2), st.sampled_from([1, 2]), st.data())
def test_appending_gives_what_encoding_the_whole_log_gives(columns, least, data):
    events = pd.DataFrame(columns).sort_values("timestamp", ignore_index=True)
    events["price"] = range(len(events))
    assume(events["item_id"].value_counts().max() >= least)
    encoder = SequenceEncoder(context=("price",), min_item_count=least)
    encoder.fit(events.assign(timestamp=events["price"]))  # no repeats to warn of
    known = events["item_id"].isin(encoder.items_.tolist())
    cut = data.draw(st.integers(1, len(events) - 1))
    assume(known[:cut].any() and known[cut:].any())
    old, new = encoder.transform(events[:cut]), encoder.transform(events[cut:])
    joined, whole = old.append(new), encoder.transform(events)
    joined = joined[np.argsort(joined.users, kind="stable")]
    assert joined.users.tolist() == whole.users.tolist()
    assert joined.to_lists() == whole.to_lists()
    assert joined.last_known.tolist() == whole.last_known.tolist()
    for channel in ("time", "price"):
        found, expected = (s.to_padded(channel=channel)[0] for s in (joined, whole))
        np.testing.assert_array_equal(found, expected)


def test_old_rows_come_first_in_their_order_then_new_users():
    old = make([["b"], ["a"]], ["v", "u"])
    new = make([["c"], ["b", "b"], ["a"]], ["z", "u", "w"])
    joined = old.append(new)
    assert joined.users.tolist() == ["v", "u", "z", "w"]
    assert joined.to_lists() == [["b"], ["a", "b", "b"], ["c"], ["a"]]
    assert old.to_lists() == [["b"], ["a"]]
    assert joined.vocabulary is CATALOGUE


def test_windows_and_not_all_flat_events_are_joined():
    old = make([["a", "b", "c"], ["c", "c"]], [1, 2]).last(1)
    new = make([["b", "a"], ["a", "b"]], [1, 3]).drop_last()
    joined = old.append(new)
    assert joined.to_lists() == [["c", "b"], ["c"], ["a"]]
    assert len(joined.codes) == 4


def test_appending_nothing_or_to_nothing_is_possible():
    some, none = make([["a"]], [1]), make([], np.empty(0, dtype=np.int64))
    assert some.append(none).to_lists() == none.append(some).to_lists() == [["a"]]


def test_items_outside_the_catalogue_are_dropped_and_remembered():
    old = make([["a"], ["b"], ["c"]], [1, 2, 3])
    new = Sequences.from_lists([["x"], ["x", "c"], []], users=[1, 2, 3])
    joined = old.append(new)
    assert joined.to_lists() == [["a"], ["b", "c"], ["c"]]
    assert joined.last_known.tolist() == [False, True, True]


def test_a_known_event_after_an_unknown_one_makes_the_last_one_known():
    old = make([["a", "x"]], [1])
    assert old.last_known.tolist() == [False]
    assert old.append(make([[]], [1])).last_known.tolist() == [False]
    assert old.append(make([["b"]], [1])).last_known.tolist() == [True]


def test_users_of_different_integer_types_are_the_same_users():
    old = make([["a"]], np.array([2**62 + 1], dtype=np.int64))
    new = make([["b"], ["c"]], np.array([2**62 + 1, 2**63], dtype=np.uint64))
    joined = old.append(new)
    assert joined.users.tolist() == [2**62 + 1, 2**63]
    assert joined.to_lists() == [["a", "b"], ["c"]]


def test_events_at_the_time_of_the_last_one_may_follow():
    joined = timed([["a", "b"]], [1], [5, 9]).append(timed([["c"]], [1], [9]))
    assert joined.to_lists() == [["a", "b", "c"]]
    assert joined.times.tolist() == [5.0, 9.0, 9.0]


def test_a_row_without_events_has_no_last_time():
    old = timed([["a"], []], ["u", "v"], [50])
    assert old.append(timed([["b"]], ["v"], [5])).to_lists() == [["a"], ["b"]]


def test_events_before_the_last_one_are_refused():
    old = timed([["a"], ["b"]], ["u", "v"], [5, 9])
    new = timed([["c"], ["c"], ["c"]], ["w", "v", "u"], [1, 8, 5])
    with pytest.raises(
        ValueError, match=r"earlier .* of 1 users, for example 'v'. Enc"
    ):
        old.append(new)


def test_several_rows_of_a_user_are_refused():
    one, two = make([["a"]], [1]), make([["a"], ["b"]], [1, 1])
    for old, new in ((one, two), (two, one)):
        with pytest.raises(ValueError, match="append needs one row a user"):
            old.append(new)


def test_integer_users_and_string_users_are_refused():
    with pytest.raises(TypeError, match=r"user ids on both sides .* int .*, str"):
        make([["a"]], [1]).append(make([["a"]], ["1"]))


def test_different_channels_are_refused():
    with pytest.raises(ValueError, match=r"same channels on both sides. Got Sequences"):
        make([["a"]], [1]).append(timed([["a"]], [1], [5]))


def test_sessions_are_not_continued():
    events = pd.DataFrame({"user_id": [1], "item_id": ["a"], "timestamp": [0]})
    encoded = SequenceEncoder(session_gap=10).fit_transform(events)
    with pytest.raises(ValueError, match="cannot go on numbering sessions"):
        encoded.append(encoded)
