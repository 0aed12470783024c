import numpy as np
import pytest

from seqrec import next_item_samples
from seqrec.data.sequences import Sequences
from seqrec.estimators._hold_out import (
    check_held_out,
    find_sessions,
    hold_out_sessions,
    hold_out_targets,
    rows_to_hold_out,
)

# Seven events of one history, three of another.
FLAT = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])


def windows(*bounds):
    starts, stops = np.array(bounds).T
    vocabulary = Sequences.from_lists([FLAT.tolist()]).vocabulary
    return Sequences(FLAT, starts, stops, vocabulary=vocabulary)


def held_out(sequences, targets=None, fraction=1.0, seed=0, n_each=1):
    rng = np.random.RandomState(seed)
    return hold_out_targets(sequences, targets, fraction, rng, n_each)[:4]


def test_rows_of_their_own_can_all_be_held_out_if_long_enough():
    rows = windows((0, 3), (3, 5), (5, 5), (5, 6), (7, 10))
    assert rows_to_hold_out(rows, None).tolist() == [0, 4]
    targets = np.array([1, 2, 3, 4, 5])
    assert rows_to_hold_out(rows, targets).tolist() == [0, 1, 3, 4]


def test_of_windows_of_one_history_the_last_can_be_held_out():
    rows = windows((0, 4), (2, 7), (3, 7), (1, 5), (7, 10))
    assert rows_to_hold_out(rows, None).tolist() == [1, 4]
    short = windows((0, 4), (3, 5))
    assert rows_to_hold_out(short, None).tolist() == []
    assert rows_to_hold_out(short, np.array([5, 6])).tolist() == [1]


@pytest.mark.parametrize("copy", [(2, 7), (3, 7), (6, 7)])
def test_no_window_keeps_an_event_that_was_held_out(copy):
    rows = windows((0, 4), (2, 7), copy, (7, 10))
    learned, targets, histories, codes = held_out(rows)
    assert targets is None
    assert codes.tolist() == [7, 10]
    assert histories.to_lists() == [[3, 4, 5, 6], [8, 9]]
    kept = learned.to_lists()
    assert kept[:2] == [[1, 2, 3, 4], [3, 4, 5, 6]]
    assert kept[2] == FLAT[copy[0] : 6].tolist()
    assert not {7, 10} & {item for row in kept for item in row}


def test_a_long_history_can_lose_several_targets():
    rows = Sequences.from_lists([list("abcdefghijklmno"), list("pqrst"), list("uv")])
    learned, _, histories, codes = held_out(rows, n_each=2)
    assert ["".join(row) for row in learned.to_lists()] == [
        "abcdefghijklm",
        "pqrs",
        "uv",
    ]
    held = ["".join(row) for row in histories.to_lists()]
    assert held == ["abcdefghijklm", "abcdefghijklmn", "pqrs"]
    assert rows.vocabulary.decode(codes).tolist() == ["n", "o", "t"]
    assert held_out(rows, n_each=5)[0].lengths.tolist() == [12, 4, 2]  # a fifth


def test_windows_that_share_events_lose_one_target_alone():
    learned, _, _, codes = held_out(windows((0, 6), (1, 10)), n_each=3)
    assert codes.tolist() == [10]
    assert learned.lengths.tolist() == [6, 8]


def timed(rows, times):
    """Return histories of letters whose events are at the times given."""
    flat = Sequences.from_lists([list(row) for row in rows])
    return Sequences(
        flat.codes,
        flat.starts,
        flat.stops,
        vocabulary=flat.vocabulary,
        times=np.concatenate(times).astype(np.float64),
    )


def letters(n_rows, length=3):
    return ["abcdefg"[:length]] * n_rows


def test_short_histories_of_a_long_log_are_sessions():
    starts = 1000 * np.arange(10)
    short = [start + np.arange(3) for start in starts]
    assert find_sessions(timed(letters(10), short)).tolist() == list(range(10))
    one_long = [[0, 1, 9002], *short[:9]]
    assert find_sessions(timed(letters(10), one_long)).tolist() == list(range(1, 10))
    two_long = [*one_long[:9], [0, 1, 9002]]
    assert len(find_sessions(timed(letters(10), two_long))) == 0
    singles = timed(letters(10, 1), [[start] for start in starts])
    assert len(find_sessions(singles)) == 0  # nothing that could be held out


def test_a_time_that_is_wrong_makes_no_sessions():
    days = [np.array([0, 5, 9]) + 80 * n / 299 for n in range(299)]
    assert len(find_sessions(timed(letters(300), [*days, [-9e5, -9e5, -9e5]]))) == 0


def test_places_in_histories_and_windows_are_no_sessions():
    places = timed(letters(10), [np.arange(3)] * 10)
    assert len(find_sessions(places)) == 0
    assert len(find_sessions(Sequences.from_lists([["a", "b"]] * 10))) == 0
    sessions = timed(letters(10), [1000 * n + np.arange(3) for n in range(10)])
    assert len(find_sessions(sessions[np.repeat(np.arange(10), 2)])) == 0
    assert len(find_sessions(sessions[np.arange(9, -1, -1)])) == 10


def test_the_sessions_that_end_last_are_held_out_whole():
    times = [[0, 1, 2], [900, 901, 902, 909], [500, 501, 502], [999], [905, 906]]
    rows = timed(["abc", "defg", "hij", "k", "lm"], times)
    learned, targets, histories, codes, is_whole = hold_out_sessions(rows, 0.25)
    assert is_whole
    assert targets is None
    assert ["".join(row) for row in learned.to_lists()] == ["abc", "hij", "k", "lm"]
    assert ["".join(row) for row in histories.to_lists()] == ["d", "de", "def"]
    assert rows.vocabulary.decode(codes).tolist() == ["e", "f", "g"]
    _, _, histories, codes, _ = hold_out_sessions(rows, 0.5)
    assert histories.lengths.tolist() == [1, 2, 3, 1]
    assert rows.vocabulary.decode(codes).tolist() == ["e", "f", "g", "m"]
    learned, _, histories, _, _ = hold_out_sessions(rows, 0.1)  # none
    assert (len(learned), len(histories)) == (5, 0)


def test_empty_rows_stay_empty():
    learned, *_ = held_out(windows((0, 7), (7, 7), (7, 10)))
    assert learned.lengths.tolist() == [6, 0, 2]


def test_samples_of_one_history_lose_the_last_target_alone():
    histories = Sequences.from_lists([list("abcd"), list("efg")])
    X, y, _ = next_item_samples(histories)
    targets = X.vocabulary.encode(y)
    learned, learned_targets, kept, codes = held_out(X, targets)
    assert kept.to_lists() == [["a", "b", "c"], ["e", "f"]]
    assert X.vocabulary.decode(codes).tolist() == ["d", "g"]
    pairs = zip(learned.to_lists(), X.vocabulary.decode(learned_targets), strict=True)
    found = sorted(("".join(row), item) for row, item in pairs)
    assert found == [("a", "b"), ("ab", "c"), ("e", "f")]


def test_a_share_of_the_rows_is_drawn():
    rows = Sequences.from_lists([["a", "b", "c"]] * 50)
    first, second, other = (
        held_out(rows, fraction=0.2, seed=seed)[0].lengths for seed in (0, 0, 1)
    )
    assert (first == 2).sum() == 10
    assert (first == second).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("bounds", "targets", "fraction", "seen"),
    [
        ([(0, 2), (2, 4)], None, 0.5, "50% of the 0 histories with 3 events"),
        ([(0, 7), (7, 10)], None, 0.1, "10% of the 2 histories .* which is 0"),
        ([(0, 7), (7, 10)], None, 1.0, "which is 2"),
        # With targets of their own, one history has to be left whole.
        ([(0, 2), (0, 3)], np.array([3, 4]), 1.0, "100% of the 1 histories with 1"),
    ],
)
def test_a_share_that_is_none_or_all_is_an_error(bounds, targets, fraction, seen):
    with pytest.raises(ValueError, match=f"this=1 .* {seen}.*, or set that=0"):
        check_held_out(windows(*bounds), targets, fraction, "this=1", "that=0")
