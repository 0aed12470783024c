"""The models that commands build, by the names that people see."""

from sklearn.pipeline import make_pipeline

from seqrec.datasets import read_events
from seqrec.estimators import AttentionSequenceRecommender
from seqrec.model_selection._baselines import make_baselines
from seqrec.preprocessing import SequenceEncoder

__all__ = ["NETWORK", "Columns", "build_baselines", "build_network", "given"]

NETWORK = "attention network"


class Columns:
    """Which columns of an event log say what; one object for reading and splitting.

    Parameters
    ----------
    user, item : str
        Columns of the ids.
    time : str
        Column of the times; an empty text for rows that are in order.
    time_unit : str
        Unit of times given as numbers.
    """

    def __init__(self, user, item, time, time_unit):
        self.user = user
        self.item = item
        self.time = time or None
        self.time_unit = str(time_unit)

    def read(self, events, separator):
        """Return the events of a file as a polars table."""
        return read_events(
            events,
            user=self.user,
            item=self.item,
            time=self.time,
            separator=separator,
            frame="polars",
        )

    def encoder(self):
        """Return a `SequenceEncoder` of these columns."""
        return SequenceEncoder(
            self.user, self.item, time=self.time, time_unit=self.time_unit
        )

    def split_params(self):
        """Return what a splitter needs to know."""
        return {"user": self.user, "time": self.time, "time_unit": self.time_unit}


def given(**params):
    """Return the parameters that are not None."""
    return {name: value for name, value in params.items() if value is not None}


def build_network(columns, seed, **params):
    """Return an unfitted pipeline that ends in the network."""
    network = AttentionSequenceRecommender(random_state=seed, **given(**params))
    return make_pipeline(columns.encoder(), network)


def build_baselines(columns):
    """Return unfitted pipelines of the baselines, by name."""
    return make_baselines(item=columns.item, has_times=False, **columns.split_params())
