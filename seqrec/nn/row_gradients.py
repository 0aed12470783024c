"""Rows of a large parameter whose gradient is those rows alone (floor 1: torch)."""

import torch
from torch.autograd.function import once_differentiable

__all__ = ["take_rows"]


def take_rows(parameter, rows):
    """Return some rows of a parameter, which then gets a sparse gradient.

    The gradient of an index or a look-up is as large as the parameter, and an optimiser
    then goes through all of it. Here both take as much as the rows.

    Parameters
    ----------
    parameter : Tensor of shape (V,) or (V, D)
        What rows are taken of.
    rows : Tensor of shape (R,), dtype=int64
        Row numbers, each once, in increasing order; the gradient relies on it.

    Returns
    -------
    values : Tensor of shape (R,) or (R, D)
        A copy of the rows.

    Examples
    --------
    >>> weight = torch.ones(1000, 2, requires_grad=True)
    >>> take_rows(weight, torch.tensor([3, 7])).sum().backward()
    >>> weight.grad.is_sparse, weight.grad.coalesce().indices()
    (True, tensor([[3, 7]]))
    """
    return _TakeRows.apply(parameter, rows)


class _TakeRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx, parameter, rows):
        ctx.save_for_backward(rows)
        ctx.shape = parameter.shape
        return parameter.index_select(0, rows)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_values):
        (rows,) = ctx.saved_tensors
        grad = torch.sparse_coo_tensor(
            rows[None],
            grad_values,
            ctx.shape,
            check_invariants=False,
            is_coalesced=True,
        )
        return grad, None
