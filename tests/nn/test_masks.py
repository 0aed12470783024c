import pytest
import torch

from seqrec.nn.masks import causal_mask, fill_hidden, lengths_to_mask, visible_mask


def test_mask_is_true_at_the_first_events_of_each_row():
    mask = lengths_to_mask(torch.tensor([0, 2, 3]), 3)
    assert mask.tolist() == [
        [False, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_mask_of_no_steps_is_empty():
    assert lengths_to_mask(torch.tensor([0, 0]), 0).shape == (2, 0)


def test_a_step_sees_itself_and_all_before():
    assert causal_mask(3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_causal_queries_see_real_events_up_to_their_own():
    visible = visible_mask(lengths_to_mask(torch.tensor([2]), 3), 3, is_causal=True)
    assert visible.shape == (1, 1, 3, 3)
    assert visible[0, 0].tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, False],
    ]


def test_other_queries_see_every_real_event():
    visible = visible_mask(lengths_to_mask(torch.tensor([2]), 3), 1, is_causal=False)
    assert visible.tolist() == [[[[True, True, False]]]]


def test_causal_needs_a_query_for_each_event():
    mask = lengths_to_mask(torch.tensor([2]), 3)
    with pytest.raises(ValueError, match=r"Got 1 queries and 3 events\. Pass"):
        visible_mask(mask, 1, is_causal=True)


def test_only_hidden_values_are_filled():
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    visible = torch.tensor([True, False])
    assert fill_hidden(values, visible, -5.0).tolist() == [[1.0, -5.0], [3.0, -5.0]]
    assert values.tolist() == [[1.0, 2.0], [3.0, 4.0]]
