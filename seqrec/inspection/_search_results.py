"""What a finished search tried and found, whatever kind of search it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from seqrec._drawing import metric_title
from seqrec._validation.params import check_option, suggest

__all__ = [
    "Candidates",
    "choose_best",
    "match_param",
    "read_candidates",
    "search_results",
    "short_name",
]

_MEAN = "mean_test_"


@dataclass(frozen=True)
class Candidates:
    """The candidates of a search in the order of their fits.

    Attributes
    ----------
    params : list of dict
        Searched parameters of each candidate, by full name.
    means, stds : ndarray of shape (n_candidates,)
        Mean and standard deviation of the score over folds; NaN where fits failed.
    rounds : ndarray of shape (n_candidates,), dtype=int
        Round of successive halving, from 0; 0 in other searches.
    seconds : ndarray of shape (n_candidates,)
        What all fits of the candidate took.
    resource : str or None
        The parameter that successive halving raises from round to round, if it is one.
    n_folds : int
        Fits of a candidate.
    """

    params: list
    means: np.ndarray
    stds: np.ndarray
    rounds: np.ndarray
    seconds: np.ndarray
    resource: str | None
    n_folds: int

    @property
    def names(self):
        """Full names of the searched parameters, as they first occur."""
        return list(dict.fromkeys(name for one in self.params for name in one))

    def values_of(self, name):
        """Return the values that a parameter was tried with, each once.

        Numbers go from low to high, others stand as they were tried.
        """
        values = {_key(one[name]): one[name] for one in self.params if name in one}
        if all(isinstance(key, float) for key in values):
            return [values[key] for key in sorted(values)]
        return list(values.values())

    def best_of(self, rows):
        """Return which of some candidates is the best, None if all their fits failed.

        As in scikit-learn, what came further in successive halving comes first.
        """
        scored = [row for row in rows if not np.isnan(self.means[row])]
        return max(
            scored, key=lambda row: (self.rounds[row], self.means[row]), default=None
        )


def search_results(search, owner):
    """Return the results of a fitted search, and the score it is judged by.

    Parameters
    ----------
    search : object
        A search of scikit-learn, or an `OptunaSearchCV`.
    owner : str
        Who says so in an error.

    Returns
    -------
    results : dict
        As `cv_results_` of scikit-learn has it.
    metric : str or None
        The metric that chose the best candidate, of a search with several.
    score_name : str or None
        What to call the score of a search with one metric.
    """
    if hasattr(search, "fit") and hasattr(search, "refit"):
        check_is_fitted(search)
    if not hasattr(search, "trials_") and not hasattr(search, "cv_results_"):
        raise TypeError(
            f"{owner} takes a search, such as GridSearchCV. Got "
            f"{type(search).__name__}. For the epochs of one fit there is "
            f"TrainingCurveDisplay."
        )
    if hasattr(search, "trials_"):  # a trial that failed has no results
        done = [one for one in search.trials_ if f"{_MEAN}score" in one.user_attrs]
        keys = done[0].user_attrs if done else ()
        results = {key: [one.user_attrs[key] for one in done] for key in keys}
        results["params"] = [one.params for one in done]
    else:
        results = search.cv_results_
    scoring, refit = search.scoring, search.refit
    metric = refit if isinstance(refit, str) and f"{_MEAN}{refit}" in results else None
    name = scoring if isinstance(scoring, str) else getattr(scoring, "metrics", None)
    if not isinstance(name, str):
        return results, metric, None
    named = {_named_score(key, name): results[key] for key in results.keys()}
    return named, metric, metric_title(name)


def _named_score(key, name):
    """Return a key of results with the name of the metric where it is but "score"."""
    head, test, tail = str(key).partition("_test_")
    return f"{head}{test}{name}" if test and tail == "score" else key


def read_candidates(results, metric, owner):
    """Return the candidates of a search, and the name of the score that was asked for.

    Parameters
    ----------
    results : mapping of str to array-like
        `cv_results_` of a search.
    metric : str or None
        One of its metrics; None where it has but one.
    owner : str
        Who says so in an error.

    Returns
    -------
    candidates : Candidates
        In the order of the results.
    metric : str
        Its name in the results.
    """
    metric = _check_metric(results, metric, owner)
    params = list(results["params"])
    n_folds = sum(_is_fold(key, metric) for key in results.keys())
    means = np.asarray(results[f"{_MEAN}{metric}"], dtype=float)
    stds = results.get(f"std_test_{metric}", np.zeros(len(means)))
    seconds = results.get("mean_fit_time", np.full(len(means), np.nan))
    if np.isnan(means).all():
        raise ValueError(f"No candidate of the search has a score {metric!r}.")
    candidates = Candidates(
        params=params,
        means=means,
        stds=np.asarray(stds, dtype=float),
        rounds=np.asarray(results.get("iter", np.zeros(len(means))), dtype=int),
        seconds=np.asarray(seconds, dtype=float) * max(1, n_folds),
        resource=_resource(results, params),
        n_folds=max(1, n_folds),
    )
    return candidates, metric


def _check_metric(results, metric, owner):
    """Return the name of the metric; raise where these are no results or not its."""
    keys = list(results.keys()) if hasattr(results, "keys") else []
    metrics = [str(key)[len(_MEAN) :] for key in keys if str(key).startswith(_MEAN)]
    params = list(results["params"]) if "params" in keys else [None]
    if not metrics or not all(isinstance(one, Mapping) for one in params):
        raise ValueError(
            f"{owner} takes the cv_results_ of a search, with dicts in 'params', and "
            f"'mean_test_score' or the like. Got {type(results).__name__} with "
            f"{len(keys)} keys."
        )
    if metric is None and len(metrics) > 1:
        listed = ", ".join(map(repr, metrics))
        raise ValueError(
            f"The search has {len(metrics)} metrics, {listed}. Name one with metric=."
        )
    if metric is None:
        return metrics[0]
    return check_option("metric", metric, metrics, owner=owner)


def _is_fold(key, metric):
    head, _, tail = str(key).partition("_")
    return head.removeprefix("split").isdigit() and tail == f"test_{metric}"


def _resource(results, params):
    """Return the parameter that has in every candidate what the round allows."""
    amounts = results.get("n_resources")
    if amounts is None:
        return None
    for name in params[0]:
        if all(one.get(name) == n for one, n in zip(params, amounts, strict=True)):
            return name
    return None


def match_param(name, names, *, role, owner):
    """Return the full name of a searched parameter that is given in full or in short.

    Parameters
    ----------
    name : str
        A full name, or what it ends in after a double underscore.
    names : list of str
        Full names.
    role, owner : str
        The parameter that was given, and of what, in an error.
    """
    if name in names:
        return name
    ends = [full for full in names if full.endswith(f"__{name}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        listed = ", ".join(map(repr, ends))
        raise ValueError(
            f"{role}={name!r} of {owner} could be any of {listed}. Give one in full."
        )
    listed = ", ".join(map(repr, names))
    close = suggest(name, [short_name(full, names) for full in names])
    raise ValueError(
        f"The {role!r} parameter of {owner} must be a searched parameter, in full or "
        f"the end of its name, among {{{listed}}}. Got {name!r} instead.{close}"
    )


def short_name(full, names):
    """Return the shortest end of a full name that no other name has."""
    parts = full.split("__")
    for n_parts in range(1, len(parts)):
        short = "__".join(parts[-n_parts:])
        if sum(f"__{other}".endswith(f"__{short}") for other in names) == 1:
            return short
    return full


def choose_best(candidates, param, hue=None):
    """Return the best candidate for each value of one parameter, or of two.

    Parameters
    ----------
    candidates : Candidates
        Of a search.
    param, hue : str
        Full names; None for `hue` makes a single row.

    Returns
    -------
    chosen : ndarray of shape (n_hues, n_values), dtype=int
        Row of each candidate; -1 where none was tried, or all failed.
    most : int
        The largest number of candidates that one was chosen from.
    """
    rows: dict = {}
    for row, one in enumerate(candidates.params):
        if param in one and (hue is None or hue in one):
            place = None if hue is None else _key(one[hue]), _key(one[param])
            rows.setdefault(place, []).append(row)
    hues = [None] if hue is None else map(_key, candidates.values_of(hue))
    values = [_key(value) for value in candidates.values_of(param)]
    found = [
        [candidates.best_of(rows.get((one, value), ())) for value in values]
        for one in hues
    ]
    chosen = [[-1 if row is None else row for row in line] for line in found]
    return np.array(chosen), max(map(len, rows.values()))


def _key(value):
    """Return what tells values apart: a float for a number, a str for the rest."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return float(value) if is_number else repr(value)
