"""AdamW that works on the rows of a step alone (floor 1: torch)."""

import torch

__all__ = ["RowAdamW"]


class RowAdamW(torch.optim.AdamW):
    """AdamW whose work on a sparse gradient does not grow with the parameter [1]_ [2]_.

    A parameter with a dense gradient is updated as by `torch.optim.AdamW`. Of one with
    a sparse gradient the rows in it are. What AdamW does to a row in steps without a
    gradient - moments fade, and the fading mean goes on moving the row - is made up for
    when the row next has one, in closed form: after `g` such steps the moments are
    multiplied by ``b1^g`` and ``b2^g``, and the row has moved by
    ``lr m / sqrt(v) (r + r^2 + .. + r^g)``, where ``r = b1 / sqrt(b2)``. That takes the
    learning rate and the bias corrections as if they had not changed in between.

    Parameters
    ----------
    params : iterable
        Parameters, or groups of them, as in `torch.optim.AdamW`.
    **kwargs : dict
        Options of `torch.optim.AdamW`.

    Raises
    ------
    ValueError
        If a sparse gradient meets ``betas[0] ** 2 >= betas[1]``, where the mean does
        not fade sooner, or the options `amsgrad` or `maximize`.

    Notes
    -----
    A row that no later step touches stays where its last step left it, and rows that
    are never touched do not decay.

    References
    ----------
    .. [1] I. Loshchilov and F. Hutter (2019). Decoupled weight decay regularization.
       ICLR. arXiv:1711.05101
    .. [2] J. Duchi, M. I. Jordan and B. McMahan (2013). Estimation, optimization, and
       parallelism when data is sparse. NeurIPS. (What a step leaves out is done when it
       is next needed.)

    Examples
    --------
    >>> from seqrec.nn.row_gradients import take_rows
    >>> weight = torch.nn.Parameter(torch.zeros(1000, 2))
    >>> optimizer = RowAdamW([weight], lr=0.1)
    >>> take_rows(weight, torch.tensor([3, 7])).sum().backward()
    >>> _ = optimizer.step()
    >>> weight.detach().any(dim=1).nonzero()[:, 0]
    tensor([3, 7])
    """

    def __init__(self, params, **kwargs):
        super().__init__(params, **kwargs)

    def step(self, closure=None):
        """Update the parameters.

        Parameters
        ----------
        closure : callable, default=None
            Computes gradients and returns the loss.

        Returns
        -------
        loss : Tensor or None
            What the closure returned. Sparse gradients are gone afterwards.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                grad = parameter.grad
                if grad is not None and grad.is_sparse:
                    self._update_rows(parameter, grad.coalesce(), group)
                    parameter.grad = None
        super().step()
        return loss

    @torch.no_grad()
    def _update_rows(self, parameter, grad, group):
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())
            state["last_step"] = parameter.new_zeros(len(parameter))
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        state["step"] += 1
        step = int(state["step"])
        first, second = group["betas"]
        if first**2 >= second or group["amsgrad"] or group["maximize"]:
            raise ValueError(
                f"RowAdamW updates rows with a first of 'betas' below the root of the "
                f"second, and without 'amsgrad' and 'maximize'. Got betas="
                f"{group['betas']!r}, amsgrad={group['amsgrad']}, maximize="
                f"{group['maximize']}. Use torch.optim.AdamW on dense gradients."
            )
        lr, eps = group["lr"], group["eps"]
        rows, values = grad.indices()[0], grad.values()
        last = state["last_step"].index_select(0, rows)
        gap = step - 1 - last
        state["last_step"].index_fill_(0, rows, step)
        mean, square = (
            state[name].index_select(0, rows) for name in ("exp_avg", "exp_avg_sq")
        )
        # What happened in the steps between; nothing yet where a row is new.
        ratio = first / second**0.5
        reach = ratio * (1 - ratio**gap) / (1 - ratio) * (1 - second**last).sqrt()
        reach /= (1 - first**last).clamp_(min=1 - first)
        wide = (...,) + (None,) * (values.dim() - 1)
        move = mean.mul(reach[wide]).div_(square.sqrt().add_(eps))
        mean.mul_((first**gap)[wide]).lerp_(values, 1 - first)
        square.mul_((second ** (gap + 1))[wide])
        square.addcmul_(values, values, value=1 - second)
        state["exp_avg"].index_copy_(0, rows, mean)
        state["exp_avg_sq"].index_copy_(0, rows, square)
        mean.div_(1 - first**step)
        move += mean.div_(square.div_(1 - second**step).sqrt_().add_(eps))
        if group["weight_decay"]:
            kept = (1 - lr * group["weight_decay"]) ** (gap + 1)
            current = parameter.index_select(0, rows).mul_(kept[wide])
            parameter.index_copy_(0, rows, current.sub_(move, alpha=lr))
        else:
            parameter.index_add_(0, rows, move, alpha=-lr)
