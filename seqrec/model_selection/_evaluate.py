"""evaluate: models judged side by side, under one protocol."""

from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from seqrec._validation.params import check_int, check_real
from seqrec.data._frames import is_frame
from seqrec.data.event_log import read_event_log
from seqrec.data.schema import ITEM, TIME, USER, EventSchema
from seqrec.model_selection._baselines import make_baselines
from seqrec.model_selection._evaluation_report import EvaluationReport
from seqrec.model_selection._leave_last_out import LeaveLastOut
from seqrec.model_selection._metric_set import MetricSet
from seqrec.model_selection._parts import split_parts
from seqrec.model_selection._protocol import audit_parts, make_card
from seqrec.model_selection._runs import run_models, warn_of_runs
from seqrec.model_selection._summary import Resampling, summarise
from seqrec.model_selection._target_table import describe_targets

__all__ = ["evaluate"]

_METRICS = ("ndcg@10", "hit_rate@10", "mrr@10", "coverage@10", "novelty@10")


def evaluate(
    estimators,
    events,
    *,
    split=None,
    metrics=_METRICS,
    baselines="default",
    groups=None,
    item_features=None,
    item_groups=None,
    ties="mean",
    propensity=None,
    refit=True,
    n_resamples=1000,
    confidence=0.95,
    random_state=0,
    item=ITEM,
):
    """Judge models side by side, with intervals, baselines and the protocol.

    Every model is fitted on the training part of each fold and ranks the targets of
    its test part among the whole catalogue. Metrics come with bootstrap intervals over
    users; each model is compared, target by target, with the best baseline, and the
    p-values are corrected for the number of comparisons. The report says under which
    protocol the figures came about, and what speaks against believing them.

    Parameters
    ----------
    estimators : estimator, list of estimators, or dict of str to estimator
        What is judged: pipelines from an event log to a recommender, or searches over
        them. They are cloned, not changed. In a list, models are named after the class
        of the recommender.
    events : pandas, polars or pyarrow table
        Event log, a row an event; it is not changed.
    split : cross-validator, list of (train, test), or None, default=None
        How events are held out; its `user`, `time` and `time_unit` name the columns.
        None is ``LeaveLastOut()``. With ``targets="all"`` every event of a test window
        is a target, its history all events before it.
    metrics : sequence of str, default=("ndcg@10", "hit_rate@10", "mrr@10", \
"coverage@10", "novelty@10")
        Names as `ranking_scorer` takes them; the first one sorts the report.
    baselines : "default", dict of str to estimator, list of estimators, or None
        What the others are compared with. "default": popularity (of all times, and of
        the last seven days where there are times), Markov chain, item kNN and
        sequential rules. None compares with nothing.
    groups : str, list of str, mapping of user id to label, or None
        Slices beside those that are always made: columns of `events`, whose value in
        the row of the target counts, or a group for each user, which also serves the
        metrics ``"<name>_gap"``.
    item_features : mapping of item id to vector, or None
        Numbers that say how alike items are, for ``"intra_list_diversity"``.
    item_groups : mapping of item id to label, or None
        Group of each item, for ``"exposure_gap"``.
    ties : {"mean", "expected", "optimistic", "pessimistic"}, default="mean"
        Place of a target among the other items with its score: in the middle, before
        them all, or behind them all; "expected" is the mean of the metric over all
        orders of the tied items.
    propensity : {"popularity"} or None
        "popularity" weighs each target by one over how often its item was learned
        from, for the mean that a test without the pull of the popular would have. None
        weighs all the same.
    refit : bool, default=True
        Fit a clone on the training part of each fold. False takes estimators as they
        are, fitted before; baselines are fitted all the same. A model that has learned
        from events outside the training part is found out by its counts.
    n_resamples : int, default=1000
        How often the users are drawn anew for intervals and p-values; 0 makes neither.
    confidence : float, default=0.95
        Share of resamples inside the intervals, between 0 and 1.
    random_state : int, RandomState instance or None, default=0
        Source of random numbers of the resamples; an int gives the same result at every
        call. Models have their own.
    item : str, default="item_id"
        Column of the item ids.

    Returns
    -------
    report : EvaluationReport
        ``print`` shows it as a table with its protocol card.

    Raises
    ------
    TypeError
        If `events` is no table, or an estimator is no recommender.
    ValueError
        If a name stands twice, a metric is not known or lacks what it needs, an option
        is out of range, or the table cannot be used or split.

    Warns
    -----
    DataWarning
        If the split leaks, if a fitted model has learned from events outside the
        training part, or if models differ in whether seen items leave the ranking.

    See Also
    --------
    audit_split : What a split leaks.
    ranking_scorer : The same metrics for scikit-learn's searches.

    Notes
    -----
    The mean is over targets, those of all folds together; metrics of whole lists
    (coverage, Gini index, exposure) are means over folds and have no interval. The
    users, not the targets, are drawn anew, since the targets of a user are alike.
    p-values are of a test that flips the signs of the users' differences at random,
    and are corrected by Holm's method over the models, for each metric by itself; with
    `m` models beside the best baseline none is below ``m / (n_resamples + 1)``. A
    target whose user or item was not learned from counts like any other: for such
    users `ranking_scorer` has no row, so that the two can differ after a cut in time.
    Peak memory is that of the whole process. Stability: experimental.

    Examples
    --------
    >>> from seqrec import SequenceEncoder, SequentialRulesRecommender, evaluate
    >>> from seqrec.datasets import load_movietweetings
    >>> from sklearn.pipeline import make_pipeline
    >>> events = load_movietweetings().events
    >>> model = make_pipeline(SequenceEncoder(), SequentialRulesRecommender(max_gap=1))
    >>> report = evaluate({"short rules": model}, events, n_resamples=200)
    >>> report.models[:2]
    ('sequential rules', 'short rules')
    """
    owner = "evaluate"
    splitter = LeaveLastOut() if split is None else split
    if isinstance(splitter, (list, tuple)):
        splitter = check_cv(splitter)
    if not isinstance(refit, bool):
        raise TypeError(
            f"The 'refit' parameter of {owner} must be a bool. Got {refit!r} instead."
        )
    columns = _check_columns(splitter, events, owner)
    names, user_groups = _check_groups(groups, owner)
    asked = MetricSet(
        [metrics] if isinstance(metrics, str) else metrics,
        ties=ties,
        item_features=item_features,
        item_groups=item_groups,
        user_groups=user_groups,
        propensity=propensity,
        owner=owner,
    )
    resampling = _check_resampling(n_resamples, confidence, random_state, owner)
    own = _name_models(estimators, "estimators", owner)
    schema = EventSchema(columns["user"], item, columns["time"], tuple(names))
    log = read_event_log(events, schema, time_unit=columns["time_unit"], owner=owner)
    if isinstance(baselines, str) and baselines == "default":
        has_times = log.times is not None
        floors = make_baselines(item=item, has_times=has_times, **columns)
    else:
        given = {} if baselines is None else baselines
        floors = _name_models(given, "baselines", owner)
    _check_different(own, floors, owner)
    parts = split_parts(splitter, events, log)
    targets = describe_targets(log, parts, names, user_groups)
    asked.check_ids(log.item_ids, targets["user_id"])
    audits = audit_parts(parts, events, log, {**columns, "item": item})
    runs = run_models({**own, **floors}, floors, events, log, parts, asked, refit)
    warn_of_runs(runs)
    found = summarise(runs, asked, targets, resampling)
    card = make_card(
        splitter,
        log,
        parts,
        audits=audits,
        runs=runs,
        asked=asked,
        targets=targets,
        resampling=resampling,
    )
    return EvaluationReport(found, card, events)


def _check_columns(splitter, events, owner):
    if isinstance(splitter, type) or not hasattr(splitter, "split"):
        raise TypeError(
            f"The 'split' parameter of {owner} must be a splitter such as "
            f"LeaveLastOut() or TemporalSplit(). Got {splitter!r} instead."
        )
    if not is_frame(events):
        raise TypeError(
            f"{owner} needs an event log: a pandas, polars or pyarrow table with one "
            f"row an event. Got {type(events).__name__}."
        )
    return {
        "user": getattr(splitter, "user", USER),
        "time": getattr(splitter, "time", TIME),
        "time_unit": getattr(splitter, "time_unit", "s"),
    }


def _check_groups(groups, owner):
    """Return the columns to slice by, and the groups of users."""
    if groups is None:
        return [], None
    if isinstance(groups, str):
        return [groups], None
    if hasattr(groups, "keys"):
        return [], groups
    if isinstance(groups, (list, tuple)) and all(isinstance(x, str) for x in groups):
        return list(groups), None
    raise TypeError(
        f"The 'groups' parameter of {owner} must be the name of a column, a list of "
        f"them, or a mapping of user ids to labels. Got {groups!r} instead."
    )


def _name_models(given, parameter, owner):
    """Return estimators by name, checked."""
    if hasattr(given, "items") and not hasattr(given, "fit"):
        models = dict(given)
    elif isinstance(given, (list, tuple)):
        models = {}
        for model in given:
            name = _class_name(model)
            if name in models:
                raise ValueError(
                    f"The {parameter!r} parameter of {owner} has two models called "
                    f"{name!r}. Name them in a dict."
                )
            models[name] = model
    else:
        models = {_class_name(given): given}
    for name, model in models.items():
        if not isinstance(name, str) or not name:
            raise TypeError(
                f"Models of {owner} must be named by a str. Got {name!r} instead."
            )
        if not (hasattr(model, "fit") and hasattr(model, "get_params")):
            raise TypeError(
                f"Model {name!r} of {owner} must be an estimator, such as a pipeline "
                f"that ends in a recommender. Got {model!r} instead."
            )
    if not models and parameter == "estimators":
        raise ValueError(
            f"The 'estimators' parameter of {owner} must hold one model or more. Got "
            f"{given!r} instead."
        )
    return models


def _class_name(model):
    while isinstance(model, Pipeline) or hasattr(model, "estimator"):
        model = model[-1] if isinstance(model, Pipeline) else model.estimator
    return type(model).__name__


def _check_different(own, floors, owner):
    both = sorted(set(own) & set(floors))
    if both:
        raise ValueError(
            f"{owner} has estimators and baselines of one name: {both}. Rename them."
        )


def _check_resampling(n_resamples, confidence, random_state, owner):
    n_resamples = check_int("n_resamples", n_resamples, owner=owner, low=0)
    confidence = check_real("confidence", confidence, owner=owner, low_open=True)
    if confidence >= 1:
        raise ValueError(
            f"The 'confidence' parameter of {owner} must lie between 0 and 1. Got "
            f"{confidence!r} instead."
        )
    check_random_state(random_state)
    return Resampling(n_resamples, confidence, random_state)
