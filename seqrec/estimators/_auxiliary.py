"""Further targets of the next event, learned beside the item."""

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from seqrec._validation.params import check_real

__all__ = ["AuxiliaryTask", "choose_tasks"]

KINDS = ("regression", "classification")
_ITEM_PART = "item"  # what the history calls the loss of the items
_DEFAULT_WEIGHT = 0.1


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

    def targets(self, column):
        """Return a channel as targets: numbers, or categories from 0; NaN if unknown.

        A category that was not there when the network was made counts as unknown.
        """
        if self.kind == "regression":
            return column
        is_known = (column > 0) & (column <= self.width)
        return np.where(is_known, column - 1, np.nan).astype(np.float32)

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
        Factor of the losses: one for all, or by channel (0.1 for those left out).
    """
    sequences = sequences._compact()  # nothing but the events of these rows
    if isinstance(weight, dict):
        unknown = [name for name in weight if name not in wanted]
        if unknown:
            raise ValueError(
                f"auxiliary_weight names {unknown[0]!r}, which is none of the "
                f"auxiliary_targets: {', '.join(map(repr, wanted)) or 'none'}."
            )
    tasks = []
    for name, kind in wanted.items():
        if name == _ITEM_PART:
            raise ValueError(
                f"An auxiliary target cannot be named {name!r}, which is what the "
                f"history calls the loss of the items. Rename the column."
            )
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
        factor = weight
        if isinstance(weight, dict):
            factor = check_real(
                f"auxiliary_weight[{name!r}]",
                weight.get(name, _DEFAULT_WEIGHT),
                owner="AttentionSequenceRecommender",
                finite=True,
            )
        tasks.append(AuxiliaryTask(name, kind, width, float(factor)))
    return tuple(tasks)
