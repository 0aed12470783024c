import math

import torch

from seqrec.nn import Events, MemoryWeight, SequenceNet


def test_an_item_without_votes_gets_nothing():
    offsets = MemoryWeight()(torch.tensor([[[0.0, 0.3], [0.0, 0.0]]]))
    assert offsets[0, 0] == offsets[1, 0] == offsets[1, 1] == 0.0
    assert offsets[0, 1] > 0.0


def test_offsets_are_the_logarithm_of_votes_above_the_floor():
    memory = MemoryWeight()
    with torch.no_grad():
        memory.raw_weight.fill_(math.log(math.expm1(2.0)))
        memory.log_floor.fill_(math.log(0.5))
    torch.testing.assert_close(memory.weight, torch.tensor([2.0]))
    offsets = memory(torch.tensor([[0.5, 1.5]]))
    torch.testing.assert_close(offsets, 2.0 * torch.tensor([2.0, 4.0]).log())


def test_kinds_have_numbers_of_their_own_and_add_up():
    memory = MemoryWeight((0.5, 0.5))
    with torch.no_grad():
        memory.raw_weight.copy_(torch.tensor([-1.0, 2.0]))
    votes = torch.rand(2, 3, 4)
    parts = [memory.of_kind(kind, votes[kind]) for kind in range(2)]
    torch.testing.assert_close(memory(votes), parts[0] + parts[1])
    assert (memory.of_kind(0, votes[0]) < memory.of_kind(1, votes[0])).all()


def test_all_numbers_learn():
    memory = MemoryWeight((0.5, 0.1))
    memory(torch.tensor([[0.2], [0.1]])).sum().backward()
    assert (memory.raw_weight.grad > 0.0).all()  # more weight, larger offsets
    assert (memory.log_floor.grad < 0.0).all()  # a higher floor, smaller ones


def test_a_network_hands_offsets_on_and_has_none_without_a_memory():
    events = Events.from_codes(torch.tensor([[1, 2], [3, 0]]))
    positions, votes = torch.tensor([0, 1]), torch.rand(1, 2, 5)
    net = SequenceNet(5, embedding_dim=4, hidden_units=4, memories=(0.5,))
    offsets = net(events, positions, votes=votes).offsets
    torch.testing.assert_close(offsets, net.memory(votes))
    assert net(events, positions).offsets is None
    assert SequenceNet(5, embedding_dim=4, hidden_units=4).memory is None
