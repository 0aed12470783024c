import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.pipeline import make_pipeline

from seqrec import (
    EvaluationReport,
    MarkovChainRecommender,
    PopularityRecommender,
    SequenceEncoder,
    SequentialRulesRecommender,
    evaluate,
)
from tests.histories import as_columns, ordered_histories

METRICS = ["ndcg@10", "gini@5", "novelty@5"]


@pytest.fixture(autouse=True)
def _no_screen():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


@pytest.fixture(scope="module")
def report():
    events = pd.DataFrame(as_columns(ordered_histories()))
    kinds = {
        "chain": MarkovChainRecommender(),
        "popularity": PopularityRecommender(),
        "rules | <own>": SequentialRulesRecommender(),
    }
    models = {
        name: make_pipeline(SequenceEncoder(), one) for name, one in kinds.items()
    }
    own = {"rules | <own>": models.pop("rules | <own>")}
    return evaluate(own, events, metrics=METRICS, baselines=models, n_resamples=50)


def test_repr_is_short_and_str_is_the_table_and_the_card(report):
    assert repr(report) == "EvaluationReport(3 models, 60 targets of 60 users)"
    lines = str(report).splitlines()
    assert lines[0].split()[:2] == ["model", "ndcg@10"]
    assert [line.split("  ")[0] for line in lines[1:4]] == list(report.models)
    assert "best baseline" in str(report)
    assert "Lower is better: gini@5." in str(report)


def test_frame_has_a_row_a_model(report):
    table = report.to_frame()
    assert table["model"].tolist() == list(report.models)
    assert table["is_baseline"].sum() == 2
    found = report.summary
    np.testing.assert_array_equal(table["ndcg@10"], found.means[:, 0])
    np.testing.assert_array_equal(table["ndcg@10 low"], found.low[:, 0])
    np.testing.assert_array_equal(table["ndcg@10 p"], found.p_values[:, 0])
    assert "gini@5 low" not in table  # one value for all rows together
    assert (table["fit_seconds"] > 0).all()
    assert (table["peak_memory"] > 1e7).all()


def test_markdown_is_a_table_whose_rows_have_its_columns(report):
    lines = report.to_markdown().splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 2 + 3
    columns = {line.replace("\\|", "").count("|") for line in rows}
    assert len(columns) == 1
    assert "- **ties**: a target stands in the middle" in report.to_markdown()


def test_html_escapes_names(report):
    assert "<own>" not in report._repr_html_()
    assert "&lt;own&gt;" in report._repr_html_()


def test_report_is_made_by_evaluate(report):
    assert isinstance(report, EvaluationReport)
    assert report.baselines == ("chain", "popularity")
    assert report.metrics == tuple(METRICS)


# ---------------------------------------------------------------------- pictures
def test_picture_of_a_metric_has_a_point_a_model_at_its_mean(report):
    ax = report.plot()
    points = [bar.lines[0].get_xydata()[0] for bar in ax.containers]
    np.testing.assert_allclose([x for x, _ in points], report.summary.means[:, 0])
    assert [label.get_text() for label in ax.get_yticklabels()] == list(report.models)
    assert ax.get_xlabel() == "NDCG@10"


def test_picture_of_a_metric_that_is_better_small_says_so(report):
    ax = report.plot(metric="gini@5")
    assert ax.get_xlabel() == "gini@5 (lower is better)"
    first = ax.get_yticklabels()[0].get_text()
    assert first == report.models[int(np.argmin(report.summary.means[:, 1]))]


def test_picture_of_slices_has_a_point_a_label_and_model(report):
    ax = report.plot("slices", slice_by="item popularity")
    table = report.slices()
    for bar, model in zip(ax.containers, report.models, strict=True):
        rows = table[
            (table["slice"] == "item popularity")
            & (table["model"] == model)
            & (table["metric"] == "ndcg@10")
        ]
        np.testing.assert_allclose(bar.lines[0].get_ydata(), rows["mean"])
    assert ax.get_xticklabels()[0].get_text().startswith("head\n")


def test_picture_of_novelty_has_a_point_a_model(report):
    ax = report.plot("novelty")
    points = np.array([line.get_xydata()[0] for line in ax.lines])
    np.testing.assert_allclose(points[:, 0], report.summary.means[:, 2])
    np.testing.assert_allclose(points[:, 1], report.summary.means[:, 0])


def test_pictures_go_where_one_says(report):
    _, ax = plt.subplots()
    assert report.plot(ax=ax) is ax


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "pie"}, "'kind' parameter of EvaluationReport.plot"),
        ({"metric": "mrr"}, "'metric' parameter of EvaluationReport.plot"),
        ({"kind": "slices", "slice_by": "age"}, "'slice_by' parameter"),
        ({"kind": "slices", "metric": "gini@5"}, "a metric with one value a target"),
    ],
)
def test_a_wrong_picture_is_an_error(report, given, message):
    with pytest.raises(ValueError, match=message):
        report.plot(**given)


def test_no_novelty_no_picture_of_it(report):
    events = pd.DataFrame(as_columns(ordered_histories()))
    model = make_pipeline(SequenceEncoder(), PopularityRecommender())
    other = evaluate(model, events, metrics=["mrr"], baselines=None, n_resamples=0)
    with pytest.raises(ValueError, match="add 'novelty@10' to metrics="):
        other.plot("novelty")


def test_without_matplotlib_the_error_says_what_to_install(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'seqrec\[plot\]'"):
        report.plot()
