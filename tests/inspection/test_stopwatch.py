import time

import pytest

from seqrec.inspection import _stopwatch
from seqrec.inspection._stopwatch import PARTS, Stopwatch, replaced


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(_stopwatch, "time", clock)
    return clock


def test_time_goes_to_the_innermost_part_and_sums_to_the_whole(clock):
    watch = Stopwatch("prepare")
    clock.now = 1
    watch.phase("rest")
    with watch.part("optimiser"):
        clock.now = 3
        with watch.part("forward"):
            clock.now = 7
        clock.now = 8
    clock.now = 16
    seconds = watch.by_part()
    assert tuple(seconds) == PARTS
    assert {part: value for part, value in seconds.items() if value} == {
        "prepare": 1,
        "forward": 4,
        "optimiser": 3,
        "rest": 8,
    }
    assert sum(seconds.values()) == 16


def test_all_that_runs_in_validation_is_validation(clock):
    watch = Stopwatch()
    with watch.part("validation"):
        with watch.part("forward"):
            clock.now = 2
        clock.now = 5
    assert watch.by_part()["validation"] == 5
    assert watch.calls == {"validation": 1}


def test_a_part_that_raises_is_closed(clock):
    watch = Stopwatch()
    with pytest.raises(ZeroDivisionError):
        watch.timed("loss", lambda: 1 / 0)()
    clock.now = 1
    assert watch.by_part()["rest"] == 1


def test_the_first_batch_of_an_epoch_counts_as_batches(clock):
    watch = Stopwatch()
    batches = _stopwatch._TimedBatches(Slow(clock), watch)
    for _ in range(2):
        assert list(batches) == [0, 1, 2]
    assert watch.seconds["epoch"] == 2
    assert watch.by_part()["batches"] == 6
    assert watch.calls["epoch"] == 2


class Slow:
    def __init__(self, clock):
        self.clock = clock

    def __iter__(self):
        for number in range(3):
            self.clock.now += 1
            yield number


def test_what_was_replaced_comes_back_after_an_error():
    watch = Stopwatch()
    with pytest.raises(TypeError), replaced(watch, "look", time.time):
        watch.look("no clock takes this")
    assert "look" not in vars(watch)
