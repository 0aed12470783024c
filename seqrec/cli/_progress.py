"""Progress bars on stderr; none where nobody watches."""

import contextlib

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from skorch.callbacks import Callback

from seqrec.estimators import AttentionSequenceRecommender

__all__ = ["EpochProgress", "fit_shown", "open_progress"]


def open_progress(quiet):
    """Return a progress display, to be used as a context."""
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        Elapsed(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )


class EpochProgress(Callback):
    """Advances a bar after each epoch.

    Parameters
    ----------
    progress : rich.progress.Progress
        The display.
    task : int
        Which of its bars.
    """

    def __init__(self, progress, task):
        self.progress = progress
        self.task = task

    def on_epoch_end(self, net, **kwargs):
        """Show how many epochs are done, and the loss."""
        loss = net.history[-1, "train_loss"]
        note = f"epoch {len(net.history)}, loss {loss:.3f}"
        self.progress.update(self.task, advance=1, note=note)


def fit_shown(model, events, name, progress):
    """Fit a pipeline, with a bar of epochs if it ends in the network."""
    final = model.steps[-1][1] if hasattr(model, "steps") else model
    is_network = isinstance(final, AttentionSequenceRecommender)
    total = final.max_epochs if is_network else None
    task = progress.add_task(f"Fitting {name}", total=total, note="")
    with contextlib.ExitStack() as stack:
        stack.callback(progress.remove_task, task)
        if is_network and not progress.disable:
            own = final.callbacks
            # Taken off again: a bar cannot be saved with the model.
            stack.callback(final.set_params, callbacks=own)
            final.set_params(callbacks=[*(own or ()), EpochProgress(progress, task)])
        return model.fit(events)
