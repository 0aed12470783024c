import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import make_pipeline

from seqrec import LeaveLastOut, SearchCurveDisplay, SequenceEncoder, ranking_scorer
from seqrec.inspection._search_axes import axis_scale, value_label
from tests.histories import as_columns, ordered_histories, small_recommender

NAME = "attentionsequencerecommender"
EVENTS = pd.DataFrame(as_columns(ordered_histories()))


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def results_of(names, table, **others):
    """Make `cv_results_` of rows of values, the last of each being the mean score."""
    params = [dict(zip(names, row[:-1], strict=True)) for row in table]
    means = [row[-1] for row in table]
    return {"params": params, "mean_test_score": means, **others}


GRID = results_of(
    ["net__heads", "net__units", "lr"],
    [
        (heads, units, lr, heads / 10 + units / 1000 + lr)
        for lr in (0.1, 0.2)
        for units in (32, 8, 16)
        for heads in (2, 1)
    ],
)
FOLDS = results_of(
    ["encoder"],
    [("lstm", 0.3), ("gru", 0.4)],
    split0_test_score=[0.2, 0.3],
    split1_test_score=[0.4, 0.5],
    std_test_score=[0.1, 0.1],
)


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def tick_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


# ---------------------------------------------------------------------- lines
def test_a_line_has_the_best_score_of_each_value_from_low_to_high():
    display = SearchCurveDisplay.from_predictions(GRID, param="units")
    (line,) = display.lines_
    assert display.param_values == [8, 16, 32]
    np.testing.assert_array_equal(line.get_xdata(), [8, 16, 32])
    np.testing.assert_allclose(line.get_ydata(), [0.408, 0.416, 0.432])
    ax = display.ax_
    assert ax.get_title(loc="left") == "best over heads, lr"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("units", "score")
    assert ax.get_xscale() == "log"
    assert tick_labels(ax.xaxis) == ["8", "16", "32"]
    assert ax.get_legend() is None
    assert display.figure_ is ax.figure


def test_a_second_parameter_gives_a_line_for_each_of_its_values():
    display = SearchCurveDisplay.from_predictions(GRID, param="units", hue="heads")
    assert display.hue_values == [1, 2]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), [0.308, 0.316, 0.332])
    np.testing.assert_allclose(display.lines_[1].get_ydata(), [0.408, 0.416, 0.432])
    assert legend_texts(display.ax_) == ["1", "2"]
    assert display.ax_.get_legend().get_title().get_text() == "heads"
    assert len({line.get_color() for line in display.lines_}) == 2
    assert len({line.get_marker() for line in display.lines_}) == 2


def test_the_best_of_all_is_marked_with_its_score():
    display = SearchCurveDisplay.from_predictions(GRID, param="units", hue="heads")
    assert display.best == (1, 2)
    (text,) = display.ax_.texts
    assert text.get_text() == "0.432"
    assert text.xy == pytest.approx((32, 0.432))
    ring = next(line for line in display.ax_.lines if line.get_markersize() > 10)
    assert ring.get_xydata()[0] == pytest.approx([32, 0.432])
    assert ring.get_markeredgecolor() == display.lines_[1].get_color()


def test_the_spread_over_folds_is_a_band():
    display = SearchCurveDisplay.from_predictions(FOLDS, param="encoder")
    assert display.param_values == ["lstm", "gru"]
    (band,) = display.spreads_
    edges = band.get_paths()[0].get_extents()
    assert edges.y0 == pytest.approx(0.2)
    assert edges.y1 == pytest.approx(0.5)
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), [0, 1])
    assert tick_labels(display.ax_.xaxis) == ["lstm", "gru"]


def test_a_single_fold_has_no_spread():
    results = {**FOLDS}
    del results["split1_test_score"]
    display = SearchCurveDisplay.from_predictions(results, param="encoder")
    assert display.spreads is None
    assert display.spreads_ is None


def test_candidates_drawn_at_random_are_not_joined_and_have_error_bars():
    table = [(0.001, 0.5, 0.3), (0.002, 0.1, 0.4), (0.5, 0.2, 0.1)]
    results = results_of(["lr", "dropout"], table)
    results |= {key: FOLDS[key][:1] * 3 for key in FOLDS if "test_score" in key[4:]}
    results["mean_test_score"] = [row[-1] for row in table]
    display = SearchCurveDisplay.from_predictions(results, param="lr")
    assert display.lines_[0].get_linestyle() == "None"
    assert display.spreads_[0].has_yerr
    assert display.ax_.get_xscale() == "log"
    # One parameter alone has no others that differ by chance.
    alone = results_of(["lr"], [(0.001, 0.3), (0.5, 0.1)])
    display = SearchCurveDisplay.from_predictions(alone, param="lr")
    assert display.lines_[0].get_linestyle() == "-"


def test_scores_to_compare_with_are_horizontal_lines_with_names():
    floors = {"popularity": 0.1, "rules": 0.2}
    display = SearchCurveDisplay.from_predictions(GRID, param="lr", baseline=floors)
    assert [line.get_ydata()[0] for line in display.baselines_] == [0.1, 0.2]
    assert legend_texts(display.ax_) == ["score", "popularity: 0.100", "rules: 0.200"]
    display = SearchCurveDisplay.from_predictions(GRID, param="lr", baseline=0.1)
    assert legend_texts(display.ax_) == ["score", "baseline: 0.100"]


def test_candidates_without_the_parameter_are_left_out():
    table = [(1, 0.3), (2, 0.4)]
    results = results_of(["heads"], table)
    results["params"] = [*results["params"], {"other": 1}]
    results["mean_test_score"] = [0.3, 0.4, 0.9]
    display = SearchCurveDisplay.from_predictions(results, param="heads")
    np.testing.assert_array_equal(display.scores, [[0.3, 0.4]])
    assert display.best == (0, 1)


def test_failed_fits_are_holes():
    results = results_of(["heads"], [(1, 0.3), (2, np.nan), (4, 0.2)])
    display = SearchCurveDisplay.from_predictions(results, param="heads")
    np.testing.assert_array_equal(display.scores, [[0.3, np.nan, 0.2]])
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), [1, 4])
    assert display.best == (0, 0)


def test_given_axes_are_used_and_lines_take_arguments():
    figure, ax = plt.subplots()
    display = SearchCurveDisplay.from_predictions(
        GRID, param="lr", ax=ax, score_name="hits", line_kw={"linewidth": 9}
    )
    assert display.ax_ is ax
    assert plt.get_fignums() == [figure.number]
    assert display.lines_[0].get_linewidth() == 9
    assert ax.get_ylabel() == "hits"


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 2, 4, 8], "log"),
        ([0.0001, 0.3], "linear"),
        ([0.001, 0.01, 0.011, 0.3], "log"),
        ([0.1, 0.2, 0.3], "linear"),
        ([0.0, 0.2, 0.5], "linear"),
        ([0, 0.001, 0.1], "even"),
        ([-1, 0, 1], "linear"),
        (["gru", "lstm"], "even"),
        ([True, False], "even"),
        ([None, 1, 2], "even"),
        ([3], "linear"),
    ],
    ids=str,
)
def test_the_scale_suits_the_values(values, scale):
    assert axis_scale(values) == scale


def test_many_values_have_colours_of_a_scale_and_room_along_the_axis():
    table = [(a / 100, b, a + b) for a in range(1, 12) for b in range(9)]
    display = SearchCurveDisplay.from_predictions(
        results_of(["a", "b"], table), param="a", hue="b"
    )
    colors = {tuple(line.get_color()) for line in display.lines_}
    assert len(colors) == 9
    assert len(display.ax_.get_xticks()) < 11
    words = results_of(["a"], [(letter * 20, 0.1) for letter in "abc"])
    display = SearchCurveDisplay.from_predictions(words, param="a")
    assert {label.get_rotation() for label in display.ax_.get_xticklabels()} == {30}


def test_values_have_short_names():
    assert value_label(0.0001) == "0.0001"
    assert value_label(np.int64(64)) == "64"
    assert value_label(SequenceEncoder) == "SequenceEncoder"
    assert value_label(None) == "None"
    assert value_label("costs $5") == r"costs \$5"
    assert len(value_label(["a"] * 100)) < 30


# ---------------------------------------------------------------------- heat maps
def test_a_heat_map_has_the_score_in_each_cell_and_frames_the_best():
    display = SearchCurveDisplay.from_predictions(
        GRID, param="heads", hue="units", kind="heatmap", baseline={"rules": 0.2}
    )
    expected = [[0.308, 0.408], [0.316, 0.416], [0.332, 0.432]]
    np.testing.assert_allclose(display.image_.get_array(), expected)
    texts = {text.get_position(): text for text in display.ax_.texts}
    assert texts[0, 0].get_text() == "0.308"
    assert texts[1, 2].get_text() == "0.432"
    assert texts[1, 2].get_fontweight() == "bold"
    assert texts[0, 0].get_color() != texts[1, 2].get_color()
    (frame,) = [one for one in display.ax_.patches if isinstance(one, Rectangle)]
    assert frame.get_xy() == (0.5, 1.5)
    assert tick_labels(display.ax_.xaxis) == ["1", "2"]
    assert tick_labels(display.ax_.yaxis) == ["8", "16", "32"]
    title = display.ax_.get_title(loc="left")
    assert title == "score (rules: 0.200)\nbest over lr"
    assert display.lines_ is None


def test_a_cell_that_was_not_tried_is_empty():
    results = results_of(["a", "b"], [(1, 1, 0.3), (2, 1, 0.4), (2, 2, 0.5)])
    display = SearchCurveDisplay.from_predictions(
        results, param="a", hue="b", kind="heatmap", im_kw={"cmap": "Greens"}
    )
    np.testing.assert_array_equal(
        display.image_.get_array().mask, [[False, False], [True, False]]
    )
    assert len(display.ax_.texts) == 3
    assert display.image_.get_cmap().name == "Greens"


def test_cells_tell_the_spread_over_folds():
    table = [("lstm", 1, 0.3), ("gru", 1, 0.4)]
    results = {**FOLDS, **results_of(["encoder", "heads"], table)}
    display = SearchCurveDisplay.from_predictions(
        results, param="encoder", hue="heads", kind="heatmap"
    )
    assert display.ax_.texts[0].get_text() == "0.300\n±0.100"


def test_too_many_cells_have_a_colour_bar_instead_of_numbers():
    table = [(a, b, a + b) for a in range(13) for b in range(13)]
    results = results_of(["a", "b"], table)
    display = SearchCurveDisplay.from_predictions(
        results, param="a", hue="b", kind="heatmap"
    )
    assert not display.ax_.texts
    assert len(display.figure_.axes) == 2


# ---------------------------------------------------------------------- searches
@pytest.fixture(scope="module")
def search():
    return GridSearchCV(
        make_pipeline(SequenceEncoder(), small_recommender(max_epochs=1)),
        {f"{NAME}__n_heads": [1, 2], f"{NAME}__lr": [0.001, 0.1]},
        cv=LeaveLastOut(),
        scoring=ranking_scorer(["ndcg@10", "hit_rate@5"]),
        refit="ndcg@10",
    ).fit(EVENTS)


def test_a_search_draws_the_metric_that_chose(search):
    display = SearchCurveDisplay.from_estimator(search, param="lr", hue="n_heads")
    assert (display.param_name, display.hue_name) == ("lr", "n_heads")
    scores = search.cv_results_["mean_test_ndcg@10"].reshape(2, 2).T
    np.testing.assert_array_equal(display.scores, scores)
    assert display.scores[display.best] == search.best_score_
    assert display.ax_.get_ylabel() == "NDCG@10"


def test_another_metric_can_be_named(search):
    display = SearchCurveDisplay.from_estimator(
        search, param=f"{NAME}__lr", metric="hit_rate@5"
    )
    scores = search.cv_results_["mean_test_hit_rate@5"].reshape(2, 2).max(axis=1)
    np.testing.assert_array_equal(display.scores, [scores])
    assert display.ax_.get_ylabel() == "hit rate@5"


def test_one_metric_is_called_as_its_scorer_is():
    search = GridSearchCV(
        make_pipeline(SequenceEncoder(), small_recommender(max_epochs=1)),
        {f"{NAME}__lr": [0.001, 0.1]},
        cv=LeaveLastOut(),
        scoring=ranking_scorer("mrr"),
        refit=False,
    )
    with pytest.raises(NotFittedError, match="GridSearchCV"):
        SearchCurveDisplay.from_estimator(search, param="lr")
    display = SearchCurveDisplay.from_estimator(search.fit(EVENTS), param="lr")
    assert display.ax_.get_ylabel() == "MRR"


def test_halving_takes_the_latest_round_and_its_best():
    search = HalvingGridSearchCV(
        make_pipeline(SequenceEncoder(), small_recommender()),
        {f"{NAME}__lr": [0.0001, 0.01, 0.03, 0.1]},
        factor=2,
        resource=f"{NAME}__max_epochs",
        min_resources=1,
        max_resources=4,
        cv=LeaveLastOut(),
        scoring=ranking_scorer(),
    ).fit(EVENTS)
    display = SearchCurveDisplay.from_estimator(search, param="lr")
    assert display.param_values == [0.0001, 0.01, 0.03, 0.1]
    for lr, score in zip(display.param_values, display.scores[0], strict=True):
        rows = [
            row
            for row, one in enumerate(search.cv_results_["params"])
            if one[f"{NAME}__lr"] == lr
        ]
        assert score == search.cv_results_["mean_test_score"][rows[-1]]
    assert display.scores[display.best] == search.best_score_
    assert display.ax_.get_title(loc="left") == "latest round of each"
    rounds = SearchCurveDisplay.from_estimator(search, param="lr", hue="max_epochs")
    assert rounds.hue_values == [1, 2, 4]
    assert np.isfinite(rounds.scores).sum(axis=1).tolist() == [4, 2, 1]


def test_the_best_of_halving_is_not_a_better_score_of_an_earlier_round():
    table = [(1, 10, 0.9), (2, 10, 0.8), (2, 30, 0.5)]
    others = {"iter": [0, 0, 1], "n_resources": [10, 10, 30]}
    results = results_of(["heads", "epochs"], table, **others)
    display = SearchCurveDisplay.from_predictions(results, param="heads")
    np.testing.assert_array_equal(display.scores, [[0.9, 0.5]])
    assert display.best == (0, 1)


def test_a_frame_of_results_draws_the_same():
    display = SearchCurveDisplay.from_predictions(pd.DataFrame(FOLDS), param="encoder")
    np.testing.assert_array_equal(display.scores, [[0.3, 0.4]])


def test_the_results_are_not_changed():
    before = repr(GRID)
    SearchCurveDisplay.from_predictions(GRID, param="lr", hue="heads")
    assert repr(GRID) == before


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"param": "head"},
            r"searched parameter.*'net__heads', 'net__un.*mean 'heads'",
        ),
        ({"param": "lr", "hue": "unit"}, r"'hue' parameter.*Did you mean 'units'"),
        ({"param": "lr", "hue": "lr"}, "'lr' as both param and hue"),
        ({"param": "lr", "kind": "lines"}, r"'kind'.*mean 'line'"),
        ({"param": "lr", "kind": "heatmap"}, r"needs a second parameter.*hue="),
        ({"param": "lr", "metric": "ndcg"}, r"'metric'.*among \{'score'\}"),
    ],
    ids=["param", "hue", "twice", "kind", "no hue", "metric"],
)
def test_what_cannot_be_drawn_is_explained(options, message):
    with pytest.raises(ValueError, match=message):
        SearchCurveDisplay.from_predictions(GRID, **options)
    assert plt.get_fignums() == []


def test_a_short_name_that_two_parameters_have_is_refused():
    table = [(1, 2, 0.5), (2, 2, 0.6)]
    results = results_of(["net__lr", "head__lr"], table)
    with pytest.raises(ValueError, match=r"any of 'net__lr', 'head__lr'. Give one"):
        SearchCurveDisplay.from_predictions(results, param="lr")
    display = SearchCurveDisplay.from_predictions(results, param="net__lr")
    assert display.ax_.get_xlabel() == "net__lr"
    part = SearchCurveDisplay.from_predictions(
        results_of(["net__lr", "lr"], table), param="lr"
    )
    assert part.param_values == [2]


def test_several_metrics_need_a_name(search):
    with pytest.raises(ValueError, match=r"2 metrics, 'ndcg@10', 'hit_rate@5'"):
        SearchCurveDisplay.from_predictions(search.cv_results_, param="lr")


@pytest.mark.parametrize(
    "results",
    [
        {"params": [{"a": 1}]},
        {"mean_test_score": [1.0]},
        [1],
        {**FOLDS, "params": "ab"},
    ],
    ids=["no score", "no params", "list", "texts"],
)
def test_what_is_no_result_of_a_search_is_explained(results):
    with pytest.raises(ValueError, match="takes the cv_results_ of a search"):
        SearchCurveDisplay.from_predictions(results, param="a")


def test_failed_fits_alone_are_explained():
    results = results_of(["a"], [(1, np.nan)])
    with pytest.raises(ValueError, match="No candidate of the search has a score"):
        SearchCurveDisplay.from_predictions(results, param="a")


def test_what_is_no_search_is_explained():
    with pytest.raises(TypeError, match=r"search, such as GridS.*Got AttentionSeq"):
        SearchCurveDisplay.from_estimator(small_recommender(), param="lr")


def test_a_baseline_is_a_number():
    with pytest.raises(TypeError, match=r"'baseline'.*float.*Got 'low'"):
        SearchCurveDisplay.from_predictions(GRID, param="lr", baseline="low")


def test_without_matplotlib_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'seqrec\[plot\]'"):
        SearchCurveDisplay.from_predictions(GRID, param="lr")


def test_none_is_a_value_like_any_other():
    table = [(1, None, 0.1), (2, None, 0.2), (1, 0.5, 0.3), (2, 0.5, 0.4)]
    display = SearchCurveDisplay.from_predictions(
        results_of(["a", "b"], table), param="a", hue="b"
    )
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["None", "0.5"]
