"""A loss and its gradients in one step, in blocks of rows (floor 1: torch).

Axes: N targets, D width of a state, V columns of logits.
"""

import torch
from torch.autograd.function import once_differentiable

__all__ = ["AllItems", "SampledItems", "blocked_loss", "blocked_softmax_loss"]

# A block of logits that stays in the caches of a CPU is fastest (measured on 1,682 to
# 50,000 items: 1.4 times the bare matrix products; 512 rows and more took up to twice
# as long). Other devices want few, large launches.
_CPU_BLOCK_SIZE = 2**19
_BLOCK_SIZE = 2**24
_MIN_ROWS = 128
_MAX_BLOCK_SIZE = 2**25


class AllItems:
    """Every target is one of the columns."""

    n_own_columns = 0

    def __init__(self, columns):
        self.columns = columns  # (N,)

    def place(self, logits, own, rows):
        """Return the column of each target of some rows, of shape (rows, 1)."""
        return self.columns[rows, None]


class SampledItems:
    """Targets stand in a column of their own, before those of the negatives."""

    n_own_columns = 1

    def __init__(self, targets, negatives):
        self.targets = targets  # (N,)
        self.negatives = negatives  # (V,)

    def place(self, logits, own, rows):
        """Write the targets' logits, and hide a negative that is the target."""
        targets = self.targets[rows, None]
        logits[:, :1] = own[rows, None]
        # Few targets are drawn as negatives; only their rows are looked through.
        hit = torch.isin(targets[:, 0], self.negatives).nonzero()[:, 0]
        if len(hit):
            row, column = (targets[hit] == self.negatives).nonzero(as_tuple=True)
            logits[hit[row], column + 1] = torch.finfo(logits.dtype).min
        return torch.zeros_like(targets)


def blocked_softmax_loss(states, weight, bias, own, items):
    """Return the mean of ``logsumexp(logits) - target logit`` over the targets.

    `own` (N,) holds the logits of the targets where they have a column of their own.
    """
    return blocked_loss(states, weight, bias, own, items, _softmax_costs)


def blocked_loss(states, weight, bias, own, items, costs):
    """Return the mean cost of the targets.

    ``costs(logits, block, needs_grad)`` returns the cost of each target (N,) from
    logits that it fills into `block`, and adds up gradients where they are wanted.
    """
    inputs = [x for x in (states, weight, bias, own) if x is not None]
    needs_grad = torch.is_grad_enabled() and any(x.requires_grad for x in inputs)
    return _BlockedLoss.apply(states, weight, bias, own, items, costs, needs_grad)


def row_blocks(n_targets, size):
    """Yield slices of at most `size` targets."""
    for start in range(0, n_targets, size):
        yield slice(start, min(start + size, n_targets))


def block_rows(n_columns, device_type):
    """Return how many rows of logits are computed together."""
    size = _CPU_BLOCK_SIZE if device_type == "cpu" else _BLOCK_SIZE
    rows = max(_MIN_ROWS, size // n_columns)
    return max(1, min(rows, _MAX_BLOCK_SIZE // n_columns))


def product_dtype(states, weight):
    """Return the type that matrix products run in."""
    device_type = states.device.type
    if torch.is_autocast_enabled(device_type) and states.dtype != torch.float64:
        return torch.get_autocast_dtype(device_type)
    return torch.promote_types(states.dtype, weight.dtype)


class _Logits:
    """The logits of any rows, and the gradients that they hand on."""

    def __init__(self, states, weight, bias, own, items):
        product = product_dtype(states, weight)
        self.dtype = torch.promote_types(product, torch.float32)
        self.states = states.to(product)
        self.weight = weight.to(product)
        self.bias = None if bias is None else bias.to(self.dtype)
        self.own = own
        self.items = items
        self.is_wide = product == self.dtype
        self.grads: list = []

    def fill(self, rows, out):
        """Write logits into `out`; return the column of each target, (rows, 1)."""
        logits = out[:, self.items.n_own_columns :]
        states = self.states[rows]
        if self.is_wide and self.bias is not None:
            torch.addmm(self.bias, states, self.weight.t(), out=logits)
        elif self.is_wide:
            torch.mm(states, self.weight.t(), out=logits)
        else:
            logits.copy_(states @ self.weight.t())
            if self.bias is not None:
                logits += self.bias
        return self.items.place(out, self.own, rows)

    def start_gradients(self):
        """Make room for the gradients, in the type of the logits."""
        inputs = (self.states, self.weight, self.bias, self.own)
        self.grads = [
            None if x is None else torch.zeros_like(x, dtype=self.dtype) for x in inputs
        ]

    def add_gradients(self, rows, slopes):
        """Add what the slopes of the loss along the logits of some rows give."""
        grad_states, grad_weight, grad_bias, grad_own = self.grads
        if grad_own is not None:
            grad_own[rows] = slopes[:, 0]
        slopes = slopes[:, self.items.n_own_columns :]
        if grad_bias is not None:
            grad_bias += slopes.sum(dim=0)
        states = self.states[rows]
        if self.is_wide:
            torch.mm(slopes, self.weight, out=grad_states[rows])
            grad_weight.addmm_(slopes.t(), states)
        else:
            slopes = slopes.to(states.dtype)
            grad_states[rows] = slopes @ self.weight
            grad_weight += slopes.t() @ states


def _softmax_costs(logits, block, needs_grad):
    """Return minus the log-probability of each target (N,); add up gradients too."""
    n_targets, size = len(logits.states), len(block)
    probabilities = block.new_empty(n_targets)
    minus_one = block.new_full((size, 1), -1.0)
    for rows in row_blocks(n_targets, size):
        part = block[: rows.stop - rows.start]
        columns = logits.fill(rows, part)
        torch.softmax(part, dim=1, out=part)
        probabilities[rows] = part.gather(1, columns)[:, 0]
        if needs_grad:
            part.scatter_add_(1, columns, minus_one[: len(part)])
            logits.add_gradients(rows, part)
    out = probabilities.log()
    underflows = probabilities < torch.finfo(out.dtype).tiny
    if underflows.any():
        for rows in underflows.nonzero()[:, 0].split(size):
            part = block[: len(rows)]
            columns = logits.fill(rows, part)
            out[rows] = part.gather(1, columns)[:, 0] - part.logsumexp(dim=1)
    return -out


class _BlockedLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, states, weight, bias, own, items, costs, needs_grad):
        logits = _Logits(states, weight, bias, own, items)
        n_columns = len(weight) + items.n_own_columns
        n_rows = block_rows(n_columns, states.device.type)
        n_rows = max(1, min(n_rows, len(states)))
        block = states.new_empty(n_rows, n_columns, dtype=logits.dtype)
        if needs_grad:
            logits.start_gradients()
        total = costs(logits, block, needs_grad).sum()
        ctx.n_targets = max(1, len(states))
        if needs_grad:
            ctx.save_for_backward(*logits.grads)
            inputs = (states, weight, bias, own)
            ctx.dtypes = [None if x is None else x.dtype for x in inputs]
        return total / ctx.n_targets

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_loss):
        scale = grad_loss / ctx.n_targets
        grads = [
            None if grad is None else (grad * scale).to(dtype)
            for grad, dtype in zip(ctx.saved_tensors, ctx.dtypes, strict=True)
        ]
        return *grads, None, None, None
