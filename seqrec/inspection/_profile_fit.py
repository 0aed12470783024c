"""profile_fit: estimate what a fit takes, and measure where its time goes."""

import contextlib
import dataclasses
import functools
import time

import torch
from sklearn.pipeline import Pipeline

from seqrec._compat import validate_parameters
from seqrec._process import PeakMemory
from seqrec._validation.params import check_real
from seqrec._validation.warn import warn_caller
from seqrec.estimators._sequence_model import SequenceModel
from seqrec.exceptions import DataWarning
from seqrec.inspection._estimate import BUSY, estimate
from seqrec.inspection._stopwatch import PartTimer, Stopwatch, replaced

__all__ = ["profile_fit"]

_GIB = 1 << 30


def profile_fit(estimator, X, y=None, *, fit=False, budget=3.0):
    """Estimate the time and memory of a fit before it starts; measure it if asked.

    Nothing is modelled that can be measured: the log is encoded and the training data
    are prepared in full, the start of the embeddings is timed on samples of the rows,
    and training steps of a copy of the estimator are timed until the budget is used up.
    The estimator, its random state and those of the process stay as they are.

    Parameters
    ----------
    estimator : AttentionSequenceRecommender, classifier, regressor or Pipeline
        An `AttentionSequenceRecommender`, `AttentionSequenceClassifier` or
        `AttentionSequenceRegressor`, or a `Pipeline` that ends in one.
    X : object
        What the estimator is fitted on, for example an event log.
    y : object, default=None
        Its targets, where it has some.
    fit : bool, default=False
        Whether to fit the estimator afterwards. It then is the model that
        ``estimator.fit(X, y)`` makes, and the profile has what was measured, beside
        the estimate.
    budget : float, default=3.0
        Seconds that training steps are timed for. More seconds are more exact.

    Returns
    -------
    profile : FitProfile
        Seconds and bytes of each part.

    Raises
    ------
    TypeError
        If the estimator is of another kind.
    ValueError
        If `budget` is not positive, `net_params` names callbacks, or `fit` of the
        estimator would raise.

    Warns
    -----
    DataWarning
        If the fit needs more memory than can be had.

    Notes
    -----
    Seconds have these parts: "encode", the steps of the pipeline before the estimator;
    "prepare", everything between the call of `fit` and the building of the network;
    "start", building it and starting its embeddings; "batches", gathering them;
    "forward"; "loss", which here computes gradients of the logits, too; "backward";
    "optimiser", with clipping of gradients; "validation", with early stopping; and
    "rest", of skorch and further callbacks. On a GPU, each change of parts waits for
    it, so that the parts are true, and their sum more than that of an ordinary fit.

    Memory has "baseline", what the process holds before the fit, `X` included;
    "sequences" (the encoded log), "training set", "parameters", "gradients" and
    "optimiser" (its state), which are kept; "batch", what the largest step keeps for
    its backward pass, and its block of logits; and "encode", "prepare" and "start",
    what these take while they last; "rest" is what the process was seen to hold beyond
    all that, such as code of libraries. The total is the largest sum that is held at
    once. What a fit is measured to hold includes what the estimate left behind.

    If the catalogue alone exceeds the memory, the network is not built: a note says so,
    and the time stays unknown. The estimate takes a fit from scratch, all epochs and no
    further callbacks; what `compile` takes counts, although a second fit in the process
    need not take it again. It is of the machine as it is during the trial: where other
    processes share the cores, a note says what the fit would take alone. Stability:
    experimental.

    Examples
    --------
    >>> from seqrec import AttentionSequenceRecommender, profile_fit
    >>> model = AttentionSequenceRecommender(hidden_units=16, max_epochs=3)
    >>> profile = profile_fit(model, [["a", "b", "c"], ["b", "c", "a"]] * 50)
    >>> profile.n_items, profile.n_epochs, profile.total_seconds > 0
    (3, 3, True)
    """
    steps, model = _take_apart(estimator)
    check_real("budget", budget, owner="profile_fit", low_open=True)
    if not isinstance(fit, bool):
        raise TypeError(
            f"The 'fit' parameter of profile_fit must be a bool. Got {fit!r} instead."
        )
    validate_parameters(model)
    profile = estimate(steps, model, X, y, budget)
    if profile.exceeds_memory:
        warn_caller(_memory_sentence(profile), DataWarning)
    return _measure(profile, estimator, model, X, y) if fit else profile


def _take_apart(estimator):
    """Return the steps before the model, or None, and the model."""
    steps, model = None, estimator
    if isinstance(estimator, Pipeline):
        model = estimator.steps[-1][1]
        steps = estimator[:-1] if len(estimator.steps) > 1 else None
    if not isinstance(model, SequenceModel):
        raise TypeError(
            f"profile_fit takes an AttentionSequenceRecommender, "
            f"AttentionSequenceClassifier or AttentionSequenceRegressor, or a Pipeline "
            f"that ends in one. Got {type(estimator).__name__}"
            f"{'' if model is estimator else f' that ends in {type(model).__name__}'}."
        )
    if "callbacks" in (model.net_params or {}):
        raise ValueError(
            "net_params has 'callbacks', which would replace those that profile_fit "
            "adds. Give them in the callbacks parameter of the estimator."
        )
    return steps, model


def _memory_sentence(profile):
    kept = {part: size for part, size in profile.memory.items() if part != "baseline"}
    largest = max(kept, key=kept.__getitem__)
    where, needed, room = (
        "memory",
        profile.total_memory - profile.memory["baseline"],
        profile.available_memory,
    )
    if profile.device_memory is not None and profile.device_memory > (
        profile.available_device_memory or 0
    ):
        where, needed, room = (
            "memory of the GPU",
            profile.device_memory,
            profile.available_device_memory,
        )
    return (
        f"The fit would take about {needed / _GIB:,.2f} GiB more {where}, and "
        f"{room / _GIB:,.2f} GiB can be had; the largest part is {largest!r} with "
        f"{kept[largest] / _GIB:,.2f} GiB. Leave rare items out (min_item_count of "
        f"SequenceEncoder), or set a smaller embedding_dim or batch_size."
    )


def _measure(profile, estimator, model, X, y):
    """Fit the estimator and return the profile with what it took."""
    is_pipeline = estimator is not model
    watch = Stopwatch("encode" if is_pipeline else "prepare")
    timer = PartTimer(watch)
    own, run = model.callbacks, model.fit

    @functools.wraps(run)
    def run_timed(*args, **kwargs):
        watch.phase("prepare")
        try:
            return run(*args, **kwargs)
        finally:
            watch.phase("rest")

    on_gpu = profile.device.startswith("cuda")
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(profile.device)
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(PeakMemory())
        stack.callback(setattr, model, "callbacks", own)
        model.callbacks = [*(own or ()), timer]
        stack.enter_context(replaced(model, "fit", run_timed))
        worked = time.thread_time()
        estimator.fit(X, y)
        worked = time.thread_time() - worked
    measured = watch.by_part()
    return dataclasses.replace(
        profile,
        fit_seconds=measured if is_pipeline else _without(measured, "encode"),
        fit_memory=memory.peak,
        fit_device_memory=(
            torch.cuda.max_memory_allocated(profile.device) if on_gpu else None
        ),
        fit_epochs=watch.calls["epoch"],
        notes=(*profile.notes, *(() if on_gpu else _busy_note(worked, measured))),
    )


def _busy_note(worked, measured):
    """Return a note where other processes made the fit slower."""
    busy = worked / max(sum(measured.values()), worked)
    if busy > BUSY:
        return ()
    return (
        f"Other processes had the core for {1 - busy:.0%} of the fit; alone, it would "
        f"have taken about {worked:,.3g} seconds.",
    )


def _without(seconds, part):
    return {name: value for name, value in seconds.items() if name != part}
