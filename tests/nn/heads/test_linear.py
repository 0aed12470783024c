import torch

from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.heads.linear import LinearHead


def test_weight_is_its_own():
    embedding = ItemEmbedding(3, 2)
    head = LinearHead(embedding)
    head(torch.ones(1, 2)).sum().backward()
    assert embedding.weight.grad is None
    assert head.weight.grad.tolist() == [[1, 1], [1, 1], [1, 1]]
    assert list(head.state_dict()) == ["weight", "bias"]
