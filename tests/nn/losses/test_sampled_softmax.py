import itertools

import numpy as np
import pytest
import torch

from seqrec.nn.losses.cross_entropy import cross_entropy
from seqrec.nn.losses.sampled_softmax import sampled_softmax

N_ITEMS = 40


def draw_problem(n_targets=30):
    torch.manual_seed(0)
    states = torch.randn(n_targets, 6)
    weight, bias = torch.randn(N_ITEMS, 6), torch.randn(N_ITEMS)
    inputs = [x.requires_grad_() for x in (states, weight, bias)]
    return inputs, torch.randint(1, N_ITEMS + 1, (n_targets,))


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("has_log_q", [True, False])
def test_the_loss_is_that_of_the_formula(has_bias, has_log_q):
    (states, weight, bias), targets = draw_problem()
    negatives = torch.tensor([3, 40, 3, 17, 1])
    log_q = torch.tensor([-1.0, -2.0, -1.0, -0.5, -4.0])
    loss = sampled_softmax(
        states,
        weight,
        bias if has_bias else None,
        targets,
        negatives=negatives,
        log_q=log_q if has_log_q else None,
    )
    logits = (states @ weight.t() + (bias if has_bias else 0.0)).detach().numpy()
    q = np.exp(log_q.numpy()) if has_log_q else np.full(5, 1 / N_ITEMS)
    losses = []
    for row, target in zip(logits, targets.tolist(), strict=True):
        others = sum(
            np.exp(row[code - 1]) / (5 * q[i])
            for i, code in enumerate(negatives.tolist())
            if code != target
        )
        own = np.exp(row[target - 1])
        losses.append(-np.log(own / (own + others)))
    assert loss.item() == pytest.approx(np.mean(losses), rel=1e-5)


def test_every_item_drawn_once_gives_the_full_softmax():
    inputs, targets = draw_problem()
    everything = torch.randperm(N_ITEMS) + 1
    loss = sampled_softmax(*inputs, targets, negatives=everything)
    full = cross_entropy(*inputs, targets)
    torch.testing.assert_close(loss, full, rtol=1e-5, atol=1e-5)
    gradients = torch.autograd.grad(loss, inputs)
    others = torch.autograd.grad(full, inputs)
    for gradient, other in zip(gradients, others, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-5)


def test_an_uneven_draw_is_corrected_by_its_probability():
    inputs, targets = draw_problem()
    full = cross_entropy(*inputs, targets).item()
    q = torch.rand(N_ITEMS) ** 2 + 0.02
    q /= q.sum()
    negatives = torch.multinomial(q, 20_000, replacement=True) + 1
    log_q = q.log()[negatives - 1]
    with torch.no_grad():
        corrected = sampled_softmax(
            *inputs, targets, negatives=negatives, log_q=log_q
        ).item()
        uncorrected = sampled_softmax(*inputs, targets, negatives=negatives).item()
    assert corrected == pytest.approx(full, abs=0.03)
    assert abs(uncorrected - full) > 0.1


def test_a_negative_that_is_the_target_does_not_count():
    inputs, _ = draw_problem(1)
    target = torch.tensor([7])
    with_hit = sampled_softmax(*inputs, target, negatives=torch.tensor([7, 9]))
    other_hit = sampled_softmax(*inputs, target, negatives=torch.tensor([9, 7]))
    assert with_hit.item() == pytest.approx(other_hit.item())
    only_hits = sampled_softmax(*inputs, target, negatives=torch.tensor([7, 7]))
    assert only_hits.item() == 0.0
    assert all((g == 0).all() for g in torch.autograd.grad(only_hits, inputs))


@pytest.mark.parametrize("target", [1, 2, 3])
def test_the_expected_sum_over_all_items_is_the_full_one_under_an_uneven_draw(target):
    logits = torch.tensor([0.3, -1.2, 0.9], dtype=torch.float64)
    q = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
    states, weight = torch.ones(1, 1, dtype=torch.float64), logits[:, None]
    expected = 0.0
    for draw in itertools.product(range(3), repeat=2):  # all there are
        columns = torch.tensor(draw)
        loss = sampled_softmax(
            states,
            weight,
            None,
            torch.tensor([target]),
            negatives=columns + 1,
            log_q=q.log()[columns],
        )
        expected += q[columns].prod() * (loss + logits[target - 1]).exp()
    torch.testing.assert_close(expected, logits.exp().sum())
