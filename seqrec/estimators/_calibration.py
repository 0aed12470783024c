"""What votes beside a network are worth, chosen on targets it was not trained on."""

import torch

from seqrec.metrics.ndcg import ndcg_at_ranks

__all__ = ["calibrate_memories", "calibrated_share"]

_SHARE = 0.05  # of the rows, whose target is held out
_MOST_ROWS = 4096
_FEWEST_ROWS = 200  # of a log; in a smaller one all are trained on
_FACTORS = (0.5, 1.5, 2.0, 3.0, 4.5)
_SMALLEST = 1e-6  # weights stay above 0
_K = 10


def calibrated_share(n_rows):
    """Return the share of rows whose target is held out for calibration."""
    return 0.0 if n_rows < _FEWEST_ROWS else min(_SHARE, _MOST_ROWS / n_rows)


@torch.no_grad()
def calibrate_memories(module, held_out):
    """Multiply what votes are worth by what ranks the held-out targets best.

    A network knows the transitions that it was trained on better than those to come.
    In training it leaves the votes less to tell, so that they get too small a say.

    Parameters
    ----------
    module : SequenceNet
        Trained; the weights of its `memory` are changed, one kind after the other.
    held_out : HeldOutRanks
        Ranks targets that were not trained on; knows the memories.
    """
    module.eval()
    raw = module.memory.raw_weight
    best = _mean_ndcg(module, held_out)
    for kind in range(len(raw)):
        start = module.memory.weight[kind].item()
        kept = raw[kind].item()
        for factor in _FACTORS:
            weight = torch.tensor(max(factor * start, _SMALLEST), dtype=torch.float64)
            raw[kind] = weight.expm1().log()
            found = _mean_ndcg(module, held_out)
            if found > best:
                best, kept = found, raw[kind].item()
        raw[kind] = kept


def _mean_ndcg(module, held_out):
    return float(ndcg_at_ranks(held_out(module), k=_K).mean())
