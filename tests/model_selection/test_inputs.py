"""Places of samples among those of their user."""

import numpy as np
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.model_selection._inputs import places_from_last


def places(samples):
    return [found.tolist() for found in places_from_last(samples)]


@pytest.mark.parametrize(
    "users", [None, [5, 2], ["b", "a"]], ids=["none", "int", "str"]
)
def test_places_count_from_the_last_sample_of_a_user(users):
    sequences = Sequences.from_lists([list("abcd"), list("cab")], users=users)
    samples = next_item_samples(sequences).X
    assert places(samples) == [[3, 2, 1, 2, 1], [3, 3, 3, 2, 2]]
    shuffled = np.array([4, 0, 2, 3, 1])
    assert places(samples[shuffled]) == [[1, 3, 1, 2, 2], [2, 3, 3, 2, 3]]


def test_rows_of_one_user_count_together():
    sequences = Sequences.from_lists(
        [list("abc"), list("ca"), list("ba")], users=["u", "v", "u"]
    )
    samples = next_item_samples(sequences).X
    assert places(samples) == [[3, 2, 1, 1], [3, 3, 1, 3]]


def test_target_times_come_before_the_order_of_rows():
    sequences = Sequences.from_lists([list("ab"), list("ca")], users=["u", "u"])
    samples = Sequences(
        sequences.codes,
        sequences.starts,
        sequences.stops - 1,
        vocabulary=sequences.vocabulary,
        users=sequences.users,
        target_times=np.array([20.0, 10.0]),
    )
    assert places(samples) == [[1, 2], [2, 2]]
