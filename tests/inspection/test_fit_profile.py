import dataclasses
import re

import pytest

from seqrec.inspection import FitProfile

MIB = 1 << 20


@pytest.fixture
def profile():
    return FitProfile(
        estimator="Model",
        n_rows=2000,
        n_events=10_000,
        n_items=50,
        n_parameters=1234,
        n_batches=10,
        batch_size=32,
        n_epochs=2,
        n_timed=5,
        device="cpu",
        seconds={"encode": 1.0, "forward": 2.0, "validation": 0.0},
        memory={
            "baseline": 100 * MIB,
            "encode": 3 * MIB,
            "sequences": 1 * MIB,
            "prepare": 1 * MIB,
            "start": 9 * MIB,
            "training set": 1 * MIB,
            "parameters": 2 * MIB,
            "gradients": 2 * MIB,
            "optimiser": 4 * MIB,
            "batch": 1 * MIB,
            "rest": 5 * MIB,
        },
        available_memory=50 * MIB,
        available_device_memory=None,
        estimate_seconds=1.0,
    )


def with_memory(profile, **sizes):
    return dataclasses.replace(profile, memory={**profile.memory, **sizes})


def test_the_total_is_the_most_that_is_held_at_once(profile):
    kept = 1 + 1 + 2  # the log, the training set and the network
    assert profile.total_memory == (100 + kept + 9 + 5) * MIB
    trains = with_memory(profile, optimiser=14 * MIB)
    assert trains.total_memory == (100 + kept + 2 + 14 + 1 + 5) * MIB
    encodes = with_memory(profile, encode=40 * MIB)
    assert encodes.total_memory == (100 + 40 + 5) * MIB


def test_a_gpu_holds_what_training_holds(profile):
    gpu = dataclasses.replace(profile, device="cuda:1", available_device_memory=MIB)
    assert gpu.device_memory == (2 + 2 + 4 + 1) * MIB
    assert gpu.exceeds_memory
    assert with_memory(gpu, start=0).total_memory == (100 + 1 + 1 + 2 + 5) * MIB
    assert "total on the GPU" in str(gpu)
    assert profile.device_memory is None


def test_memory_in_use_already_does_not_count_as_needed(profile):
    assert not profile.exceeds_memory
    needed = profile.total_memory - 100 * MIB
    tight = dataclasses.replace(profile, available_memory=needed)
    assert not tight.exceeds_memory
    assert dataclasses.replace(tight, available_memory=needed - 1).exceeds_memory
    assert not dataclasses.replace(tight, available_memory=None).exceeds_memory


def test_rows_have_estimate_and_measurement_side_by_side(profile):
    assert profile.total_seconds == 3.0
    done = dataclasses.replace(
        profile, fit_seconds={"encode": 1.5, "forward": 1.0}, fit_memory=7
    )
    rows = {(row["unit"], row["part"]): row for row in done.to_rows()}
    assert rows["seconds", "encode"]["estimated"] == 1.0
    assert rows["seconds", "encode"]["measured"] == 1.5
    assert rows["seconds", "total"]["measured"] == 2.5
    assert rows["bytes", "total"]["measured"] == 7
    assert rows["bytes", "start"]["measured"] is None


def test_print_shows_parts_that_take_something(profile):
    text = str(dataclasses.replace(profile, notes=("Mind this.",)))
    assert "Model on 2,000 rows, 10,000 events, 50 items" in text
    assert "10 batches of 32, 2 epochs at most, on cpu" in text
    assert "validation" not in text
    assert "measured" not in text
    assert text.endswith("Mind this.")
    assert repr(profile) == "FitProfile(Model, 3 s, 118 MiB)"


def test_unknown_time_is_not_zero(profile):
    unknown = dataclasses.replace(profile, n_batches=None)
    assert unknown.total_seconds is None
    assert "time unknown" in repr(unknown)
    assert re.search(r"  total +-\n", str(unknown))
