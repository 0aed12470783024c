"""ranking_scorer: a metric as scikit-learn's `scoring=`."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from seqrec._validation.params import check_option
from seqrec.metrics.names import parse_metric
from seqrec.metrics.registry import RANK_METRICS

__all__ = ["ranking_scorer"]

_TIES = ("mean", "optimistic", "pessimistic")


def ranking_scorer(metrics="ndcg@10", *, ties="mean"):
    """Make a scorer of how high a recommender ranks what came next.

    The target of each row is ranked among the whole catalogue (without the items seen
    before, where the recommender leaves those out), and the metric is averaged over
    the rows. A target that the recommender never learned of is a miss; no earlier
    event takes its place.

    Parameters
    ----------
    metrics : str or list of str, default="ndcg@10"
        ``"<name>@<k>"``, with a name among ``"hit_rate"``, ``"map"``, ``"mrr"``,
        ``"ndcg"``, ``"precision"`` and ``"recall"``; without ``"@<k>"``, `k` is 10.
        A list gives a scorer of several metrics, from one pass over the scores.
    ties : {"mean", "optimistic", "pessimistic"}, default="mean"
        Place of a target among the other items with its score: in the middle, before
        them all, or behind them all.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y=None)`` returns a float, or for a list of metrics a
        dict of floats by name. `estimator` is a fitted recommender, a `Pipeline` that
        ends in one, or a search over either. `X` is an event log, `Sequences` or lists
        of item ids, whatever the estimator takes. With ``y=None`` the last event of
        each user of `X` is held out as its target; with `y` it is the item that
        follows each row.

    Raises
    ------
    TypeError
        If `metrics` is neither a str nor a list of them.
    ValueError
        If a name is not known or stands twice, or `ties` is not one of the three
        rules.

    See Also
    --------
    LeaveLastOut, TemporalSplit : What goes with it as ``cv=``.
    seqrec.metrics.target_ranks : How the ranks are counted.

    Notes
    -----
    Rows without a target (one event, and ``y=None``) do not count. With a list of
    metrics, a search needs the name of one as ``refit=``. It takes no sample weights.
    Stability: stable.

    Examples
    --------
    >>> from seqrec import ranking_scorer
    >>> ranking_scorer("hit_rate@5")
    ranking_scorer('hit_rate@5')
    >>> ranking_scorer(["ndcg@10", "mrr"], ties="pessimistic")
    ranking_scorer(['ndcg@10', 'mrr'], ties='pessimistic')
    """
    check_option("ties", ties, _TIES, owner="ranking_scorer")
    if isinstance(metrics, str):
        parse_metric(metrics)
    else:
        metrics = _check_list(metrics)
    return _RankingScorer(metrics, ties)


def _check_list(metrics):
    if not isinstance(metrics, (list, tuple)):
        raise TypeError(
            f"The 'metrics' parameter of ranking_scorer must be a str such as "
            f"'ndcg@10' or a list of them. Got {metrics!r} instead."
        )
    for metric in metrics:
        parse_metric(metric)
    if not metrics or len(set(metrics)) < len(metrics):
        raise ValueError(
            f"The 'metrics' parameter of ranking_scorer must hold one metric or more, "
            f"each once. Got {metrics!r} instead."
        )
    return list(metrics)


class _RankingScorer:
    """What `ranking_scorer` returns; of a module, so that it pickles."""

    def __init__(self, metrics, ties):
        self.metrics = metrics
        self.ties = ties

    def __repr__(self):
        ties = "" if self.ties == "mean" else f", ties={self.ties!r}"
        return f"ranking_scorer({self.metrics!r}{ties})"

    def __call__(self, estimator, X, y=None):
        recommender, X = _reach_recommender(estimator, X)
        ranks = recommender._target_ranks(X, y, ties=self.ties)
        ranks = ranks[~np.isnan(ranks)]
        if isinstance(self.metrics, str):
            return _mean(self.metrics, ranks)
        return {metric: _mean(metric, ranks) for metric in self.metrics}


def _mean(metric, ranks):
    name, k = parse_metric(metric)
    return float(np.mean(RANK_METRICS[name](ranks, k=k)))


def _reach_recommender(estimator, X):
    """Return the recommender inside pipelines and searches, and what it is given."""
    final = estimator
    while not hasattr(final, "_target_ranks"):
        if hasattr(final, "best_estimator_"):
            final = final.best_estimator_
        elif hasattr(final, "steps"):
            for _, step in final.steps[:-1]:
                if step is not None and step != "passthrough":
                    X = step.transform(X)
            final = final.steps[-1][1]
        else:
            _raise_no_recommender(final)
    return final, X


def _raise_no_recommender(final):
    if hasattr(final, "fit") and hasattr(final, "get_params"):
        check_is_fitted(final)  # a search that is not fitted has no best estimator yet
    raise TypeError(
        f"ranking_scorer needs a recommender (an estimator that inherits "
        f"seqrec's BaseRecommender), alone, at the end of a Pipeline or in a search "
        f"with refit. Got {final!r}. For a classifier use a scorer of scikit-learn, "
        f"for example 'top_k_accuracy'."
    )
