"""A trained net as plain arrays, and back; nothing of training is kept."""

import warnings

import numpy as np
import torch
from skorch.history import History

from seqrec.estimators._net import build_net, choose_device, seeded

__all__ = ["forget_training", "net_from_arrays", "net_to_arrays"]


def forget_training(net):
    """Drop what only training needs: gradients, optimiser state, callbacks."""
    net.module_.zero_grad(set_to_none=True)
    net.module_.eval()
    net.optimizer_.state.clear()
    net.callbacks_ = []


def net_to_arrays(net):
    """Return what `net_from_arrays` needs: weights on the CPU, history, settings."""
    weights = net.module_.state_dict().items()
    return {
        "weights": {name: value.detach().cpu().numpy() for name, value in weights},
        "history": list(net.history),
        "module": net.get_params_for("module"),
    }


def net_from_arrays(estimator, saved):
    """Return the net of saved arrays, which may be read-only maps of a file."""
    device = "cpu"
    if estimator.device == "auto" or torch.cuda.is_available():
        device = choose_device(estimator.device)
    net = build_net(estimator, 1, device, [], trains=False)
    module = saved["module"].items()
    net.set_params(**{f"module__{name}": value for name, value in module})
    with seeded(0, device):
        net.initialize()
    with warnings.catch_warnings():
        # A read-only array is fine: training copies the weights first.
        warnings.filterwarnings("ignore", message="The given NumPy array is not w")
        weights = {
            name: torch.from_numpy(np.asarray(value))
            for name, value in saved["weights"].items()
        }
    net.module_.load_state_dict(weights, assign=device == "cpu")
    net.module_.eval()
    net.history_ = History(saved["history"])
    return net
