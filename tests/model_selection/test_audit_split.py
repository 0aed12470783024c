"""audit_split, against splits small enough to count by hand."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

from seqrec.data.sequences import Sequences
from seqrec.data.windows import NextItemSamples, next_item_samples
from seqrec.model_selection import (
    LeaveLastOut,
    NewUserSplit,
    RollingWindow,
    TemporalSplit,
    audit_split,
)
from seqrec.preprocessing import SequenceEncoder
from tests.histories import as_columns, ordered_histories
from tests.strategies import event_logs
from tests.tables import KINDS

# timestamp   10  20  30  40  50
# user a       0           3   4
# user b           1   2
EVENTS = {
    "user_id": ["a", "b", "b", "a", "a"],
    "item_id": ["x", "y", "x", "z", "y"],
    "timestamp": [10, 20, 30, 40, 50],
}
# 60 users, who come one after the other: 6 events each, each at a time of its own
LOG = pd.DataFrame(as_columns(ordered_histories()))
LOG["timestamp"] = 7 * LOG["user_id"] + 60 * LOG.groupby("user_id").cumcount()


def audit(train, test, **columns):
    return audit_split(pd.DataFrame({**EVENTS, **columns}), train, test)


def audits(splitter, X, y=None, events=None):
    events = X if events is None else events
    return [audit_split(events, *parts) for parts in splitter.split(X, y)]


# ---------------------------------------------------------------------- counts
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_leave_last_out_by_hand(make):
    # train 0 3, 1; test 0 3 [4], 1 [2]
    found = audit_split(make(EVENTS), [0, 3, 1], [0, 3, 4, 1, 2])
    assert (found.unit, found.n_train, found.n_targets) == ("events", 3, 2)
    assert (found.n_future, found.n_later) == (1, 1)  # 3 is later than target 2
    assert found.longest_lead == 10
    assert (found.n_in_train, found.n_copies, found.n_own_later) == (0, 0, 0)
    assert (found.n_same_time, found.n_tied) == (0, 0)
    assert (found.n_holes, found.n_alone) == (0, 0)
    assert (found.n_unseen_items, found.n_unseen_users) == (0, 0)
    assert found.n_repeats == 0
    assert found.verdict == "caution"
    assert found.findings == (
        "1 of 2 targets (50 %) are earlier than events in train, by up to 10 seconds: "
        "a running model would not know these. Use TemporalSplit for a claim about "
        "production.",
    )


def test_a_temporal_split_by_hand_is_sound():
    found = audit([0, 1, 2], [0, 3])
    assert found.verdict == "sound"
    assert found.is_sound
    assert found.findings == ()
    assert (found.n_later, found.longest_lead) == (0, 0.0)
    assert found.n_unseen_items == 1  # z


def test_a_target_in_train_is_a_leak():
    found = audit([0, 1, 3], [0, 3])
    assert (found.n_in_train, found.n_copies, found.n_own_later) == (1, 0, 0)
    assert found.verdict == "leak"
    assert not found.is_sound
    assert found.findings[0] == (
        "1 of 1 targets (100 %) are in train themselves: take them out."
    )


def test_a_copy_of_a_target_in_train_is_a_leak():
    same = {"timestamp": [10, 20, 30, 50, 50], "item_id": ["x", "y", "x", "y", "y"]}
    found = audit([0, 3], [0, 3, 4], **same)
    assert (found.n_in_train, found.n_copies) == (0, 1)
    assert "have a copy in train, of the same user, item and time" in found.findings[0]
    assert found.verdict == "leak"
    for column in ({"timestamp": [10, 20, 30, 49, 50]}, {"item_id": list("xyxxy")}):
        assert audit([0, 3], [0, 3, 4], **{**same, **column}).n_copies == 0


def test_a_later_event_of_the_same_user_is_a_leak():
    found = audit([0, 4, 1, 2], [0, 3])
    assert (found.n_own_later, found.n_future, found.longest_lead) == (1, 1, 10)
    assert found.verdict == "leak"
    assert found.findings[0].startswith("1 events of train are later than a target of")


def test_a_later_event_of_another_user_is_none():
    found = audit([0, 3, 1], [1, 2])
    assert (found.n_own_later, found.n_future) == (0, 1)
    assert found.verdict == "caution"


def test_targets_at_the_time_of_the_latest_training_event_are_counted():
    found = audit([0, 1, 2], [0, 3], timestamp=[10, 20, 40, 40, 50])
    assert (found.n_same_time, found.n_future) == (1, 0)
    assert found.findings[0].startswith("1 of 1 targets (100 %) are at the very time")


def test_targets_whose_place_the_rows_decide_are_counted():
    found = audit([1], [0, 3, 4], timestamp=[10, 20, 30, 50, 50])
    assert found.n_tied == 1
    assert "the order of the rows decides which is the target" in found.findings[0]
    assert audit([1], [0, 3, 4]).n_tied == 0


def test_the_order_of_equal_times_is_that_of_the_test_part():
    ties = {"timestamp": [10, 5, 6, 50, 50], "item_id": ["x", "x", "x", "x", "y"]}
    assert audit([1], [0, 3, 4], **ties).n_unseen_items == 1  # 4 is the target
    assert audit([1], [0, 4, 3], **ties).n_unseen_items == 0


@pytest.mark.parametrize(("n_users", "is_sound"), [(100, False), (101, True)])
def test_ties_of_less_than_one_percent_are_no_finding(n_users, is_sound):
    # Each user has an event at 1 and one at 2; user 0 has both at 2.
    time = np.tile([1, 2], n_users)
    time[0] = 2
    columns = {"user_id": np.repeat(np.arange(n_users), 2), "item_id": 1}
    events = pd.DataFrame({**columns, "timestamp": time})
    found = audit_split(events, np.arange(2, 2 * n_users, 2), np.arange(2 * n_users))
    assert (found.n_targets, found.n_tied) == (n_users, 1)
    assert found.is_sound == is_sound


def test_events_that_are_missing_from_histories_are_counted():
    found = audit([1], [0, 4])  # 3 stands between them
    assert (found.n_holes, found.verdict) == (1, "caution")
    assert found.findings[0].startswith("1 events are missing from the histories of")
    assert audit([1], [3, 4]).n_holes == 0  # cut short, not torn


def test_users_without_a_target_are_counted():
    found = audit([1], [0, 3, 2])
    assert (found.n_targets, found.n_alone) == (1, 1)
    assert found.findings[0].startswith("1 users of the test part have one event")


def test_unseen_items_and_users_and_repeats_are_counted():
    found = audit([1, 2], [0, 3, 4], item_id=["x", "y", "y", "x", "x"])
    assert (found.n_unseen_items, found.n_unseen_users, found.n_repeats) == (1, 1, 1)
    assert found.verdict == "sound"  # what the targets are like is no fault
    found = audit([0, 1, 2], [0, 3], item_id=["x", "y", "x", "x", "x"])
    assert (found.n_unseen_items, found.n_unseen_users, found.n_repeats) == (0, 0, 1)


def test_without_times_order_alone_is_judged():
    events = pd.DataFrame({**EVENTS, "position": [0, 0, 1, 1, 2]})
    events = events.drop(columns="timestamp")
    found = audit_split(events, [0, 4, 1], [0, 3])
    assert (found.n_own_later, found.n_copies) == (1, 0)
    unknown = (found.n_future, found.n_later, found.longest_lead, found.n_same_time)
    assert unknown == (None,) * 4
    assert found.n_tied is None
    found = audit_split(events, [0, 3, 1], [0, 3, 4])
    assert found.verdict == "caution"
    assert found.findings[0].startswith("There are no times, so whether train holds")


def test_columns_may_have_other_names_and_units():
    names = {"user_id": "who", "item_id": "what", "timestamp": "when"}
    events = pd.DataFrame(EVENTS).rename(columns=names)
    found = audit_split(
        events,
        [0, 3, 1],
        [1, 2],
        user="who",
        item="what",
        time="when",
        time_unit="ms",
    )
    assert found.longest_lead == pytest.approx(0.01)


def test_masks_are_as_good_as_row_numbers():
    masks = [np.isin(np.arange(5), rows) for rows in ([0, 1, 2], [0, 3])]
    assert audit(*masks) == audit([0, 1, 2], [0, 3])
    assert audit([2, 0, 1, 1], pl.Series([0, 3])) == audit([0, 1, 2], [0, 3])


# ---------------------------------------------------------------------- definition
def count_by_hand(columns, train, test):
    """Return what is counted of an event log, one target at a time."""
    user, item, time = (columns[name] for name in ("user_id", "item_id", "timestamp"))
    time = list(map(float, time))
    train = sorted(set(train))
    count = dict.fromkeys(COUNTED, 0)
    own_later = set()
    for one in set(user):
        own = sorted((row for row in test if user[row] == one), key=lambda r: time[r])
        if len(own) < 2:
            count["n_alone"] += len(own)
            continue
        *history, target = own
        count["n_targets"] += 1
        count["n_in_train"] += target in train
        key = (one, item[target], time[target])
        keys = [(user[row], item[row], time[row]) for row in train]
        count["n_copies"] += target not in train and key in keys
        count["n_future"] += any(time[row] > time[target] for row in train)
        count["n_tied"] += time[history[-1]] == time[target]
        count["n_unseen_items"] += item[target] not in [item[row] for row in train]
        count["n_unseen_users"] += one not in [user[row] for row in train]
        count["n_repeats"] += item[target] in [item[row] for row in history]
        own_later |= {r for r in train if user[r] == one and time[r] > time[target]}
    count["n_own_later"] = len(own_later)
    return count


COUNTED = (
    "n_targets",
    "n_in_train",
    "n_copies",
    "n_own_later",
    "n_future",
    "n_tied",
    "n_alone",
    "n_unseen_items",
    "n_unseen_users",
    "n_repeats",
)


@example(columns=EVENTS, train=[0, 4, 1], test=[0, 3, 1, 2])
@settings(max_examples=60)
@given(
    columns=event_logs(min_events=3),
    train=st.lists(st.integers(0, 11), min_size=1, max_size=12),
    test=st.lists(st.integers(0, 11), min_size=2, max_size=12, unique=True),
)
def test_counts_follow_their_definition(columns, train, test):
    n = len(columns["user_id"])
    train = [row % n for row in train]
    test = list(dict.fromkeys(row % n for row in test))
    expected = count_by_hand(columns, train, test)
    if not expected["n_targets"]:
        with pytest.raises(ValueError, match="test holds no target"):
            audit_split(pd.DataFrame(columns), train, test)
        return
    found = audit_split(pd.DataFrame(columns), train, test)
    assert {name: getattr(found, name) for name in COUNTED} == expected


@settings(max_examples=30)
@given(columns=event_logs(min_events=3))
def test_splitters_leave_no_holes_and_no_leak(columns):
    events, before = pd.DataFrame(columns), pd.DataFrame(columns)
    for splitter in (LeaveLastOut(), TemporalSplit(test_span=2)):
        try:
            (parts,) = splitter.split(events)
        except ValueError:  # of a log that cannot be split
            continue
        found = audit_split(events, *parts)
        assert (found.n_holes, found.n_alone, found.n_own_later) == (0, 0, 0)
        assert found.n_in_train == 0
        if isinstance(splitter, TemporalSplit):
            assert (found.n_future, found.n_same_time, found.n_copies) == (0, 0, 0)
    pd.testing.assert_frame_equal(events, before)


# ---------------------------------------------------------------------- splitters
@pytest.mark.parametrize(
    ("splitter", "verdict"),
    [
        (TemporalSplit(2), "sound"),
        (RollingWindow(2), "sound"),
        (LeaveLastOut(2), "caution"),
        (NewUserSplit(2, random_state=0), "caution"),
        (KFold(3, shuffle=True, random_state=0), "leak"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_verdicts_of_splitters_over_an_event_log(splitter, verdict):
    for found in audits(splitter, LOG):
        assert found.verdict == verdict
        assert (found.n_holes > 0) == getattr(splitter, "shuffle", False)


def test_verdict_of_new_users_in_time():
    late = LOG.assign(timestamp=LOG["timestamp"] + 1000 * (LOG["user_id"] > 40))
    (found,) = audits(NewUserSplit(1, test_span=1000), late)
    assert found.verdict == "sound"
    assert found.n_unseen_users == found.n_targets == 20


# ---------------------------------------------------------------------- samples
SAMPLES = next_item_samples(SequenceEncoder().fit_transform(LOG))


@pytest.mark.parametrize(
    ("splitter", "verdict"),
    [
        (TemporalSplit(2), "sound"),
        (TemporalSplit(2, targets="first"), "sound"),
        (RollingWindow(2), "sound"),
        (TimeSeriesSplit(2), "sound"),
        (LeaveLastOut(2), "caution"),
        (NewUserSplit(2, random_state=0), "caution"),
        (KFold(3, shuffle=True, random_state=0), "leak"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_verdicts_of_splitters_over_samples(splitter, verdict):
    for found in audits(splitter, SAMPLES.X, SAMPLES.y, SAMPLES):
        assert found.verdict == verdict
        assert found.unit == "samples"


def test_groups_of_users_are_none_of_a_leak():
    X, y, _ = SAMPLES
    for train, test in GroupKFold(3).split(y, groups=X.users):
        found = audit_split(SAMPLES, train, test)
        assert found.verdict == "caution"
        assert found.n_unseen_users == found.n_targets


def test_samples_by_hand():
    samples = next_item_samples(SequenceEncoder().fit_transform(pd.DataFrame(EVENTS)))
    assert samples.time.tolist() == [30, 40, 50]  # b: y, [x]; a: x, [z]; a: x z, [y]
    found = audit_split(samples, [0, 2], [1])
    assert (found.n_train, found.n_targets, found.n_own_later) == (2, 1, 1)
    assert (found.n_future, found.n_later, found.longest_lead) == (1, 1, 10)
    assert (found.n_unseen_items, found.n_repeats) == (0, 0)  # z is in a history
    found = audit_split(samples, [0], [1, 2])
    assert (found.n_unseen_items, found.n_unseen_users) == (1, 2)
    assert audit_split(samples, [1], [1]).n_in_train == 1


@settings(max_examples=30)
@given(columns=event_logs(min_events=3), seed=st.integers(0, 9))
def test_repeats_and_ties_of_samples_follow_their_definition(columns, seed):
    n = len(columns["user_id"])
    columns = {**columns, "timestamp": np.random.default_rng(seed).permutation(n) // 2}
    events = pd.DataFrame(columns).drop_duplicates()
    if not events["user_id"].duplicated().any():
        return
    samples = next_item_samples(SequenceEncoder().fit_transform(events))
    rows = np.arange(len(samples.y))
    found = audit_split(samples, rows, rows)
    histories = zip(samples.X.to_lists(), samples.y.tolist(), strict=True)
    assert found.n_repeats == sum(item in history for history, item in histories)
    lasts = samples.X.times[samples.X.stops - 1]
    assert found.n_tied == (lasts == samples.time).sum()
    assert found.n_in_train == len(rows)


def test_samples_without_times_are_judged_by_their_order():
    samples = next_item_samples(Sequences.from_lists([list("abcd"), list("ca")]))
    found = audit_split(samples, [0, 2, 3], [1])
    assert (found.n_own_later, found.n_future, found.n_tied) == (1, None, None)
    assert audit_split(samples, [0, 3], [1]).verdict == "caution"


def test_a_part_of_the_samples_can_be_audited():
    X, y, time = SAMPLES
    half = NextItemSamples(X[:150], y[:150], time[:150])
    assert audit_split(half, np.arange(75), np.arange(75, 150)).is_sound


# ---------------------------------------------------------------------- shown
def test_print_shows_counts_and_what_to_do():
    shown = str(audit([0, 4, 1, 2], [0, 3]))
    assert shown.startswith("verdict: leak\n")
    assert "events in train later than a target of their user             1" in shown
    assert (
        "targets of items not in train                                 1    100 %"
        in (shown)
    )
    assert shown.count("\n- ") == 2
    assert max(map(len, shown.split("\n"))) <= 80


def test_unknown_counts_are_shown_as_such():
    events = pd.DataFrame({**EVENTS, "position": [0, 0, 1, 1, 2]})
    found = audit_split(events.drop(columns="timestamp"), [0, 3, 1], [0, 3, 4])
    shown = str(found).split("\n")
    assert [line.split()[-1] for line in shown if "earlier than" in line] == ["unknown"]
    rows = pd.DataFrame(found.to_rows())
    assert rows["what"].is_unique
    assert rows.set_index("what")["number"]["targets"] == 1


def test_repr_is_one_line():
    shown = repr(audit([0, 4, 1, 2], [0, 3]))
    assert shown == "SplitAudit('leak', 4 events in train, 1 targets, 2 findings)"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(1, "1 seconds"), (119, "119 seconds"), (120, "2 minutes"), (86400 * 3, "3 days")],
)
def test_durations_are_shown_in_a_unit_that_suits_them(seconds, shown):
    times = [10, 20, 30, 30 + seconds, 10**7]
    assert f"by up to {shown}:" in audit([0, 3, 1], [1, 2], timestamp=times).findings[0]


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("train", "test", "error", "message"),
    [
        ([], [0, 3], ValueError, "train holds no rows; there is nothing to audit"),
        ([0], [], ValueError, "test holds no rows"),
        (
            [0, 7, -1],
            [0, 3],
            ValueError,
            "2 numbers that are no rows: 7, -1. There are",
        ),
        ([0], [3, 3], ValueError, "test holds rows more than once"),
        ([0], [0, 1], ValueError, "none of its 2 users has two events there, of which"),
        ([0.5], [0, 3], TypeError, r"train must be row numbers, .* dtype float64"),
        ([True, False], [0, 3], TypeError, r"mask of shape \(5,\). Got an array of sh"),
        ([[0, 1]], [0, 3], TypeError, r"Got an array of shape \(1, 2\)"),
    ],
)
def test_parts_that_are_no_rows_are_an_error(train, test, error, message):
    with pytest.raises(error, match=message):
        audit(train, test)


def test_other_input_is_an_error():
    with pytest.raises(TypeError, match="pass all that next_item_samples returned"):
        audit_split(SAMPLES.X, [0], [1])
    with pytest.raises(TypeError, match="Got a tuple that begins with list"):
        audit_split(([], [], None), [0], [1])
    with pytest.raises(TypeError, match="audit_split needs an event log: a pandas, po"):
        audit_split([[0, 1]], [0], [1])
    with pytest.raises(ValueError, match=r"same number of rows. Got 300 and 2"):
        audit_split((SAMPLES.X, SAMPLES.y[:2], SAMPLES.time), [0], [1])


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(
        ValueError, match=r"audit_split .* Column 'what' .item. is miss"
    ):
        audit_split(pd.DataFrame(EVENTS), [0], [0, 3], item="what")
    with pytest.raises(ValueError, match=r"'time_unit' .* audit_split .* Got 'h'"):
        audit_split(pd.DataFrame(EVENTS), [0], [0, 3], time_unit="h")
