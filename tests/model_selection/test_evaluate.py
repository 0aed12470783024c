"""evaluate: what it counts and compares, and the traps it must not fall in."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from seqrec import (
    ItemKNNRecommender,
    KCoreFilter,
    LeaveLastOut,
    MarkovChainRecommender,
    PopularityRecommender,
    SequenceEncoder,
    SequentialRulesRecommender,
    TemporalSplit,
    evaluate,
    ranking_scorer,
)
from seqrec.datasets import make_event_log
from seqrec.estimators._base import BaseRecommender
from seqrec.exceptions import DataWarning
from tests.histories import as_columns, ordered_histories, small_recommender
from tests.tables import to_lists

KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
FEW = {"n_resamples": 50}
ROWS = ["ndcg@10", "hit_rate@5", "auc", "novelty@5"]


@pytest.fixture(scope="module")
def events():
    """Return 60 users' 6 events each, where one or two up comes next."""
    return pd.DataFrame(as_columns(ordered_histories()))


@pytest.fixture(scope="module")
def rules():
    return make_pipeline(SequenceEncoder(), SequentialRulesRecommender())


@pytest.fixture(scope="module")
def floors():
    return {
        "popularity": make_pipeline(SequenceEncoder(), PopularityRecommender()),
        "chain": make_pipeline(SequenceEncoder(), MarkovChainRecommender()),
    }


@pytest.fixture(scope="module")
def report(events, rules, floors):
    return evaluate({"rules": rules}, events, metrics=ROWS, baselines=floors, **FEW)


def mean_of(report, model, metric):
    found = report.summary
    return found.means[found.models.index(model), found.metrics.index(metric)]


# ---------------------------------------------------------------------- figures
@pytest.mark.parametrize("cv", [LeaveLastOut(2), TemporalSplit(test_span=90)])
def test_means_are_those_of_cross_validation(events, rules, cv):
    metrics = ["ndcg@10", "hit_rate@3", "mrr@10", "auc", "novelty@5", "coverage@5"]
    found = evaluate(rules, events, split=cv, metrics=metrics, baselines=None, **FEW)
    for metric in metrics:
        scores = cross_val_score(rules, events, cv=cv, scoring=ranking_scorer(metric))
        weights = [fold["n_targets"] for fold in found.protocol.folds]
        if metric == "coverage@5":
            weights = None
        expected = np.average(scores, weights=weights)
        value = mean_of(found, "SequentialRulesRecommender", metric)
        assert value == pytest.approx(expected), metric


def test_models_are_cloned_and_events_not_changed(events, rules, report):
    assert not hasattr(rules[-1], "items_")
    before = events.copy()
    evaluate(clone(rules), events, baselines=None, **FEW)
    pd.testing.assert_frame_equal(events, before)


def test_same_random_state_same_report(events, rules, floors, report):
    again = evaluate({"rules": rules}, events, metrics=ROWS, baselines=floors, **FEW)
    other = evaluate(
        {"rules": rules}, events, metrics=ROWS, baselines=floors, random_state=1, **FEW
    )
    for name in ("means", "low", "high", "p_values"):
        np.testing.assert_array_equal(
            getattr(again.summary, name), getattr(report.summary, name)
        )
    assert not np.array_equal(other.summary.low, report.summary.low)


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_kinds_of_tables_give_the_same_report(make, events, rules, floors, report):
    table = make(events.to_dict("list"))
    found = evaluate({"rules": rules}, table, metrics=ROWS, baselines=floors, **FEW)
    np.testing.assert_array_equal(found.summary.means, report.summary.means)
    assert isinstance(found.to_frame(), type(table))
    assert to_lists(found.to_frame())["model"] == list(report.models)


def test_intervals_hold_their_means(report):
    found = report.summary
    assert (found.low <= found.means).all()
    assert (found.means <= found.high).all()
    assert (found.low < found.high).any()


def test_differences_are_to_the_best_baseline(report):
    found = report.summary
    assert found.references[0] == "chain"
    row, floor = found.models.index("rules"), found.models.index("chain")
    assert found.differences[row] == pytest.approx(
        found.means[row] - found.means[floor]
    )
    assert np.isnan(found.differences[floor, 0])
    assert np.isnan(found.p_values[floor, 0])
    popularity = found.models.index("popularity")
    assert found.p_values[popularity, 0] < 0.05
    assert found.difference_high[popularity, 0] < 0


def test_a_model_like_the_baseline_is_no_different(events, rules):
    found = evaluate({"a": rules}, events, baselines={"b": rules}, **FEW).summary
    row = found.models.index("a")
    assert found.differences[row, 0] == 0
    assert found.p_values[row, 0] == 1.0


def test_models_come_best_first_also_where_small_is_good(events, rules, floors):
    metrics = ["popularity_bias@5", "ndcg@10"]
    found = evaluate({"rules": rules}, events, metrics=metrics, baselines=floors, **FEW)
    assert (np.diff(found.summary.means[:, 0]) >= 0).all()
    assert found.summary.lower_is_better == (True, False)


def test_default_baselines_are_the_counting_recommenders(events, rules):
    found = evaluate({"own": rules}, events, **FEW)
    assert set(found.baselines) == {
        "popularity", "popularity, 7 days", "Markov chain", "item kNN",
        "sequential rules",
    }  # fmt: skip
    ordered = events.rename(columns={"timestamp": "position"})
    own = make_pipeline(SequenceEncoder(time="position"), SequentialRulesRecommender())
    found = evaluate({"own": own}, ordered, split=LeaveLastOut(), **FEW)
    assert "popularity, 7 days" not in found.baselines
    assert found.protocol.later is None


def test_a_search_is_fitted_and_judged_on_each_fold(events, rules):
    grid = {"sequentialrulesrecommender__max_gap": [1, 3]}
    search = GridSearchCV(rules, grid, cv=LeaveLastOut(), scoring=ranking_scorer())
    found = evaluate(search, events, baselines=None, **FEW)
    assert found.models == ("SequentialRulesRecommender",)


def test_without_resamples_there_are_means_alone(events, rules):
    found = evaluate(rules, events, n_resamples=0)
    assert np.isnan(found.summary.low).all()
    assert np.isnan(found.summary.p_values).all()
    assert not np.isnan(found.summary.means).any()
    assert "p = " not in str(found)


# ---------------------------------------------------------------------- targets
def test_every_tested_target_counts_whatever_a_model_knows(events):
    # The filter forgets most items; a history of theirs alone is still asked for.
    few = make_pipeline(
        KCoreFilter(min_user_events=1, min_item_events=22),
        SequenceEncoder(),
        PopularityRecommender(),
    )
    found = evaluate(few, events, baselines=None, metrics=["hit_rate@10"], **FEW)
    assert len(found.summary.values["hit_rate@10"][0]) == 60
    assert not np.isnan(found.summary.values["hit_rate@10"]).any()


def test_all_targets_of_a_window_have_their_own_history(events, rules):
    split = TemporalSplit(test_span=130, targets="all")
    found = evaluate(rules, events, split=split, metrics=["mrr@15"], **FEW)
    train_end = found.protocol.folds[0]["cut"]
    late = events[events["timestamp"] >= train_end]
    known = set(events.loc[events["timestamp"] < train_end, "user_id"])
    assert found.protocol.n_targets == late["user_id"].isin(known).sum() > 60
    fitted = clone(rules).fit(events[events["timestamp"] < train_end])
    table = found.targets()
    own = table[table["model"] == "SequentialRulesRecommender"]
    for user, rows in list(own.groupby("user_id"))[:5]:
        mine = events[events["user_id"] == user].sort_values("timestamp")
        expected = [
            ranking_scorer("mrr@15")(fitted, mine[: n + 1]) for n in rows["n_history"]
        ]
        assert rows["mrr@15"].tolist() == pytest.approx(expected)


def test_targets_tell_what_is_known_of_them(events, report):
    table = report.targets()
    assert len(table) == 3 * 60
    one = table[(table["model"] == "rules") & (table["user_id"] == 7)].iloc[0]
    mine = events[events["user_id"] == 7].sort_values("timestamp")
    assert one["item_id"] == mine["item_id"].iloc[-1]
    assert one["n_history"] == 5
    learned = events.drop(events.groupby("user_id")["timestamp"].idxmax())
    assert one["n_learned"] == (learned["item_id"] == one["item_id"]).sum()


# ---------------------------------------------------------------------- slices
def test_slices_add_up_to_the_mean(report):
    table = report.slices()
    table = table[(table["model"] == "rules") & (table["metric"] == "ndcg@10")]
    for name, rows in table.groupby("slice"):
        assert rows["n_targets"].sum() == 60, name
        mean = np.average(rows["mean"], weights=rows["n_targets"])
        assert mean == pytest.approx(mean_of(report, "rules", "ndcg@10")), name


@pytest.mark.parametrize("as_column", [True, False])
def test_groups_are_slices(events, rules, as_column):
    events = events.assign(country=np.where(events["user_id"] % 3, "far", "near"))
    groups = "country" if as_column else dict.fromkeys(range(1, 61), "far")
    found = evaluate(rules, events, groups=groups, baselines=None, **FEW).slices()
    name = "country" if as_column else "user group"
    labels = found.loc[found["slice"] == name, "label"].unique().tolist()
    assert labels == (["far", "near"] if as_column else ["far"])


def test_number_groups_keep_their_numbers_and_order(events, rules):
    ages = np.where(events["user_id"] % 3 == 0, np.nan, 1234567 + events["user_id"] % 3)
    events = events.assign(age=ages, other=np.where(events["user_id"] < 9, 2, 10))
    found = evaluate(rules, events, groups=["age", "other"], baselines=None, **FEW)
    table = found.slices()
    labels = [
        table.loc[table["slice"] == x, "label"].unique() for x in ("age", "other")
    ]
    assert labels[0].tolist() == ["1234568", "1234569", "(missing)"]
    assert labels[1].tolist() == ["2", "10"]


def test_groups_serve_the_metrics_that_need_them(events, rules):
    groups = {user: "odd" if user % 2 else "even" for user in range(1, 61)}
    found = evaluate(
        rules, events, groups=groups, metrics=["ndcg@10", "ndcg_gap@10"], **FEW
    )
    table = found.slices()
    rows = table[(table["slice"] == "user group") & (table["metric"] == "ndcg@10")]
    means = rows.loc[rows["model"] == "SequentialRulesRecommender", "mean"]
    value = mean_of(found, "SequentialRulesRecommender", "ndcg_gap@10")
    assert value == pytest.approx(means.max() - means.min())


def test_weights_by_popularity_have_wider_intervals():
    log = make_event_log(n_users=300, n_items=50, random_state=0)
    rules = make_pipeline(SequenceEncoder(), SequentialRulesRecommender())
    plain = evaluate(rules, log, baselines=None, metrics=["ndcg@10"])
    weighed = evaluate(
        rules, log, baselines=None, metrics=["ndcg@10"], propensity="popularity"
    )
    widths = [one.summary.high - one.summary.low for one in (plain, weighed)]
    assert widths[1] > widths[0]
    assert weighed.summary.n_effective[0] < 300
    assert "inverse popularity" in str(weighed)


# ---------------------------------------------------------------------- the card
def test_the_card_tells_the_protocol(events, rules):
    split = TemporalSplit(2, test_span=60, gap=5)
    found = evaluate(rules, events, split=split, ties="pessimistic", **FEW)
    card = found.protocol
    assert card.split.startswith("TemporalSplit(gap=5, n_splits=2")
    assert card.later == 0
    assert [fold["cut"] - fold["train_end"] for fold in card.folds] == [5, 5]
    assert set(card.versions) == {"python", "seqrec", "numpy", "scikit-learn", "torch"}
    text = str(found)
    for said in (
        "behind all items with its score", "whole catalogue of 15 items",
        "seen items left out", "targets from 2023-11-14", "users drawn anew 50 times",
    ):  # fmt: skip
        assert said in text
        assert said in found.to_markdown()
        assert said in found._repr_html_()


def test_the_card_warns_of_the_future_and_of_tied_times(events, rules):
    mixed = make_event_log(n_users=50, n_items=20, random_state=0)
    found = evaluate(rules, mixed, baselines=None, **FEW)
    assert found.protocol.later > 0.9
    assert found.protocol.verdict == "caution"
    assert any(
        "are earlier than events in tr" in one for one in found.protocol.findings
    )
    coarse = events.assign(timestamp=events["timestamp"] // 240 * 240)
    found = evaluate(rules, coarse, baselines=None, **FEW)
    assert found.protocol.tied > 0.3
    assert any("order of the rows decides" in one for one in found.protocol.findings)


@pytest.mark.parametrize(("n_users", "is_few"), [(29, True), (30, False)])
def test_the_card_says_where_users_are_few(events, rules, n_users, is_few):
    some = events[events["user_id"] <= n_users]
    card = evaluate(rules, some, baselines=None, **FEW).protocol
    assert any("too few for intervals" in one for one in card.findings) == is_few


def test_a_split_that_leaks_is_told_before_anything_slow(events, rules):
    with pytest.warns(DataWarning, match="The split leaks in 2 of 2 folds, so the fig"):
        found = evaluate(
            rules,
            events,
            split=KFold(2, shuffle=True, random_state=0),
            baselines=None,
            n_resamples=0,
        )
    assert found.protocol.verdict == "leak"


# ---------------------------------------------------------------------- the traps
class MemorisingRecommender(BaseRecommender):
    """Remember the last event of every history that it was fitted on."""

    def __init__(self, top_k=10, exclude_seen=False):
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _fit(self, sequences, targets):
        last = sequences.codes[sequences.stops - 1]
        self.last_ = dict(zip(sequences.users.tolist(), last.tolist(), strict=True))

    def _score_items(self, sequences):
        scores = np.zeros((len(sequences), self.n_items_))
        for row, user in enumerate(sequences.users.tolist()):
            scores[row, self.last_[user] - 1] = 1.0
        return scores


class ConstantRecommender(BaseRecommender):
    """Score everything alike."""

    def __init__(self, top_k=10, exclude_seen=False):
        self.top_k = top_k
        self.exclude_seen = exclude_seen

    def _fit(self, sequences, targets):
        pass

    def _score_items(self, sequences):
        return np.zeros((len(sequences), self.n_items_))


@pytest.fixture(scope="module")
def shuffled():
    """Return a log without order, of 15 items that are equally frequent."""
    return pd.DataFrame(as_columns(ordered_histories(600, shuffled=True)))


def test_trap_of_a_model_that_memorises_its_targets(shuffled):
    model = make_pipeline(SequenceEncoder(), MemorisingRecommender())
    honest = evaluate(model, shuffled, metrics=["hit_rate@1"], baselines=None)
    assert honest.summary.means[0, 0] < 2 / 15  # at chance level
    cheat = clone(model).fit(shuffled)
    said = "'MemorisingRecommender' was fitted beforehand on at least 600 events"
    with pytest.warns(DataWarning, match=said):
        report = evaluate(
            cheat, shuffled, metrics=["hit_rate@1"], baselines=None, refit=False
        )
    assert report.summary.means[0, 0] == 1.0
    assert any("its figures say nothing" in one for one in report.protocol.findings)


def test_a_model_fitted_on_the_training_part_passes(shuffled):
    train, _ = next(LeaveLastOut().split(shuffled))
    model = make_pipeline(SequenceEncoder(), MemorisingRecommender())
    model.fit(shuffled.iloc[train])
    report = evaluate(
        model, shuffled, metrics=["hit_rate@1"], baselines=None, refit=False
    )
    assert report.summary.means[0, 0] < 2 / 15
    assert not any("say nothing" in one for one in report.protocol.findings)


def test_trap_of_an_unsorted_table(events, rules, report, floors):
    mixed = events.sample(frac=1, random_state=0)
    found = evaluate({"rules": rules}, mixed, metrics=ROWS, baselines=floors, **FEW)
    np.testing.assert_array_equal(found.summary.means, report.summary.means)
    np.testing.assert_array_equal(found.summary.low, report.summary.low)


@pytest.mark.parametrize(
    ("ties", "metric", "low", "high"),
    [
        ("mean", "ndcg@5", 0.0, 0.0),  # place 8 of 15
        ("expected", "hit_rate@5", 1 / 3, 1 / 3),
        ("mean", "auc", 0.5, 0.5),
        ("pessimistic", "mrr@15", 1 / 15, 1 / 15),
        ("optimistic", "mrr@15", 1.0, 1.0),  # by request, and the card says so
    ],
)
def test_trap_of_a_model_that_ties_everything(shuffled, ties, metric, low, high):
    model = make_pipeline(SequenceEncoder(), ConstantRecommender())
    found = evaluate(model, shuffled, metrics=[metric], ties=ties, baselines=None)
    assert low - 1e-12 <= found.summary.means[0, 0] <= high + 1e-12
    assert found.protocol.ties == ties


def test_trap_of_a_leaked_future():
    # Every item is used in its own week and never again.
    weeks = np.repeat(np.arange(40), 50)
    rng = np.random.default_rng(0)
    log = pd.DataFrame(
        {
            "user_id": rng.integers(0, 60, 2000),
            "item_id": weeks * 10 + rng.integers(0, 10, 2000),
            "timestamp": 1_700_000_000
            + weeks * 7 * 86_400
            + rng.integers(0, 86_400, 2000),
        }
    )
    week = make_pipeline(SequenceEncoder(), PopularityRecommender(window=7 * 86_400))
    split = TemporalSplit(test_span=86_400 * 3)
    honest = evaluate(week, log, split=split, metrics=["hit_rate@10"], baselines=None)
    assert honest.summary.means[0, 0] == 0.0  # nothing of the last week was learned
    leaked = clone(week).fit(log)
    with pytest.warns(DataWarning, match="was fitted beforehand"):
        report = evaluate(
            leaked, log, split=split, metrics=["hit_rate@10"], baselines=None,
            refit=False,
        )  # fmt: skip
    assert report.summary.means[0, 0] > 0.9
    last = evaluate(week, log, metrics=["hit_rate@10"], baselines=None)
    assert last.protocol.later > 0.3


def test_rankings_that_cannot_be_compared_are_told(events):
    models = {
        "in": make_pipeline(SequenceEncoder(), ItemKNNRecommender(exclude_seen=False)),
        "out": make_pipeline(SequenceEncoder(), ItemKNNRecommender(exclude_seen=True)),
    }
    with pytest.warns(DataWarning, match="Models differ in what leaves the ranking"):
        evaluate(models, events, baselines=None, **FEW)


def test_the_network_is_judged_like_any_other(events):
    network = make_pipeline(SequenceEncoder(), small_recommender(max_epochs=1))
    found = evaluate(network, events, ties="expected", **FEW)
    value = mean_of(found, "AttentionSequenceRecommender", "ndcg@10")
    scorer = ranking_scorer("ndcg@10", ties="expected")
    score = cross_val_score(network, events, cv=LeaveLastOut(), scoring=scorer)[0]
    assert value == pytest.approx(score)
    assert found.summary.fit_seconds.min() > 0
    assert found.summary.predict_seconds.min() > 0


# ------------------------------------------------- models that read the log otherwise
def test_a_model_that_orders_the_events_otherwise_is_refused(events):
    turned = events.assign(bought_at=events["timestamp"])
    turned["timestamp"] = turned["timestamp"].max() - turned["timestamp"]
    model = make_pipeline(SequenceEncoder(), PopularityRecommender())
    said = "'m' takes another event for the target than the split in 60 of 60 cases"
    with pytest.raises(ValueError, match=said):
        evaluate(
            {"m": model}, turned, split=LeaveLastOut(time="bought_at"), baselines=None
        )


def test_a_model_of_other_items_is_refused(events):
    events = events.assign(rating=events["item_id"] % 2)
    model = make_pipeline(SequenceEncoder(item="rating"), PopularityRecommender())
    with pytest.raises(ValueError, match="'m' ranks 2 items that are not in the item"):
        evaluate({"m": model}, events, baselines=None)


def test_an_error_names_its_model(events):
    model = make_pipeline(SequenceEncoder(user="who"), PopularityRecommender())
    with pytest.raises(ValueError, match="Column 'who'") as caught:
        evaluate({"m": model}, events, baselines=None)
    assert "model 'm' of evaluate" in " ".join(caught.value.__notes__)


def test_small_catalogues_are_no_advantage_beyond_accuracy(events):
    # Two recommenders of the same lists; one knows fewer items.
    kind = PopularityRecommender(exclude_seen=False)
    every = make_pipeline(SequenceEncoder(), kind)
    few = make_pipeline(SequenceEncoder(min_item_count=22), kind)
    metrics = ["coverage@2", "gini@2", "novelty@2", "popularity_bias@2", "ndcg@2"]
    found = evaluate(
        {"every": every, "few": few}, events, metrics=metrics, baselines=None,
        propensity="popularity", n_resamples=0,
    )  # fmt: skip
    np.testing.assert_allclose(found.summary.means[0], found.summary.means[1])
    assert np.unique(found.summary.n_effective).size == 1


def test_a_list_of_index_pairs_is_a_split(events, rules):
    pairs = list(LeaveLastOut().split(events))
    one = evaluate(rules, events, split=pairs, baselines=None, **FEW)
    other = evaluate(rules, events, baselines=None, **FEW)
    np.testing.assert_array_equal(one.summary.means, other.summary.means)


# ---------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"estimators": {}}, ValueError, "'estimators' .* one model or more"),
        ({"estimators": {"a": 3}}, TypeError, "Model 'a' of evaluate must be an esti"),
        ({"estimators": {1: "x"}}, TypeError, "must be named by a str. Got 1"),
        ({"events": [[1, 2]]}, TypeError, "evaluate needs an event log: a pandas"),
        ({"split": 5}, TypeError, "'split' .* a splitter such as LeaveLastOut"),
        ({"metrics": ["ndgc"]}, ValueError, "Did you mean 'ndcg'"),
        ({"metrics": []}, ValueError, "must hold one metric or more"),
        ({"n_resamples": -1}, ValueError, "'n_resamples' parameter of evaluate"),
        ({"confidence": 1.0}, ValueError, "'confidence' .* between 0 and 1"),
        ({"ties": "worst"}, ValueError, "'ties' parameter of evaluate"),
        ({"groups": 5}, TypeError, "'groups' .* the name of a column"),
        ({"groups": "town"}, ValueError, "Column 'town'"),
        ({"groups": {1: "x"}}, ValueError, "user_groups lacks 59 users"),
        ({"item": "sku"}, ValueError, "Column 'sku'"),
        ({"split": LeaveLastOut}, TypeError, "must be a splitter such as Leav"),
        ({"refit": "x"}, TypeError, "'refit' parameter of evaluate must be a bool"),
        ({"random_state": "a"}, ValueError, "cannot be used to seed"),
        ({"split": []}, ValueError, "yields no fold"),
        (
            {"item_groups": pd.Series(["a", "b"], index=[101, 101])},
            ValueError,
            "must give each id one value. Got 2 values for 1 ids",
        ),
        ({"item_groups": {101: "x"}}, ValueError, "item_groups lacks 14 items: 102"),
        (
            {"item_features": {n: [0] * (n % 2) for n in range(101, 116)}},
            ValueError,
            r"a vector of one length. Got shapes \[\(0,\), \(1,\)\]",
        ),
    ],
)
def test_wrong_input_is_an_error(events, rules, change, error, message):
    given = {"estimators": rules, "events": events, "baselines": None, **FEW, **change}
    with pytest.raises(error, match=message):
        evaluate(given.pop("estimators"), given.pop("events"), **given)


def test_missing_groups_are_found_before_anything_slow(events, rules, monkeypatch):
    monkeypatch.setattr(SequentialRulesRecommender, "fit", None)
    with pytest.raises(ValueError, match="item_groups lacks 15 items"):
        evaluate(rules, events, item_groups={}, baselines=None)


def test_names_stand_once(events, rules):
    with pytest.raises(ValueError, match="two models called 'SequentialRulesRec"):
        evaluate([rules, rules], events)
    with pytest.raises(ValueError, match=r"of one name: \['popularity'\]"):
        evaluate({"popularity": rules}, events)


def test_a_splitter_of_single_rows_is_refused_or_told(events, rules):
    first_fold_only = KFold(360)
    with pytest.raises(ValueError, match="No user of a test part has a history"):
        evaluate(rules, events, split=first_fold_only, baselines=None, **FEW)
