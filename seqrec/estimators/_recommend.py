"""recommend: the best items for each user, as a table with the caller's ids."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from seqrec.data._frames import frame_from, frame_like, is_frame
from seqrec.data.schema import ITEM, USER
from seqrec.estimators._base import BaseRecommender
from seqrec.estimators._best_items import best_items

__all__ = ["fitted_recommender", "recommend"]


def recommend(estimator, X, k=10, *, candidates=None, exclude_seen=None):
    """Return the best items for each user as a table.

    Parameters
    ----------
    estimator : estimator
        A fitted recommender, a fitted pipeline that ends in one, or a fitted search
        over either (its best estimator is used).
    X : table, Sequences or list of lists of item ids
        What `estimator` takes: the histories of the users to answer, known to `fit`
        or not.
    k : int, default=10
        How many items a user.
    candidates : sequence of int or str, or None
        Item ids to choose among; None is the whole catalogue.
    exclude_seen : bool or None, default=None
        Leave history items out of the ranking; None does as decided in `fit`.

    Returns
    -------
    table : data frame
        Of the kind of `X` where that is a table, otherwise of the first of pandas,
        polars and pyarrow that is installed. One row a user and rank: columns
        ``user_id`` (named as in `X`), ``rank`` (1 is best), ``item_id`` and ``score``.
        A user has fewer than `k` rows where fewer items are left to choose among.

    Raises
    ------
    ValueError
        If `k` is larger than the catalogue, or a candidate is not in it.
    TypeError
        If `estimator` is no recommender, candidates are no ids, or `exclude_seen` is
        no bool.

    Examples
    --------
    >>> from seqrec import PopularityRecommender, SequenceEncoder, recommend
    >>> from sklearn.pipeline import make_pipeline
    >>> import pandas as pd
    >>> events = pd.DataFrame({
    ...     "user_id": [1, 1, 2, 2, 2],
    ...     "item_id": ["a", "b", "a", "c", "b"],
    ...     "timestamp": [1, 2, 1, 2, 3],
    ... })
    >>> model = make_pipeline(SequenceEncoder(), PopularityRecommender())
    >>> recommend(model.fit(events), events, k=2)
       user_id  rank item_id  score
    0        1     1       c    1.0
    """
    steps, model = fitted_recommender(estimator)
    sequences, names = X, (USER, ITEM)
    for step in steps:
        if hasattr(step, "vocabulary_"):
            names = (step.user, step.item)
        sequences = step.transform(sequences)
    k = model._check_k(k, "k", "recommend")
    columns = best_items(
        model, model._as_sequences(sequences), k, candidates, exclude_seen, names
    )
    return frame_like(X, columns) if is_frame(X) else frame_from(columns)


def fitted_recommender(estimator):
    """Return the steps before the recommender, and the recommender itself.

    Parameters
    ----------
    estimator : estimator
        A fitted recommender, pipeline or search.

    Returns
    -------
    steps : list of transformers
        What turns the caller's input into sequences.
    model : BaseRecommender
        The recommender.

    Raises
    ------
    TypeError
        If there is no recommender at the end.
    """
    steps = []
    while not isinstance(estimator, BaseRecommender):
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, Pipeline):
            passing = (None, "passthrough")
            steps += [step for _, step in estimator.steps[:-1] if step not in passing]
            estimator = estimator.steps[-1][1]
        else:
            _raise_no_recommender(estimator)
    check_is_fitted(estimator)
    return steps, estimator


def _raise_no_recommender(estimator):
    if hasattr(estimator, "fit") and hasattr(estimator, "get_params"):
        check_is_fitted(estimator)  # a search has no best estimator before that
    raise TypeError(
        f"recommend needs a fitted recommender, or a pipeline or search (with refit) "
        f"that ends in one. Got {type(estimator).__name__}."
    )
