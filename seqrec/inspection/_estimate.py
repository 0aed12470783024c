"""The estimate of what a fit takes, from trials of its parts."""

import time

import torch
from sklearn.base import clone

from seqrec._process import (
    PeakMemory,
    array_bytes,
    available_memory,
    resident_memory,
)
from seqrec.data.sequences import Sequences
from seqrec.estimators._attention import AttentionSequenceRecommender
from seqrec.estimators._inputs import as_sequences
from seqrec.estimators._net import choose_device
from seqrec.inspection._fit_profile import FitProfile
from seqrec.inspection._start_cost import start_cost
from seqrec.inspection._stopwatch import Stopwatch
from seqrec.inspection._trial import StepTimer, run_trial
from seqrec.nn.losses import LOSSES
from seqrec.nn.losses._blocks import block_rows

__all__ = ["BUSY", "estimate"]

_FLOAT = 4  # bytes
_SHORT_START = 2.0  # seconds; a start that takes longer is told from samples alone
BUSY = 0.9  # share of a core that a thread gets where it is alone, at least
_HELD_OUT = 400  # rows that are scored to time the validation


def estimate(steps, model, X, y, budget):
    """Return the profile of a fit that has not begun.

    Parameters
    ----------
    steps : Pipeline or None
        What comes before the model.
    model : SequenceModel
        What would be fitted.
    X, y : object
        What the steps, or else the model, would be fitted on.
    budget : float
        Seconds that training steps are timed for.
    """
    began = time.perf_counter()
    _wake_torch()
    device = choose_device(model.device)
    with PeakMemory() as memory:
        available = available_memory()
        rows, seconds = _encode(steps, model, X, y)
        sizes = {"baseline": memory.start or 0}
        if steps is not None:
            sizes["encode"] = _more(memory.lap(), memory.start)
            sizes["sequences"] = _sequence_bytes(rows)
        sequences = rows if isinstance(rows, Sequences) else None
        known = {
            "estimator": type(model).__name__,
            "n_rows": len(rows),
            "n_events": None if sequences is None else int(sequences.lengths.sum()),
            "n_items": None if sequences is None else sequences.n_items,
            "device": device,
            "available_memory": available,
            "available_device_memory": (
                torch.cuda.mem_get_info(device)[0]
                if device.startswith("cuda")
                else None
            ),
        }
        tables = _table_bytes(model, sequences)
        room = known["available_device_memory"] or available
        if room is not None and 4 * tables > room:
            known.update(_untried(tables))
        else:
            known.update(_try(model, rows, y, budget, memory, known["n_items"]))
    return FitProfile(
        **{
            **known,
            "seconds": {**seconds, **known["seconds"]},
            "memory": {**sizes, **known["memory"]},
            "estimate_seconds": time.perf_counter() - began,
        }
    )


def _wake_torch():
    """Let torch load what the first optimiser of a process needs."""
    weight = torch.zeros(1, requires_grad=True)
    weight.grad = torch.zeros(1)
    torch.optim.AdamW([weight]).step()


def _encode(steps, model, X, y):
    """Return the rows that the model is fitted on, and the seconds that they took."""
    start = time.perf_counter()
    rows = X if steps is None else clone(steps).fit_transform(X, y)
    seconds = time.perf_counter() - start
    if isinstance(model, AttentionSequenceRecommender) and y is None:
        rows = as_sequences(rows, None, type(model).__name__)
    return rows, {} if steps is None else {"encode": seconds}


def _more(now, before):
    return max(0, (now or 0) - (before or 0))


def _sequence_bytes(rows):
    if not isinstance(rows, Sequences):
        return array_bytes([rows])
    columns = [*vars(rows).values(), *rows.context.values()]
    return array_bytes(columns)


def _table_bytes(model, sequences):
    """Return the bytes of the item vectors, all other parameters left aside."""
    if sequences is None:
        return 0
    n_tables = 2 if getattr(model, "head", None) == "linear" else 1
    return n_tables * sequences.n_items * model.embedding_dim * _FLOAT


def _untried(tables):
    """Return what is known of a network that is too large to be built."""
    sizes = {"parameters": tables, "gradients": tables, "optimiser": 2 * tables}
    note = (
        "The network was not built, since its item vectors would not fit into memory "
        "with their gradients and the state of the optimiser; how long the fit takes "
        "is unknown."
    )
    return {
        "n_parameters": None,
        "n_batches": None,
        "batch_size": None,
        "n_epochs": None,
        "n_timed": 0,
        "seconds": {},
        "memory": sizes,
        "notes": (note,),
    }


def _try(model, rows, y, budget, memory, n_items):
    """Return what a trial tells of the fit."""
    start_seconds, start_bytes = 0.0, 0.0
    if isinstance(model, AttentionSequenceRecommender) and isinstance(rows, Sequences):
        start_seconds, start_bytes = start_cost(model, rows, y is not None)
    is_long = start_seconds > _SHORT_START
    params, share = _hold_out_less(model, rows, y)
    if is_long:
        params["embedding_init"] = "normal"
    memory.lap()
    held = resident_memory()
    trial = StepTimer(Stopwatch(), budget, memory)
    run_trial(model, rows, y, trial, **params)
    past = trial.watch.by_part()
    n_epochs = trial.n_epochs_
    n_steps = trial.n_batches_ * n_epochs - trial.n_warm_up_
    seconds = {
        "prepare": past["prepare"],
        "start": start_seconds / trial.busy_ if is_long else past["start"],
        **{
            part: trial.warm_up_[part] + each * n_steps
            for part, each in trial.step_.items()
        },
    }
    seconds["batches"] += n_epochs * trial.epoch_
    seconds["validation"] = n_epochs * share * trial.validation_
    seconds["rest"] = seconds.pop("rest")
    sizes = {"prepare": _more(trial.prepare_peak_, held), "start": int(start_bytes)}
    sizes |= trial.bytes_
    sizes["batch"] += _logit_bytes(model, trial, n_items)
    sizes["rest"] = _more(trial.step_peak_, held + sum(trial.bytes_.values()))
    return {
        "n_parameters": trial.n_parameters_,
        "n_batches": trial.n_batches_,
        "batch_size": trial.batch_size_,
        "n_epochs": n_epochs,
        "n_timed": trial.n_timed_,
        "seconds": seconds,
        "memory": sizes,
        "notes": _busy_note(trial, sum(seconds.values())),
    }


def _busy_note(trial, seconds):
    """Return a note where other processes made the trial slower, on a CPU."""
    if trial.busy_ > BUSY:
        return ()
    return (
        f"Other processes had the core for {1 - trial.busy_:.0%} of the trial; alone, "
        f"the fit would take about {seconds * trial.busy_:,.3g} seconds.",
    )


def _hold_out_less(model, rows, y):
    """Return parameters of a trial that holds out less, and how many times less.

    It does not end for want of a better score.
    """
    if not model.early_stopping:
        return {}, 1.0
    eligible = len(rows)
    if isinstance(rows, Sequences) and y is None:
        eligible = int((rows.lengths > 2).sum())
    fraction = min(model.validation_fraction, _HELD_OUT / max(1, eligible))
    params = {"validation_fraction": fraction, "n_iter_no_change": model.max_epochs}
    return params, model.validation_fraction / fraction


def _logit_bytes(model, trial, n_items):
    """Return the bytes of the block of logits that the loss over items computes."""
    if trial.loss_ not in LOSSES or n_items is None:
        return 0
    sampled = LOSSES[trial.loss_].needs_negatives
    n_columns = trial.n_negatives_ + 1 if sampled else n_items
    n_rows = block_rows(n_columns, torch.device(trial.device_).type)
    return min(n_rows, trial.batch_size_) * n_columns * _FLOAT
