import torch

from seqrec.nn.embeddings import ItemEmbedding
from seqrec.nn.heads.tied import TiedHead


def test_weight_is_a_view_of_the_item_embedding_without_padding():
    embedding = ItemEmbedding(3, 2)
    head = TiedHead(embedding)
    with torch.no_grad():
        embedding.weight += 1.0
    assert torch.equal(head.weight, embedding.weight[1:])
    assert head.weight.data_ptr() == embedding.weight[1:].data_ptr()


def test_gradients_flow_into_the_item_embedding_and_not_into_padding():
    embedding = ItemEmbedding(3, 2)
    TiedHead(embedding)(torch.ones(1, 2)).sum().backward()
    assert embedding.weight.grad.tolist() == [[0, 0], [1, 1], [1, 1], [1, 1]]


def test_the_embedding_is_not_saved_a_second_time():
    assert list(TiedHead(ItemEmbedding(3, 2)).state_dict()) == ["bias"]
