import torch

from seqrec.nn.events import Events


def test_lengths_count_the_real_events():
    events = Events.from_codes(torch.tensor([[3, 1, 0], [0, 0, 0]]))
    assert events.lengths.tolist() == [2, 0]
    assert events.mask.tolist() == [[True, True, False], [False, False, False]]


def test_columns_that_are_not_there_stay_so_on_another_device():
    events = Events.from_codes(torch.tensor([[3, 1]])).to("meta")
    assert events.codes.device.type == events.mask.device.type == "meta"
    assert events.times is None
