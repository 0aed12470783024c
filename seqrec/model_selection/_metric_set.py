"""MetricSet: which metrics are asked for, and their values for what was judged."""

import numpy as np

from seqrec._validation.params import check_option
from seqrec.metrics.auc import auc_at_ranks
from seqrec.metrics.coverage import catalogue_coverage
from seqrec.metrics.expected import expected_at_ranks
from seqrec.metrics.exposure import exposure_gap
from seqrec.metrics.gini import gini
from seqrec.metrics.group_gap import group_gap
from seqrec.metrics.intra_list_diversity import intra_list_diversity
from seqrec.metrics.inverse_propensity import (
    inverse_propensity_mean,
    popularity_propensities,
)
from seqrec.metrics.names import parse_metric
from seqrec.metrics.novelty import novelty
from seqrec.metrics.popularity_bias import popularity_bias
from seqrec.metrics.registry import LIST_METRICS, METRICS, RANK_METRICS
from seqrec.metrics.serendipity import serendipity

__all__ = ["TIES", "MetricSet"]

TIES = ("mean", "expected", "optimistic", "pessimistic")
_PROPENSITIES = ("popularity",)
_NEGATED = "neg_"
_GAP = "_gap"
_SHOWN = 5
# One value for all rows together; the others of `LIST_METRICS` have one a row.
_OF_ALL_ROWS = {"coverage", "exposure_gap", "gini"}
_LOWER_IS_BETTER = {"exposure_gap", "gini", "popularity_bias"}


class MetricSet:
    """Metrics by name, with what they need beside the rankings.

    Parameters
    ----------
    metrics : list of str
        Such as ``"ndcg@10"``; ``"neg_"`` before a name turns the sign.
    ties : {"mean", "expected", "optimistic", "pessimistic"}
        Place of a target among the other items with its score.
    item_features : mapping of item id to vector, or None
        For ``"intra_list_diversity"``.
    item_groups : mapping of item id to label, or None
        For ``"exposure_gap"``.
    user_groups : mapping of user id to label, or None
        For ``"<name>_gap"``.
    propensity : {"popularity"} or None
        Weigh targets by the inverse of their item's popularity.
    owner : str
        Who asks, for errors.
    """

    def __init__(
        self,
        metrics,
        *,
        ties="mean",
        item_features=None,
        item_groups=None,
        user_groups=None,
        propensity=None,
        owner,
    ):
        check_option("ties", ties, TIES, owner=owner)
        if propensity is not None:
            check_option("propensity", propensity, _PROPENSITIES, owner=owner)
        self.metrics = _check_names(metrics, owner)
        self.ties = ties
        self.propensity = propensity
        self._parsed = {one: _parse(one) for one in self.metrics}
        self._features = _as_mapping("item_features", item_features, owner)
        self._item_groups = _as_mapping("item_groups", item_groups, owner)
        self._user_groups = _as_mapping("user_groups", user_groups, owner)
        self._check_needs(owner)

    def _check_needs(self, owner):
        for metric, (name, _, _) in self._parsed.items():
            for needed, given, wants in (
                ("intra_list_diversity", self._features, "item_features"),
                ("exposure_gap", self._item_groups, "item_groups"),
            ):
                if name == needed and given is None:
                    raise ValueError(
                        f"{metric!r} needs {wants}=, a mapping of item ids. Got None; "
                        f"pass it to {owner}, or leave the metric out."
                    )
            if _is_gap(name) and self._user_groups is None:
                raise ValueError(
                    f"{metric!r} needs user_groups=, a mapping of user ids. Got None; "
                    f"pass it to {owner}, or leave the metric out."
                )

    def __iter__(self):
        return iter(self.metrics)

    def check_ids(self, items, users):
        """Raise if an item or a user lacks the feature or group that is needed.

        Parameters
        ----------
        items : ndarray
            Ids of all items that may be in a catalogue.
        users : ndarray
            Ids of all users that are tested.
        """
        if self._features is not None:
            _vectors_of(self._features, items)
        if self._item_groups is not None:
            _values_of(self._item_groups, items, "item_groups", "items")
        if self._user_groups is not None:
            group_labels(self._user_groups, np.unique(users))

    @property
    def list_length(self):
        """Length of the lists that the metrics look at; None if they look at none."""
        return max(
            (k for name, k, _ in self._parsed.values() if name in LIST_METRICS),
            default=None,
        )

    def has_row_values(self, metric):
        """Tell whether a metric has one value a row, whose mean is reported."""
        name = self._parsed[metric][0]
        return name not in _OF_ALL_ROWS and not _is_gap(name)

    def is_accuracy(self, metric):
        """Tell whether a metric looks at where the targets are."""
        return self._parsed[metric][0] in {*METRICS, "auc"}

    def lower_is_better(self, metric):
        """Tell whether a smaller value is the better one."""
        name, _, sign = self._parsed[metric]
        return (name in _LOWER_IS_BETTER or _is_gap(name)) == (sign > 0)

    def row_values(self, metric, judged):
        """Return the value of each row, shape (n,); NaN where it is not defined."""
        name, k, sign = self._parsed[metric]
        if name in LIST_METRICS:
            return sign * self._list_values(name, k, judged)
        return sign * self._rank_values(name, k, judged)

    def summary(self, metric, judged):
        """Return the value of a metric for all rows together, a float."""
        name, k, sign = self._parsed[metric]
        if not self.has_row_values(metric):
            return sign * self._of_all_rows(name, k, judged)
        values = self.row_values(metric, judged)
        if self.propensity is None or not self.is_accuracy(metric):
            return _mean(values)
        return inverse_propensity_mean(values, self.target_propensities(judged)).mean

    def target_propensities(self, judged):
        """Return how likely each target was to be observed, shape (n,), up to scale."""
        of_items = popularity_propensities(judged.popularity)
        unknown = judged.targets < 1  # as unlikely as the least popular item
        found = of_items[np.where(unknown, 1, judged.targets) - 1]
        return np.where(unknown, of_items.min(), found)

    def _rank_values(self, name, k, judged):
        if name == "auc":
            return auc_at_ranks(self._ranks(judged), n_ranked=judged.n_ranked)
        if self.ties == "expected":
            return expected_at_ranks(name, judged.best, judged.worst, k=k)
        return RANK_METRICS[name](self._ranks(judged), k=k)

    def _ranks(self, judged):
        if self.ties == "optimistic":
            return judged.best
        if self.ties == "pessimistic":
            return judged.worst
        return (judged.best + judged.worst) / 2

    def _list_values(self, name, k, judged):
        counts = judged.popularity
        if name == "novelty":
            return novelty(judged.lists, counts, k=k)
        if name == "popularity_bias":
            return popularity_bias(judged.lists, counts, k=k)
        if name == "intra_list_diversity":
            features = _vectors_of(self._features, judged.items)
            return intra_list_diversity(judged.lists, features, k=k)
        popular = np.argsort(-counts, kind="stable")[:k] + 1
        return serendipity(judged.targets, judged.lists, popular, k=k)

    def _of_all_rows(self, name, k, judged):
        if _is_gap(name):
            values = self._rank_values(name.removesuffix(_GAP), k, judged)
            return group_gap(values, group_labels(self._user_groups, judged.users))
        n_items = len(judged.items)
        if name == "coverage":
            return catalogue_coverage(judged.lists, k=k, n_items=n_items)
        if name == "gini":
            return gini(judged.lists, k=k, n_items=n_items)
        items = judged.items
        groups = _values_of(self._item_groups, items, "item_groups", "items")
        labels = [str(one) for one in groups]
        _, numbers = np.unique(labels, return_inverse=True)
        return exposure_gap(judged.lists, numbers, k=k)


def group_labels(groups, users):
    """Return the label of each user's group, shape (n,); raise for users without."""
    labels = _values_of(groups, users, "user_groups", "users")
    return np.array([str(one) for one in labels])


def _vectors_of(features, items):
    """Return the features of items, shape (n_items, d); raise for unequal lengths."""
    vectors = _values_of(features, items, "item_features", "items")
    lengths = {np.shape(one) for one in vectors}
    if len(lengths) > 1 or len(next(iter(lengths), (1,))) != 1:
        raise ValueError(
            f"item_features must give each item a vector of one length. Got shapes "
            f"{sorted(lengths)[:_SHOWN]}."
        )
    return np.array(vectors, dtype=np.float64)


def _values_of(mapping, ids, name, what):
    """Return the value of each id; raise for those without."""
    ids = np.asarray(ids).tolist()
    missing = [one for one in ids if one not in mapping]
    if missing:
        shown = ", ".join(map(repr, missing[:_SHOWN]))
        more = ", ..." if len(missing) > _SHOWN else ""
        raise ValueError(
            f"{name} lacks {len(missing)} {what}: {shown}{more}. Give each a value; "
            f"ids are compared as they stand in the log, 1 is not '1'."
        )
    return [mapping[one] for one in ids]


def _check_names(metrics, owner):
    if not isinstance(metrics, (list, tuple)):
        raise TypeError(
            f"The 'metrics' parameter of {owner} must be a str such as 'ndcg@10' or a "
            f"list of them. Got {metrics!r} instead."
        )
    for metric in metrics:
        _parse(metric)
    if not metrics or len(set(metrics)) < len(metrics):
        raise ValueError(
            f"The 'metrics' parameter of {owner} must hold one metric or more, each "
            f"once. Got {metrics!r} instead."
        )
    return list(metrics)


def _parse(metric):
    if isinstance(metric, str) and metric.startswith(_NEGATED):
        return *parse_metric(metric.removeprefix(_NEGATED)), -1.0
    return *parse_metric(metric), 1.0


def _is_gap(name):
    return name.endswith(_GAP) and name != "exposure_gap"


def _as_mapping(name, given, owner):
    if given is None:
        return None
    if not hasattr(given, "keys"):
        raise TypeError(
            f"The {name!r} parameter of {owner} must be a mapping of ids, such as a "
            f"dict or a pandas Series. Got {type(given).__name__} instead."
        )
    ids = list(given.keys())
    if len(set(ids)) < len(ids):
        raise ValueError(
            f"The {name!r} parameter of {owner} must give each id one value. Got "
            f"{len(ids)} values for {len(set(ids))} ids."
        )
    return dict(given)


def _mean(values):
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else np.nan
