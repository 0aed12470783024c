import numpy as np
import pytest

from seqrec.model_selection._slices import slice_labels


def labels_of(n_history=(1, 2, 3, 4), counts=(4, 3, 2, 0), codes=None, **groups):
    n = len(n_history)
    codes = np.arange(n) if codes is None else np.asarray(codes)
    warm = np.arange(n) > 0
    given = {k: (np.asarray(v), sorted(set(v))) for k, v in groups.items()}
    return slice_labels(
        np.asarray(n_history), [np.asarray(counts)], [codes], warm, given
    )


def test_each_target_has_one_label_of_each_slicing():
    for values, order in labels_of().values():
        assert len(values) == 4
        assert set(values.tolist()) == set(order)


def test_popular_items_share_a_third_of_the_events_each():
    # 9 events: the item with 4 begins in the first third, that with 3 in the second.
    values, order = labels_of()["item popularity"]
    assert values.tolist() == ["head", "middle", "tail", "cold"]
    assert order == ["head", "middle", "tail", "cold"]


def test_users_not_learned_from_are_cold():
    values, _ = labels_of()["user"]
    assert values.tolist() == ["cold", "warm", "warm", "warm"]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        (range(1, 101), ["1 to 25", "26 to 50", "51 to 75", "76 to 100"]),
        ([1] * 4, ["1"]),
        ([1, 1, 1, 9], ["1", "2 to 9"]),
    ],
)
def test_histories_fall_into_four_ranges_where_they_differ(lengths, expected):
    n = len(lengths)
    values, order = labels_of(lengths, counts=np.ones(n, int))["history length"]
    assert order == expected
    for length, label in zip(lengths, values.tolist(), strict=True):
        first, _, last = label.partition(" to ")
        assert int(first) <= length <= int(last or first)


def test_groups_are_labels_too():
    values, order = labels_of(country=["b", "a", "b", "b"])["country"]
    assert values.tolist() == ["b", "a", "b", "b"]
    assert order == ["a", "b"]


def test_a_group_with_the_name_of_a_slice_is_refused():
    with pytest.raises(ValueError, match=r"columns \['user'\] of groups= have the na"):
        labels_of(user=["a", "a", "b", "b"])
