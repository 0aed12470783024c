import pytest
import torch

from seqrec.nn.losses import LOSSES, _blocks


@pytest.mark.parametrize(
    ("n_columns", "rows"),
    [(1, 2**19), (1_682, 311), (12_101, 128), (100_000, 128), (2**20, 32), (2**26, 1)],
)
def test_a_block_holds_a_bounded_number_of_logits(n_columns, rows):
    assert _blocks.block_rows(n_columns, "cpu") == rows


@pytest.mark.parametrize("name", LOSSES)
def test_the_logits_are_never_whole_in_memory(name, monkeypatch):
    monkeypatch.setattr(_blocks, "block_rows", lambda *_: 8)
    seen = []
    original = _blocks._Logits.fill

    def spy(logits, rows, out):
        seen.append(tuple(out.shape))
        return original(logits, rows, out)

    monkeypatch.setattr(_blocks._Logits, "fill", spy)
    states, weight = torch.randn(50, 3), torch.randn(20, 3)
    targets = torch.ones(50, dtype=torch.int64)
    loss, options, n_columns = LOSSES[name], {}, 20
    if loss.needs_negatives:
        options["negatives"], n_columns = torch.arange(2, 6), 5
    loss(states, weight, None, targets, **options)
    assert seen == [(8, n_columns)] * 6 + [(2, n_columns)]


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "softmax"])
def test_negatives_keep_no_graph_of_the_logits(name, monkeypatch):
    monkeypatch.setattr(_blocks, "block_rows", lambda *_: 8)
    states = torch.randn(50, 3, requires_grad=True)
    targets = torch.ones(50, dtype=torch.int64)
    kept = []

    def note(tensor):
        kept.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        LOSSES[name](
            states, torch.randn(9, 3), None, targets, negatives=torch.arange(2, 9)
        )
    assert max(kept) == 50 * 3  # the gradient of the states


@pytest.mark.parametrize("name", LOSSES)
def test_offsets_count_as_a_further_dimension_would(name, monkeypatch):
    monkeypatch.setattr(_blocks, "block_rows", lambda *_: 3)
    loss = LOSSES[name]
    states, weight = torch.randn(7, 4).double(), torch.randn(9, 4).double()
    targets = torch.tensor([1, 3, 9, 9, 2, 5, 5])
    compared = torch.arange(1, 10).repeat(7, 1)
    options = {}
    if loss.needs_negatives:
        options["negatives"] = torch.tensor([2, 9, 9, 4])
        negatives = options["negatives"].repeat(7, 1)
        compared = torch.cat([targets[:, None], negatives], dim=1)
    # A dimension of the items that a state looks at adds state x item to a logit.
    by_item, by_state = torch.rand(9).double(), torch.rand(7).double()
    by_state.requires_grad_()
    offsets = by_state[:, None] * by_item[compared - 1]
    value = loss(states, weight, None, targets, offsets=offsets, **options)
    (grad,) = torch.autograd.grad(value, by_state)
    wide_states = torch.cat([states, by_state[:, None]], dim=1)
    wide_weight = torch.cat([weight, by_item[:, None]], dim=1)
    wanted = loss(wide_states, wide_weight, None, targets, **options)
    (wanted_grad,) = torch.autograd.grad(wanted, by_state)
    torch.testing.assert_close(value, wanted)
    torch.testing.assert_close(grad, wanted_grad)


def test_smoothing_spreads_over_offsets_too():
    states, weight = torch.zeros(1, 2), torch.zeros(2, 2)
    offsets = torch.tensor([[0.0, 2.0]])
    loss = LOSSES["softmax"](
        states, weight, None, torch.tensor([1]), label_smoothing=0.5, offsets=offsets
    )
    # log(1 + e^2) less 0.75 x 0 and 0.25 x 2
    torch.testing.assert_close(loss, torch.log1p(torch.tensor(2.0).exp()) - 0.5)
