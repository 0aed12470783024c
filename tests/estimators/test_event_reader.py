from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from seqrec.data.sequences import Sequences
from seqrec.estimators._event_reader import (
    TIME_FEATURES,
    ArrayReader,
    Channels,
    SequenceReader,
)
from seqrec.exceptions import DataWarning
from tests.histories import rich_sequences

EVERY = ("elapsed", "hour_of_day", "day_of_week", "month")


def choose(sequences, context="all", features=(), **wants):
    wants = {"wants_times": False, "wants_sessions": False, **wants}
    return Channels.choose(sequences, context, features, **wants)


def timed(times, **context):
    n = len(times)
    return Sequences(
        np.ones(n), [0], [n],
        vocabulary=Sequences.from_lists([["a"]]).vocabulary,
        times=np.asarray(times), context=context,
    )  # fmt: skip


def gather(sequences, channels, positions):
    positions = np.atleast_2d(positions)
    reader = SequenceReader(sequences, channels)
    return reader.gather(positions, np.ones(positions.shape, dtype=bool))


def test_all_channels_but_the_session_number_are_read():
    channels = choose(rich_sequences())
    assert channels.numbers == ("rating",)
    assert channels.categories == {"kind": 3}
    assert (channels.n_numbers, channels.n_categories) == (1, (3,))
    assert not channels.has_times
    assert not channels.has_sessions


def test_named_channels_and_no_channels():
    assert choose(rich_sequences(), ["kind"]).numbers == ()
    assert choose(rich_sequences(), None) == Channels()


def test_calendar_features_are_those_of_the_standard_library():
    moments = [
        datetime(1969, 12, 31, 23, 5, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2024, 2, 29, 12, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC),
    ]
    sequences = timed([moment.timestamp() for moment in moments])
    events = gather(sequences, choose(sequences, features=EVERY), np.arange(4))
    expected = [[m.hour + 1, m.isoweekday(), m.month] for m in moments]
    assert events.categories[0].tolist() == expected


def test_elapsed_is_the_scaled_log_of_the_pause_and_missing_at_the_start():
    sequences = timed([10, 10, 13, 1000])
    events = gather(sequences, choose(sequences, features=["elapsed"]), np.arange(4))
    found = events.numbers[0, :, 0].numpy()
    logs = np.log1p([0, 3, 987])
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], (logs - logs.mean()) / logs.std(), rtol=1e-5)


def test_padding_is_zero_and_missing_numbers_stay_nan():
    sequences = rich_sequences()
    channels = choose(sequences, features=EVERY, wants_times=True, wants_sessions=True)
    real = np.array([[True, True, False]])
    events = SequenceReader(sequences, channels).gather(np.array([[0, 1, 0]]), real)
    for column in (events.codes, events.times, events.categories, events.numbers):
        assert (column[0, 2] == 0).all()
    positions = np.arange(len(sequences.codes))
    numbers = gather(sequences, channels, positions).numbers[0, :, 0].numpy()
    expected = np.isnan(sequences.context["rating"])
    assert expected.any()
    np.testing.assert_array_equal(np.isnan(numbers), expected)


def test_a_category_that_was_not_there_in_fit_is_missing():
    channels = choose(timed([1, 2], kind=np.array([1, 2], dtype=np.int32)))
    later = timed([1, 2], kind=np.array([3, 2], dtype=np.int32))
    assert gather(later, channels, [0, 1]).categories[0, :, 0].tolist() == [0, 2]


def test_sessions_and_times_come_only_where_they_are_wanted():
    sequences = rich_sequences()
    plain = gather(sequences, choose(sequences), [0])
    assert plain.times is None
    assert plain.sessions is None
    wanted = choose(sequences, wants_times=True, wants_sessions=True)
    found = gather(sequences, wanted, [0, 5])
    assert found.times.dtype == torch.float64
    assert found.sessions.tolist() == [[1, 2]]


def test_without_sessions_each_row_is_one_and_a_warning_says_so():
    with pytest.warns(DataWarning, match="takes each row as one session"):
        channels = choose(Sequences.from_lists([["a", "b"]]), wants_sessions=True)
    assert not channels.has_sessions


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"context": ["ratings"]}, r"the channel 'ratings', .* have: 'rating', 'kind'"),
        ({"context": ["session"]}, "numbers sessions and is no context"),
        ({"features": ["hour"]}, r"takes any of 'elapsed', .*Got 'hour' among them"),
    ],
)
def test_what_is_not_there_is_named(options, match):
    with pytest.raises(ValueError, match=match):
        choose(rich_sequences(), **options)


def test_time_features_need_times():
    with pytest.raises(ValueError, match=r"time_features=\('elapsed',\) need times"):
        choose(Sequences.from_lists([["a", "b"]]), features=("elapsed",))


def test_later_sequences_must_have_what_fit_had():
    channels = choose(rich_sequences(), features=["elapsed"])
    with pytest.raises(ValueError, match="channels 'rating' and others"):
        channels.check(Sequences.from_lists([["a"]]), "Model")
    only_times = choose(rich_sequences(), None, ["elapsed"])
    with pytest.raises(ValueError, match="Model was fitted on sequences with times"):
        only_times.check(Sequences.from_lists([["a"]]), "Model")


def test_nothing_is_learned_from_events_outside_the_rows():
    whole = rich_sequences()
    some = whole[::3].drop_last()
    copied = some._compact()
    assert len(copied.codes) < len(whole.codes)
    channels = choose(some, features=["elapsed"])
    assert channels == choose(copied, features=["elapsed"])
    times = whole.times.copy()
    times[whole.stops - 1] += 10**9  # the events held out, and no others
    later = Sequences(
        whole.codes, whole.starts, whole.stops, vocabulary=whole.vocabulary,
        times=times, context=whole.context,
    )  # fmt: skip
    assert choose(later[::3].drop_last(), features=["elapsed"]) == channels


def test_a_channel_that_changed_its_kind_is_named():
    sequences = rich_sequences()
    channels = choose(sequences, ["kind"])
    swapped = Sequences(
        sequences.codes, sequences.starts, sequences.stops,
        vocabulary=sequences.vocabulary,
        context={"kind": sequences.context["rating"]},
    )  # fmt: skip
    with pytest.raises(ValueError, match="'kind' held categories when Model was fitte"):
        channels.check(swapped, "Model")


def test_an_array_reader_pads_with_zero_and_keeps_nan():
    values = np.array([[1.0, 2.0], [np.nan, 4.0]])
    real = np.array([[True, True, False]])
    events = ArrayReader(values).gather(np.array([[1, 0, 0]]), real)
    np.testing.assert_array_equal(
        events.numbers[0].numpy(), [[np.nan, 4.0], [1.0, 2.0], [0.0, 0.0]]
    )
    assert values[0, 0] == 1.0


# ------------------------------------------------------------------ "auto" and periods
def spread_out(n_events=2000, step=86_400, start=1.5e9):
    return timed(start + step * np.arange(n_events, dtype=np.float64))


def test_auto_reads_all_of_real_times_and_nothing_of_an_order():
    assert choose(spread_out(), features="auto").features == TIME_FEATURES
    order = spread_out(step=1, start=0.0)
    assert choose(order, features="auto").features == ()
    assert choose(order, features=("elapsed",)).features == ("elapsed",)


def numbered(firsts, length=3):
    """Return histories of `length` events numbered from each of `firsts` on."""
    times = np.concatenate([np.arange(first, first + length) for first in firsts])
    starts = length * np.arange(len(firsts))
    return Sequences(
        np.ones(len(times)),
        starts,
        starts + length,
        vocabulary=Sequences.from_lists([["a"]]).vocabulary,
        times=times.astype(np.float64),
    )


def test_auto_reads_the_period_where_events_of_the_whole_log_are_numbered():
    assert choose(numbered(range(0, 1200, 3)), features="auto").features == ("period",)
    few = numbered(range(0, 900, 3))
    assert choose(few, features="auto").features == ()  # one period
    places = numbered([0] * 400)
    assert choose(places, features="auto").features == ()
    ends = numbered(np.arange(400) % 100)  # as the last events of longer histories
    assert choose(ends, features="auto").features == ()


def test_periods_hold_as_many_events_each_and_go_on_forever():
    sequences = spread_out()
    channels = choose(sequences, features=("period",))
    assert channels.n_categories == (4,)  # 500 events each
    reader = SequenceReader(sequences, channels)
    positions = np.arange(2000)[None]
    events = reader.gather(positions, np.ones((1, 2000), dtype=bool))
    periods = events.categories[0, :, 0].numpy()
    np.testing.assert_array_equal(np.bincount(periods), [0, 500, 500, 500, 500])
    later = SequenceReader(spread_out(start=1.9e9), channels)
    assert (later.gather(positions[:, :9], np.ones((1, 9), bool)).categories == 4).all()


def test_a_short_log_has_one_period():
    assert choose(spread_out(900), features=("period",)).n_categories == (1,)


def test_what_auto_reads_may_be_missing_and_what_is_named_may_not():
    sequences = spread_out()
    bare = Sequences(
        sequences.codes,
        sequences.starts,
        sequences.stops,
        vocabulary=sequences.vocabulary,
    )
    channels = choose(sequences, features="auto")
    channels.check(bare, "It")
    events = SequenceReader(bare, channels).gather(
        np.arange(5)[None], np.ones((1, 5), dtype=bool)
    )
    assert events.numbers.isnan().all()
    assert (events.categories == 0).all()
    assert events.categories.shape == (1, 5, len(channels.n_categories))
    with pytest.raises(ValueError, match="fitted on sequences with times"):
        choose(sequences, features=TIME_FEATURES).check(bare, "It")
