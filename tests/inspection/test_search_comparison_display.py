import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution
from optuna_integration import OptunaSearchCV
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import make_pipeline

from seqrec import (
    LeaveLastOut,
    SearchComparisonDisplay,
    SearchCurveDisplay,
    SequenceEncoder,
    ranking_scorer,
)
from tests.histories import as_columns, ordered_histories, small_recommender

LR = "attentionsequencerecommender__lr"
EVENTS = pd.DataFrame(as_columns(ordered_histories()))
RESULTS = {
    "params": [{"lr": lr} for lr in (0.1, 0.2, 0.3)],
    "split0_test_score": [0.2, 0.4, 0.3],
    "split1_test_score": [0.2, 0.4, 0.3],
    "mean_test_score": [0.2, 0.4, 0.3],
    "mean_fit_time": [1.0, 2.0, 4.0],
}


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def pipeline(**params):
    return make_pipeline(SequenceEncoder(), small_recommender(max_epochs=1, **params))


@pytest.fixture(scope="module")
def searches():
    options = {"cv": LeaveLastOut(), "scoring": ranking_scorer("ndcg@5")}
    grid = {LR: [0.1, 0.001, 0.01]}
    resource = LR.replace("lr", "max_epochs")
    return {
        "grid": GridSearchCV(pipeline(), grid, **options).fit(EVENTS),
        "halving": HalvingGridSearchCV(
            pipeline(), grid, resource=resource, max_resources=3, **options
        ).fit(EVENTS),
    }


def test_lines_rise_with_the_seconds_of_all_folds():
    display = SearchComparisonDisplay.from_predictions({"grid": RESULTS})
    line = display.lines_["grid"]
    np.testing.assert_array_equal(line.get_xdata(), [2, 6, 14])
    np.testing.assert_array_equal(line.get_ydata(), [0.2, 0.4, 0.4])
    assert line.get_drawstyle() == "steps-post"
    ax = display.ax_
    assert ax.get_xlabel() == "seconds of fitting"
    assert ax.get_ylabel() == "best score so far"
    assert display.figure_ is ax.figure


def test_candidates_can_be_counted_instead():
    untimed = {key: RESULTS[key] for key in RESULTS if key != "mean_fit_time"}
    display = SearchComparisonDisplay.from_predictions(
        {"grid": untimed}, x="candidates"
    )
    np.testing.assert_array_equal(display.lines_["grid"].get_xdata(), [1, 2, 3])
    assert display.ax_.get_xlabel() == "candidates fitted"
    with pytest.raises(ValueError, match=r"'grid' have no 'mean_fit_time'.*candidates"):
        SearchComparisonDisplay.from_predictions({"grid": untimed})


def test_lines_of_searches_end_in_what_they_chose(searches):
    display = SearchComparisonDisplay.from_estimators(
        searches, baseline={"rules": 0.125}
    )
    for name, search in searches.items():
        assert display.lines_[name].get_ydata()[-1] == search.best_score_
        seconds = search.cv_results_["mean_fit_time"].sum()
        assert display.lines_[name].get_xdata()[-1] == pytest.approx(seconds)
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    best = searches["grid"].best_score_
    assert texts[0] == f"grid: {best:.3f}"
    assert texts[1].startswith("halving: ")
    assert texts[2] == "rules: 0.125"
    assert [line.get_ydata()[0] for line in display.baselines_] == [0.125]
    assert display.ax_.get_ylabel() == "best NDCG@5 so far"
    assert len({line.get_color() for line in display.lines_.values()}) == 2


def test_a_later_round_of_halving_replaces_a_better_score():
    halving = {**RESULTS, "iter": [0, 0, 1]}
    display = SearchComparisonDisplay.from_predictions({"halving": halving})
    _, best = display.curves["halving"]
    np.testing.assert_array_equal(best, [0.2, 0.4, 0.3])


def test_failed_fits_take_time_and_find_nothing():
    failed = {**RESULTS, "mean_test_score": [np.nan, 0.4, np.nan]}
    display = SearchComparisonDisplay.from_predictions({"grid": failed})
    seconds, best = display.curves["grid"]
    np.testing.assert_array_equal(seconds, [2, 6, 14])
    np.testing.assert_array_equal(best, [np.nan, 0.4, 0.4])


def test_given_axes_are_used():
    figure, ax = plt.subplots()
    display = SearchComparisonDisplay.from_predictions(
        {"a": RESULTS, "b": RESULTS}, ax=ax, score_name="hits", line_kw={"alpha": 0.5}
    )
    assert display.ax_ is ax
    assert plt.get_fignums() == [figure.number]
    assert ax.get_ylabel() == "best hits so far"
    assert display.lines_["a"].get_alpha() == 0.5


def test_a_metric_that_all_searches_have_is_compared():
    two = {
        "params": RESULTS["params"],
        "mean_fit_time": RESULTS["mean_fit_time"],
        "mean_test_mrr": [0.1, 0.2, 0.3],
        "mean_test_ndcg@10": [0.4, 0.5, 0.6],
    }
    with pytest.raises(ValueError, match=r"2 metrics, 'mrr', 'ndcg@10'"):
        SearchComparisonDisplay.from_predictions({"a": two})
    display = SearchComparisonDisplay.from_predictions({"a": two}, metric="mrr")
    assert display.curves["a"][1][-1] == 0.3
    assert display.ax_.get_ylabel() == "best MRR so far"
    one = {key: two[key] for key in two if key != "mean_test_mrr"}
    with pytest.raises(ValueError, match=r"one metric. Got.*'score'.*'ndcg@10'"):
        SearchComparisonDisplay.from_predictions({"a": RESULTS, "b": one})


class Search:
    """A finished search, as far as a picture looks at it."""

    refit = True

    def __init__(self, scoring, results):
        self.scoring = scoring
        self.cv_results_ = results

    def __sklearn_is_fitted__(self):
        return True


def test_one_metric_and_several_are_compared_by_the_one_they_share():
    both = {f"mean_test_{name}": [0.1, 0.3, 0.2] for name in ("ndcg@10", "mrr")}
    several = Search(
        ranking_scorer(["ndcg@10", "mrr"]),
        {"params": RESULTS["params"], "mean_fit_time": [1.0, 1.0, 1.0], **both},
    )
    several.refit = "mrr"
    searches = {"one": Search(ranking_scorer("ndcg@10"), RESULTS), "several": several}
    display = SearchComparisonDisplay.from_estimators(searches, metric="ndcg@10")
    assert display.lines_["several"].get_ydata()[-1] == 0.3
    assert display.ax_.get_ylabel() == "best NDCG@10 so far"


def test_searches_by_different_metrics_are_not_compared():
    searches = {
        name: Search(ranking_scorer(name), RESULTS) for name in ("ndcg@10", "mrr")
    }
    with pytest.raises(ValueError, match="compares searches by one metric"):
        SearchComparisonDisplay.from_estimators(searches)


@pytest.mark.filterwarnings("ignore:Failed to report cross validation")
def test_a_search_of_optuna_is_drawn_like_any_other():
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():  # as tests/model_selection says of OptunaSearchCV
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", message=".*optuna.terminator")
        search = OptunaSearchCV(
            pipeline(),
            {LR: FloatDistribution(1e-4, 0.3, log=True)},
            cv=LeaveLastOut(),
            scoring=ranking_scorer(),
            n_trials=3,
            random_state=0,
        ).fit(EVENTS)
    optuna.logging.set_verbosity(level)
    display = SearchComparisonDisplay.from_estimators({"optuna": search})
    values = [trial.value for trial in search.trials_]
    np.testing.assert_array_equal(
        display.curves["optuna"][1], np.maximum.accumulate(values)
    )
    curve = SearchCurveDisplay.from_estimator(search, param="lr")
    order = np.argsort([trial.params[LR] for trial in search.trials_])
    np.testing.assert_array_equal(curve.scores[0], np.array(values)[order])
    assert curve.ax_.get_ylabel() == "NDCG@10"
    search.study_.add_trial(
        optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL)
    )
    display = SearchComparisonDisplay.from_estimators({"optuna": search})
    assert len(display.curves["optuna"][1]) == 3


@pytest.mark.parametrize(
    ("searches", "options", "kind", "message"),
    [
        ([RESULTS], {}, TypeError, r"must be a dict by name.*Got list"),
        ({}, {}, ValueError, "'cv_results'.*is empty"),
        ({"a": RESULTS}, {"x": "second"}, ValueError, r"'x'.*mean 'seconds'"),
        ({"a": {}}, {}, ValueError, "takes the cv_results_ of a search"),
        ({"a": RESULTS}, {"baseline": np.nan}, ValueError, "'baseline'.*Got nan"),
    ],
    ids=["list", "empty", "x", "no results", "baseline"],
)
def test_what_cannot_be_drawn_is_explained(searches, options, kind, message):
    with pytest.raises(kind, match=message):
        SearchComparisonDisplay.from_predictions(searches, **options)
    assert plt.get_fignums() == []


def test_what_is_no_search_is_explained():
    with pytest.raises(TypeError, match=r"search, such as GridS.*Got Pipeline"):
        SearchComparisonDisplay.from_estimators({"a": pipeline()})


def test_without_matplotlib_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'seqrec\[plot\]'"):
        SearchComparisonDisplay.from_predictions({"grid": RESULTS})
