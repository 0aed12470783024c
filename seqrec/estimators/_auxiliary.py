"""Further targets of the next event, learned beside the item."""

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

__all__ = ["AuxiliaryTask", "choose_tasks"]

KINDS = ("regression", "classification")


class AuxiliaryTask(NamedTuple):
    """One further target.

    Attributes
    ----------
    name : str
        The context channel that holds it.
    kind : {"regression", "classification"}
        Squared error of a number, or cross-entropy of a category.
    width : int
        Linear outputs it takes: 1, or one a category.
    weight : float
        Factor of its loss beside that of the items.
    """

    name: str
    kind: str
    width: int
    weight: float

    def loss(self, values, targets):
        """Return the mean loss over the targets that are known; 0.0 without any.

        Parameters
        ----------
        values : Tensor of shape (N, width)
            Outputs of the network.
        targets : Tensor of shape (N,)
            Numbers, or category codes from 0; NaN where unknown.
        """
        known = ~targets.isnan()
        n_known = known.sum().clamp(min=1)
        filled = targets.masked_fill(~known, 0.0)
        if self.kind == "regression":
            errors = (values[:, 0].float() - filled) ** 2
        else:
            errors = F.cross_entropy(values.float(), filled.long(), reduction="none")
        return (errors * known).sum() / n_known

    def answer(self, values):
        """Return a number (N,), or the probability of each category (N, width)."""
        if self.kind == "regression":
            return values[:, 0]
        return torch.softmax(values, dim=1)


def choose_tasks(sequences, wanted, weight):
    """Return the tasks that a fit on these sequences learns.

    Parameters
    ----------
    sequences : Sequences
        What is learned from.
    wanted : dict of str to str
        Channel -> kind.
    weight : float or dict of str to float
        Factor of the losses: one for all, or by channel.
    """
    tasks = []
    for name, kind in wanted.items():
        if kind not in KINDS:
            raise ValueError(
                f"auxiliary_targets[{name!r}] must be 'regression' or "
                f"'classification'. Got {kind!r}."
            )
        if name not in sequences.context:
            listed = ", ".join(map(repr, sequences.context)) or "none"
            raise ValueError(
                f"auxiliary_targets names the channel {name!r}, which these sequences "
                f"do not have. They have: {listed}. List it in "
                f"SequenceEncoder(context=...)."
            )
        column = sequences.context[name]
        if (column.dtype.kind == "f") != (kind == "regression"):
            holds = "numbers" if column.dtype.kind == "f" else "categories"
            other = KINDS[kind == "regression"]
            raise ValueError(
                f"auxiliary_targets[{name!r}] is {kind!r}, but the channel holds "
                f"{holds}. Use {other!r}."
            )
        width = 1 if kind == "regression" else max(1, int(np.max(column, initial=0)))
        factor = weight.get(name, 1.0) if isinstance(weight, dict) else weight
        tasks.append(AuxiliaryTask(name, kind, width, float(factor)))
    return tuple(tasks)
