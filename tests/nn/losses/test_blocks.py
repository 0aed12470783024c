import pytest
import torch

from seqrec.nn.losses import _blocks
from seqrec.nn.losses.cross_entropy import cross_entropy


@pytest.mark.parametrize(
    ("n_columns", "rows"),
    [(1, 2**19), (1_682, 311), (12_101, 128), (100_000, 128), (2**20, 32), (2**26, 1)],
)
def test_a_block_holds_a_bounded_number_of_logits(n_columns, rows):
    assert _blocks.block_rows(n_columns, "cpu") == rows


def test_the_logits_are_never_whole_in_memory(monkeypatch):
    monkeypatch.setattr(_blocks, "block_rows", lambda *_: 8)
    seen = []
    original = _blocks._log_probabilities

    def spy(logits, block, needs_grad):
        seen.append(block.shape)
        return original(logits, block, needs_grad)

    monkeypatch.setattr(_blocks, "_log_probabilities", spy)
    states, weight = torch.randn(50, 3), torch.randn(20, 3)
    cross_entropy(states, weight, None, torch.ones(50, dtype=torch.int64))
    assert seen == [(8, 20)]
