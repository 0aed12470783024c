"""ranking_scorer: a metric as scikit-learn's `scoring=`."""

from seqrec.model_selection._judged import judge
from seqrec.model_selection._metric_set import MetricSet

__all__ = ["ranking_scorer"]


def ranking_scorer(
    metrics="ndcg@10",
    *,
    ties="mean",
    item_features=None,
    item_groups=None,
    user_groups=None,
    propensity=None,
):
    """Make a scorer of how high a recommender ranks what came next.

    The target of each row is ranked among the whole catalogue (without the items seen
    before, where the recommender leaves those out), and the metric is averaged over
    the rows. A target that the recommender never learned of is a miss; no earlier
    event takes its place.

    Parameters
    ----------
    metrics : str or list of str, default="ndcg@10"
        ``"<name>@<k>"``; without ``"@<k>"``, `k` is 10. Where the target stands:
        ``"hit_rate"``, ``"map"``, ``"mrr"``, ``"ndcg"``, ``"precision"``, ``"recall"``
        and ``"auc"``, which has no `k`. What the lists are like: ``"coverage"``,
        ``"exposure_gap"``, ``"gini"``, ``"intra_list_diversity"``, ``"novelty"``,
        ``"popularity_bias"`` and ``"serendipity"``. ``"<name>_gap"`` of one of the
        first kind is the gap between groups of users. ``"neg_"`` before a name turns
        the sign, for searches over what is better small. A list gives a scorer of
        several metrics, from one pass over the scores.
    ties : {"mean", "expected", "optimistic", "pessimistic"}, default="mean"
        Place of a target among the other items with its score: in the middle, before
        them all, or behind them all; "expected" is the mean of the metric over all
        orders of the tied items.
    item_features : mapping of item id to vector, or None
        Numbers that say how alike items are, for ``"intra_list_diversity"``.
    item_groups : mapping of item id to label, or None
        Group of each item, for ``"exposure_gap"``.
    user_groups : mapping of user id to label, or None
        Group of each user, for ``"<name>_gap"``.
    propensity : {"popularity"} or None
        "popularity" weighs each target by one over how often its item was learned
        from, for the mean that a test without the pull of the popular would have; it
        is less certain, as `evaluate` shows. None weighs all the same.

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
        If `metrics` is neither a str nor a list of them, or a group or feature is no
        mapping.
    ValueError
        If a name is not known or stands twice, an option is not one of those listed,
        or a metric lacks the features or groups that it needs.

    See Also
    --------
    evaluate : Several models at once, with intervals, baselines and the protocol.
    LeaveLastOut, TemporalSplit : What goes with it as ``cv=``.
    seqrec.metrics.target_ranks : How the ranks are counted.

    Notes
    -----
    Rows without a target (one event, and ``y=None``) do not count. With a list of
    metrics, a search needs the name of one as ``refit=``; it takes the largest value,
    whatever the metric. It takes no sample weights. Stability: stable.

    Examples
    --------
    >>> from seqrec import ranking_scorer
    >>> ranking_scorer("hit_rate@5")
    ranking_scorer('hit_rate@5')
    >>> ranking_scorer(["ndcg@10", "neg_gini@10"], ties="pessimistic")
    ranking_scorer(['ndcg@10', 'neg_gini@10'], ties='pessimistic')
    """
    metrics = list(metrics) if isinstance(metrics, (list, tuple)) else metrics
    options = {
        "ties": ties,
        "item_features": item_features,
        "item_groups": item_groups,
        "user_groups": user_groups,
        "propensity": propensity,
    }
    return _RankingScorer(metrics, options)


class _RankingScorer:
    """What `ranking_scorer` returns; of a module, so that it pickles."""

    def __init__(self, metrics, options):
        self.metrics = metrics
        self.options = options
        names = [metrics] if isinstance(metrics, str) else metrics
        self._asked = MetricSet(names, owner="ranking_scorer", **options)

    def __repr__(self):
        said = "".join(
            f", {name}={value!r}" if isinstance(value, str) else f", {name}=..."
            for name, value in self.options.items()
            if value is not None and not (name == "ties" and value == "mean")
        )
        return f"ranking_scorer({self.metrics!r}{said})"

    def __call__(self, estimator, X, y=None):
        k = self._asked.list_length
        judged = judge(estimator, X, y, k=k, owner="ranking_scorer")
        values = {one: self._asked.summary(one, judged) for one in self._asked}
        return values[self.metrics] if isinstance(self.metrics, str) else values
