"""Courses of the learning rate that the study tries beside the one that seqrec has."""

from seqrec.estimators._net import OneCycle

__all__ = ["Schedule"]

_WARM_UP = 0.1


class Schedule(OneCycle):
    """Set the learning rate of each step, after seqrec's own callback has.

    Parameters
    ----------
    course : {"constant", "linear", "linear without a rise"}
        The same rate in every step; a rise over a tenth of training and then a fall to
        zero along a line; or that fall from the first step on.
    """

    def __init__(self, course):
        self.course = course

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        if not training:
            return
        done = min(1.0, self.step_ / self.total_)
        if self.course == "constant":
            factor = 1.0
        elif self.course == "linear without a rise":
            factor = 1.0 - done
        else:
            factor = min((done + 1 / self.total_) / _WARM_UP, (1 - done) / 0.9)
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr * factor
        self.step_ += 1
