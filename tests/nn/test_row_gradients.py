import torch

from seqrec.nn.row_gradients import take_rows


def test_the_gradient_is_that_of_an_index_and_holds_the_rows_alone():
    torch.manual_seed(0)
    weight = torch.randn(9, 3, requires_grad=True)
    rows, factor = torch.tensor([0, 2, 5]), torch.randn(3, 3)
    (dense,) = torch.autograd.grad((weight[rows] * factor).sum(), weight)
    (sparse,) = torch.autograd.grad((take_rows(weight, rows) * factor).sum(), weight)
    assert sparse.is_coalesced()
    assert sparse.values().shape == (3, 3)
    torch.testing.assert_close(sparse.to_dense(), dense, rtol=0, atol=0)


def test_rows_of_a_vector_and_no_rows_work_too():
    bias = torch.arange(4.0, requires_grad=True)
    assert take_rows(bias, torch.tensor([1, 3])).tolist() == [1.0, 3.0]
    take_rows(bias, torch.tensor([], dtype=torch.int64)).sum().backward()
    assert bias.grad.to_dense().tolist() == [0.0] * 4


def test_rows_are_a_copy():
    weight = torch.zeros(3, 2)
    take_rows(weight, torch.tensor([1])).add_(1.0)
    assert not weight.any()
