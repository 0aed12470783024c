import numpy as np
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


def test_cosines_leave_the_item_embedding_as_it_is():
    embedding = ItemEmbedding(2, 2, weight=np.array([[2.0, 0.0], [3.0, 4.0]]))
    head = TiedHead(embedding, temperature=0.5)
    logits = head(torch.tensor([[10.0, 0.0]]))
    torch.testing.assert_close(logits, torch.tensor([[2.0, 1.2]]))
    assert embedding.item_weight.tolist() == [[2.0, 0.0], [3.0, 4.0]]
