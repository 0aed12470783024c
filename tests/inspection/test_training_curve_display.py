import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from seqrec import (
    AttentionSequenceRegressor,
    LeaveLastOut,
    SequenceEncoder,
    TrainingCurveDisplay,
    ranking_scorer,
)
from tests.histories import (
    as_columns,
    ordered_histories,
    rich_sequences,
    small_recommender,
)

HISTORY = [
    {"epoch": 1, "dur": 0.1, "train_loss": 3.0, "train_loss_best": True, "batches": []},
    {"epoch": 2, "dur": 0.1, "train_loss": 2.0, "train_loss_best": True, "batches": []},
    {"epoch": 3, "dur": 0.1, "train_loss": 1.5, "train_loss_best": True, "batches": []},
]
WITH_SCORE = [
    {**row, "valid_ndcg": score}
    for row, score in zip(HISTORY, (0.2, 0.4, 0.3), strict=True)
]


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fitted():
    model = small_recommender(early_stopping=True, validation_fraction=0.3)
    return model.fit(ordered_histories())


def test_losses_and_the_held_out_score_of_a_fit_have_a_panel_each(fitted):
    display = TrainingCurveDisplay.from_estimator(fitted)
    assert list(display.lines_) == ["train_loss", "valid_ndcg"]
    for key, line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xdata(), [1, 2])
        np.testing.assert_array_equal(line.get_ydata(), fitted.net_.history[:, key])
    loss, score = display.axes_
    assert display.lines_["train_loss"].axes is loss
    assert display.lines_["valid_ndcg"].axes is score
    assert loss.get_title(loc="left") == "Loss"
    assert score.get_title(loc="left").startswith("NDCG@10")
    assert {ax.get_xlabel() for ax in display.axes_} == {"epoch"}
    assert display.figure_ is loss.figure


def test_without_validation_there_is_one_panel_and_no_mark():
    display = TrainingCurveDisplay.from_predictions(HISTORY)
    (ax,) = display.axes_
    assert len(ax.lines) == 1
    assert display.best_epoch is None
    assert not ax.texts
    assert ax.get_legend() is None


def test_the_epoch_that_early_stopping_keeps_is_marked():
    display = TrainingCurveDisplay.from_predictions(WITH_SCORE)
    assert display.best_epoch == 2
    for ax in display.axes_:
        assert any(list(line.get_xdata()) == [2, 2] for line in ax.lines)
    _, score = display.axes_
    (text,) = score.texts
    assert text.get_text() == "0.400"
    assert text.xy == (2, 0.4)


def test_the_best_held_out_loss_is_the_lowest_and_shares_the_panel():
    losses = {"train_loss": [3.0, 2.0, 1.0], "valid_loss": [3.0, np.nan, 3.5]}
    display = TrainingCurveDisplay.from_predictions(losses)
    assert display.best_epoch == 1
    (ax,) = display.axes_
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["training", "held out"]
    colors = {line.get_color() for line in display.lines_.values()}
    assert len(colors) == 2


def test_an_epoch_without_a_value_leaves_a_hole():
    rows = [HISTORY[0], *WITH_SCORE[1:]]
    display = TrainingCurveDisplay.from_predictions(rows)
    score = display.lines_["valid_ndcg"].get_ydata()
    np.testing.assert_array_equal(score, [np.nan, 0.4, 0.3])


def test_the_loss_of_each_target_is_drawn():
    model = small_recommender(
        auxiliary_targets={"rating": "regression"}, context="all", max_epochs=1
    ).fit(rich_sequences())
    display = TrainingCurveDisplay.from_estimator(model)
    assert list(display.lines_) == ["train_loss", "loss_item", "loss_rating"]
    labels = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert labels == ["training", "next item", "rating"]


def test_a_regressor_has_its_held_out_loss():
    rows = np.random.default_rng(0).normal(size=(40, 5))
    model = AttentionSequenceRegressor(
        hidden_units=4, max_epochs=2, early_stopping=True, random_state=0
    ).fit(rows, rows[:, -1])
    display = TrainingCurveDisplay.from_estimator(model)
    assert list(display.lines_) == ["train_loss", "valid_loss"]
    assert display.best_epoch in (1, 2)


def test_a_second_fit_is_drawn_over_the_first_in_another_colour():
    first = TrainingCurveDisplay.from_predictions(WITH_SCORE, name="LSTM")
    second = TrainingCurveDisplay.from_predictions(
        WITH_SCORE, name="GRU", ax=first.axes_
    )
    assert second.figure_ is first.figure_
    for ax in first.axes_:
        labels = [text.get_text() for text in ax.get_legend().get_texts()]
        assert labels == ["LSTM", "GRU"]
    for display in (first, second):
        assert len({line.get_color() for line in display.lines_.values()}) == 1
    assert (
        first.lines_["train_loss"].get_color()
        != second.lines_["train_loss"].get_color()
    )


def test_a_named_fit_tells_its_losses_apart_by_the_style_of_the_line():
    losses = {"train_loss": [3.0, 2.0], "valid_loss": [3.0, 2.5]}
    display = TrainingCurveDisplay.from_predictions(losses, name="GRU")
    labels = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert labels == ["GRU", "GRU, held out"]
    styles = {line.get_linestyle() for line in display.lines_.values()}
    assert len(styles) == 2


def test_pipelines_and_searches_are_opened():
    events = pd.DataFrame(as_columns(ordered_histories()))
    pipeline = make_pipeline(SequenceEncoder(), small_recommender(max_epochs=1))
    search = GridSearchCV(
        pipeline,
        {"attentionsequencerecommender__lr": [0.01]},
        cv=LeaveLastOut(),
        scoring=ranking_scorer(),
    )
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(search)
    search.fit(events)
    best = search.best_estimator_
    expected = best[-1].net_.history[:, "train_loss"]
    for fitted in (search, best):
        display = TrainingCurveDisplay.from_estimator(fitted)
        np.testing.assert_array_equal(
            display.lines_["train_loss"].get_ydata(), expected
        )
    search = clone(search).set_params(refit=False).fit(events)
    with pytest.raises(ValueError, match=r"GridSearchCV has none\. Fit it with refit="):
        TrainingCurveDisplay.from_estimator(search)


def test_keys_choose_what_is_drawn_and_the_line_takes_arguments():
    display = TrainingCurveDisplay.from_predictions(
        WITH_SCORE, keys=["valid_ndcg"], line_kw={"linewidth": 7}
    )
    assert list(display.lines_) == ["valid_ndcg"]
    assert display.lines_["valid_ndcg"].get_linewidth() == 7


def test_the_best_epoch_is_shown_although_its_score_is_not_drawn():
    display = TrainingCurveDisplay.from_predictions(WITH_SCORE, keys=["train_loss"])
    assert display.best_epoch == 2
    assert not display.axes_[0].texts
    assert list(display.axes_[0].lines[-1].get_xdata()) == [2, 2]


def test_another_recorded_number_has_a_panel_of_its_own():
    history = {"train_loss": [2.0, 1.0], "event_lr": [0.1, 0.2]}
    assert list(TrainingCurveDisplay.from_predictions(history).lines_) == ["train_loss"]
    keys = ["train_loss", "event_lr"]
    display = TrainingCurveDisplay.from_predictions(history, keys=keys)
    assert [ax.get_title(loc="left") for ax in display.axes_] == ["Loss", "event lr"]


def test_given_axes_are_used_without_a_new_figure():
    figure, ax = plt.subplots()
    display = TrainingCurveDisplay.from_predictions(HISTORY, ax=ax)
    assert display.axes_.tolist() == [ax]
    assert plt.get_fignums() == [figure.number]


def test_the_history_is_not_changed():
    before = [dict(row) for row in WITH_SCORE]
    TrainingCurveDisplay.from_predictions(WITH_SCORE)
    assert before == WITH_SCORE


@pytest.mark.parametrize(
    ("history", "options", "message"),
    [
        (WITH_SCORE, {"keys": ["valid_ncdg"]}, r"'valid_ncdg'.*mean 'valid_ndcg'"),
        ([], {}, "one epoch or more"),
        ({"train_loss": [1.0], "valid_loss": [1.0, 2.0]}, {}, r"lengths \[1, 2\]"),
    ],
)
def test_a_history_that_cannot_be_drawn_is_explained(history, options, message):
    with pytest.raises(ValueError, match=message):
        TrainingCurveDisplay.from_predictions(history, **options)


def test_too_few_axes_are_explained():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"2 panels \(loss, ndcg\)\. Got 1 Axes"):
        TrainingCurveDisplay.from_predictions(WITH_SCORE, ax=ax)


def test_an_estimator_that_is_not_fitted_or_no_network_is_explained():
    with pytest.raises(NotFittedError, match="AttentionSequenceRecommender"):
        TrainingCurveDisplay.from_estimator(small_recommender())
    with pytest.raises(TypeError, match=r"Got LinearRegression.*from_predictions"):
        TrainingCurveDisplay.from_estimator(make_pipeline(LinearRegression()))


def test_without_matplotlib_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'seqrec\[plot\]'"):
        TrainingCurveDisplay.from_predictions(HISTORY)


@pytest.mark.slow
def test_importing_the_displays_loads_no_matplotlib():
    code = (
        "import sys, seqrec; seqrec.SearchCurveDisplay; seqrec.TrainingCurveDisplay;"
        "seqrec.SearchComparisonDisplay; sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
