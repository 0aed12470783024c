"""Names of metrics with a cut-off, such as ``"ndcg@10"`` (floor 1: numpy alone)."""

import re

from seqrec._validation.params import suggest
from seqrec.metrics.registry import METRICS

__all__ = ["parse_metric"]

_DEFAULT_K = 10


def parse_metric(metric):
    """Split the name of a metric into its key in `METRICS` and its cut-off.

    Parameters
    ----------
    metric : str
        ``"<name>@<k>"`` with `name` a key of `METRICS` and `k` the number of places
        counted from the top of the ranking, at least 1; without ``"@<k>"``, `k` is 10.

    Returns
    -------
    name : str
        Key of `METRICS` and of `RANK_METRICS`.
    k : int
        Number of places counted from the top of the ranking, at least 1.

    Raises
    ------
    TypeError
        If `metric` is not a str.
    ValueError
        If the name is not a key of `METRICS`, or `k` not a whole number from 1.

    Examples
    --------
    >>> from seqrec.metrics import parse_metric
    >>> parse_metric("ndcg@10")
    ('ndcg', 10)
    >>> parse_metric("hit_rate@5")
    ('hit_rate', 5)
    >>> parse_metric("mrr")
    ('mrr', 10)
    """
    listed = ", ".join(repr(name) for name in METRICS)
    if not isinstance(metric, str):
        raise TypeError(
            f"A metric must be a str such as 'ndcg@10'. Got {metric!r} instead. The "
            f"names are {listed}."
        )
    name, at, cutoff = metric.partition("@")
    if name not in METRICS:
        raise ValueError(
            f"Metric {metric!r} is not known. The names are {listed}, each followed by "
            f"'@k', as in 'ndcg@10'.{suggest(name.lower(), METRICS)}"
        )
    if at and not re.fullmatch("0*[1-9][0-9]*", cutoff):
        raise ValueError(
            f"The 'k' of metric {metric!r} must be an int in the range [1, inf). Got "
            f"{cutoff!r} instead. Write it as in '{name}@{_DEFAULT_K}'."
        )
    return name, int(cutoff) if at else _DEFAULT_K
