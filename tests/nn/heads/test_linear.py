import torch

from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.heads.linear import LinearHead


def test_weight_is_its_own():
    embedding = ItemEmbedding(3, 2)
    head = LinearHead(embedding)
    head(torch.ones(1, 2)).sum().backward()
    assert embedding.weight.grad is None
    assert head.weight.grad.tolist() == [[1, 1], [1, 1], [1, 1]]
    assert list(head.state_dict()) == ["vectors", "bias"]


def test_cosines_are_those_of_its_own_vectors():
    head = LinearHead(ItemEmbedding(3, 2), temperature=1.0)
    with torch.no_grad():
        head.vectors.copy_(torch.tensor([[2.0, 0.0], [0.0, -3.0], [3.0, 4.0]]))
    expected = torch.tensor([[1.0, 0.0], [0.0, -1.0], [0.6, 0.8]])
    torch.testing.assert_close(head.weight, expected)
