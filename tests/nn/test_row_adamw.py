import pytest
import torch

from seqrec.nn.row_adamw import RowAdamW
from seqrec.nn.row_gradients import take_rows

SETTINGS = {"lr": 0.01, "betas": (0.9, 0.99)}


def trained(touched, *, sparse, weight_decay=0.0, n_steps=400):
    """Return a weight after steps with gradients of the rows `touched(step)`."""
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.ones(6, 2))
    kind = RowAdamW if sparse else torch.optim.AdamW
    optimizer = kind([weight], weight_decay=weight_decay, **SETTINGS)
    for step in range(n_steps):
        rows = torch.tensor(touched(step), dtype=torch.int64)
        factor = torch.rand(6, 2)[rows] - 0.2
        optimizer.zero_grad()
        part = take_rows(weight, rows) if sparse else weight[rows]
        (part * factor).sum().backward()
        optimizer.step()
    return weight.detach()


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_rows_of_every_step_move_as_by_adamw(weight_decay):
    options = {"weight_decay": weight_decay}
    ours = trained(lambda step: [0, 1, 2, 3, 4, 5], sparse=True, **options)
    torchs = trained(lambda step: [0, 1, 2, 3, 4, 5], sparse=False, **options)
    torch.testing.assert_close(ours, torchs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_what_steps_without_a_gradient_do_is_made_up_for(weight_decay):
    def touched(step):  # row 0 always, row 1 every 9th step, both in the last one
        return [0, 1] if step % 9 == 0 or step == 399 else [0]

    options = {"weight_decay": weight_decay}
    ours = trained(touched, sparse=True, **options)
    torchs = trained(touched, sparse=False, **options)
    torch.testing.assert_close(ours[0], torchs[0], rtol=1e-5, atol=1e-5)
    # The bias corrections change fast in the first steps alone.
    torch.testing.assert_close(ours[1] - 1.0, torchs[1] - 1.0, rtol=0.05, atol=0.0)


def test_rows_that_are_never_touched_stay_as_they_were():
    ours = trained(lambda step: [1, 4], sparse=True)
    assert (ours[[0, 2, 3, 5]] == 1.0).all()
    assert (ours[[1, 4]] != 1.0).all()


def test_dense_gradients_go_to_adamw():
    weights = [torch.nn.Parameter(torch.ones(3, 2)) for _ in "ab"]
    for weight, kind in zip(weights, [RowAdamW, torch.optim.AdamW], strict=True):
        optimizer = kind([weight], fused=True, **SETTINGS)
        for _ in range(3):
            optimizer.zero_grad()
            optimizer.step(lambda weight=weight: (weight**2).sum().backward())
    torch.testing.assert_close(*weights, rtol=0, atol=0)


def test_the_closure_gives_the_loss():
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = RowAdamW([weight])

    def closure():
        loss = take_rows(weight, torch.tensor([0])).sum()
        loss.backward()
        return loss.detach()

    assert float(optimizer.step(closure)) == 1.0
    assert weight.grad is None


@pytest.mark.parametrize(
    "options", [{"betas": (0.99, 0.9)}, {"amsgrad": True}, {"maximize": True}]
)
def test_options_that_rows_cannot_honour_are_refused_for_rows_alone(options):
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = RowAdamW([weight], **options)
    optimizer.step(lambda: weight.sum().backward())
    take_rows(weight, torch.tensor([0])).sum().backward()
    weight.grad = weight.grad if weight.grad.is_sparse else None
    if weight.grad is None:
        take_rows(weight, torch.tensor([0])).sum().backward()
    with pytest.raises(ValueError, match="RowAdamW updates rows"):
        optimizer.step()
