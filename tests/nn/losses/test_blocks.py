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
