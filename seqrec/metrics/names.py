"""Names of metrics, such as ``"ndcg@10"`` (floor 1: numpy alone)."""

import re

from seqrec._validation.params import suggest
from seqrec.metrics.registry import LIST_METRICS, METRICS

__all__ = ["metric_names", "parse_metric"]

_DEFAULT_K = 10
_WITHOUT_K = "auc"
_GAP = "_gap"


def metric_names():
    """Return the names of metrics, without their cut-offs.

    Returns
    -------
    names : list of str
        Those of `METRICS`, ``"auc"``, those of `LIST_METRICS`, and for each metric that
        has one value a row ``"<name>_gap"``, the gap between groups of users.

    Examples
    --------
    >>> from seqrec.metrics import metric_names
    >>> metric_names()[:3]
    ['hit_rate', 'map', 'mrr']
    """
    rows = [*METRICS, _WITHOUT_K]
    return [*rows, *LIST_METRICS, *(f"{name}{_GAP}" for name in rows)]


def parse_metric(metric):
    """Split the name of a metric into what is measured and its cut-off.

    Parameters
    ----------
    metric : str
        ``"<name>@<k>"`` with `name` one of `metric_names` and `k` the number of places
        counted from the top of the ranking, at least 1; without ``"@<k>"``, `k` is 10.
        ``"auc"`` has no cut-off.

    Returns
    -------
    name : str
        One of `metric_names`.
    k : int or None
        Number of places counted from the top of the ranking, at least 1; None for the
        area under the curve, which counts all places.

    Raises
    ------
    TypeError
        If `metric` is not a str.
    ValueError
        If the name is not known, or `k` is not a whole number from 1.

    Examples
    --------
    >>> from seqrec.metrics import parse_metric
    >>> parse_metric("ndcg@10")
    ('ndcg', 10)
    >>> parse_metric("hit_rate@5")
    ('hit_rate', 5)
    >>> parse_metric("mrr")
    ('mrr', 10)
    >>> parse_metric("auc")
    ('auc', None)
    """
    names = metric_names()
    listed = ", ".join(repr(name) for name in [*METRICS, _WITHOUT_K, *LIST_METRICS])
    if not isinstance(metric, str):
        raise TypeError(
            f"A metric must be a str such as 'ndcg@10'. Got {metric!r} instead. The "
            f"names are {listed}."
        )
    name, at, cutoff = metric.partition("@")
    if name not in names:
        raise ValueError(
            f"Metric {metric!r} is not known. The names are {listed}, each followed by "
            f"'@k' (but for 'auc'), as in 'ndcg@10'.{suggest(name.lower(), names)}"
        )
    if name.removesuffix(_GAP) == _WITHOUT_K:
        if at:
            raise ValueError(
                f"Metric {metric!r} has a cut-off, but the area under the curve counts "
                f"all places. Write {name!r}."
            )
        return name, None
    if at and not re.fullmatch("0*[1-9][0-9]*", cutoff):
        raise ValueError(
            f"The 'k' of metric {metric!r} must be an int in the range [1, inf). Got "
            f"{cutoff!r} instead. Write it as in '{name}@{_DEFAULT_K}'."
        )
    return name, int(cutoff) if at else _DEFAULT_K
