import dataclasses
import pickle
import time

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback

from seqrec import (
    AttentionSequenceClassifier,
    AttentionSequenceRegressor,
    PopularityRecommender,
    SequenceEncoder,
    profile_fit,
)
from seqrec.estimators._net import SequenceNeuralNet
from seqrec.exceptions import DataWarning
from seqrec.inspection import _estimate
from seqrec.inspection._stopwatch import PARTS
from tests.histories import (
    SMALL,
    as_columns,
    ordered_histories,
    rich_sequences,
    small_recommender,
)

HISTORIES = ordered_histories(60)
EVENTS = pd.DataFrame(as_columns(HISTORIES))
QUICK = {"budget": 0.05}


def pipeline(**params):
    return make_pipeline(SequenceEncoder(), small_recommender(**params))


class Note(Callback):
    """Writes down what it sees."""

    def __init__(self, seen):
        self.seen = seen

    def on_epoch_end(self, net, **kwargs):
        self.seen.append(len(net.history))


def test_an_estimate_names_every_part_and_trains_nothing():
    model = pipeline()
    found = profile_fit(model, EVENTS, **QUICK)
    assert set(found.seconds) == set(PARTS)
    assert all(value > 0 for part, value in found.seconds.items() if part in PARTS[:8])
    assert found.seconds["validation"] == 0
    assert (found.n_rows, found.n_events, found.n_items) == (60, 360, 15)
    assert found.fit_seconds is None
    assert vars(model.steps[-1][1]).keys() == model.steps[-1][1].get_params().keys()
    assert not hasattr(model.steps[0][1], "vocabulary_")


def test_batches_and_parameters_are_those_of_the_fit():
    model = small_recommender(batch_size=32, max_epochs=3)
    found = profile_fit(model, HISTORIES, **QUICK)
    model.fit(HISTORIES)
    history = model.net_.history
    assert found.n_epochs == len(history)
    assert found.n_batches == history[-1, "train_batch_count"]
    weights = list(model.net_.module_.parameters())
    assert found.n_parameters == sum(weight.numel() for weight in weights)
    assert found.memory["parameters"] == 4 * found.n_parameters


def test_batches_of_few_targets_are_told_as_large_as_they_are():
    rows, targets = [row[:-1] for row in HISTORIES], [row[-1] for row in HISTORIES]
    found = profile_fit(small_recommender(batch_size=32), rows, targets, **QUICK)
    assert found.batch_size == 32 * 5  # events read for each target


@pytest.mark.parametrize("loss", ["softmax", "sampled_softmax"])
def test_state_of_the_optimiser_is_counted(loss):
    found = profile_fit(small_recommender(loss=loss), HISTORIES, **QUICK)
    assert found.memory["optimiser"] >= 2 * found.memory["parameters"]
    assert found.memory["optimiser"] < 3 * found.memory["parameters"]
    assert found.memory["gradients"] > 0
    assert found.memory["batch"] > 0


def test_a_profiled_fit_gives_the_model_of_a_fit():
    plain, timed = pipeline(early_stopping=True), pipeline(early_stopping=True)
    plain.fit(EVENTS)
    found = profile_fit(timed, EVENTS, fit=True, **QUICK)
    for name, weight in plain[-1].net_.module_.state_dict().items():
        assert torch.equal(weight, timed[-1].net_.module_.state_dict()[name]), name
    assert (
        plain[-1].net_.history[:, "train_loss"]
        == (timed[-1].net_.history[:, "train_loss"])
    )
    assert found.fit_epochs == len(plain[-1].net_.history)


def test_a_random_state_goes_on_from_where_it_was():
    plain, timed = (
        small_recommender(random_state=np.random.RandomState(3)) for _ in range(2)
    )
    profile_fit(timed, HISTORIES, fit=True, **QUICK)
    scores = plain.fit(HISTORIES).decision_function(HISTORIES)
    assert np.array_equal(scores, timed.decision_function(HISTORIES))


def test_random_numbers_of_the_process_stay_where_they_are():
    torch.manual_seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    profile_fit(small_recommender(random_state=None), HISTORIES, **QUICK)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


def test_nothing_of_the_timers_stays_with_the_model():
    seen = []
    model = pipeline(callbacks=[Note(seen)], early_stopping=True)
    own = model[-1].callbacks
    profile_fit(model, EVENTS, fit=True, **QUICK)
    assert model[-1].callbacks is own
    assert "fit" not in vars(model[-1])
    net = model[-1].net_
    assert type(net) is SequenceNeuralNet
    assert not hasattr(net, "_watch")
    names = [type(one).__name__ for one in net.callbacks]
    assert "PartTimer" not in names
    assert seen == [1, 2]  # once an epoch, in the fit alone
    assert pickle.loads(pickle.dumps(model)).predict(EVENTS).shape == (60, 10)


def test_measured_parts_sum_to_the_time_of_the_fit():
    model = pipeline(max_epochs=4, early_stopping=True)
    estimate = profile_fit(model, EVENTS, **QUICK)
    start = time.perf_counter()
    found = profile_fit(model, EVENTS, fit=True, **QUICK)
    whole = time.perf_counter() - start - found.estimate_seconds
    assert sum(found.fit_seconds.values()) == pytest.approx(whole, rel=0.2, abs=0.1)
    assert set(found.fit_seconds) == set(PARTS)
    assert all(value > 0 for value in found.fit_seconds.values())
    assert found.seconds["validation"] > 0
    assert found.fit_memory is None or found.fit_memory >= estimate.memory["baseline"]
    assert "measured" in str(found)


def test_a_failed_fit_leaves_the_model_as_it_was():
    model = small_recommender(callbacks=None).fit(HISTORIES)
    before = vars(model).copy()
    model.warm_start = True
    with pytest.raises(ValueError, match="warm_start=True needs the catalogue"):
        profile_fit(model, ordered_histories(60, n_items=9), fit=True, **QUICK)
    model.warm_start = False
    assert vars(model) == before


@pytest.mark.parametrize(
    "params",
    [
        {"attention": "hierarchical", "time_features": ["elapsed"]},
        {"auxiliary_targets": {"rating": "regression"}, "time_aware": True},
        {"embedding_init": "normal", "head": "linear", "encoder": "mean"},
        {"batch_size": 10_000, "max_epochs": 1},
    ],
    ids=["hierarchical", "auxiliary", "normal start", "a single batch"],
)
def test_other_parameters_are_profiled_too(params):
    found = profile_fit(small_recommender(**params), rich_sequences(), **QUICK)
    assert found.total_seconds > 0
    assert found.n_timed > 0


def test_targets_are_taken_like_those_of_fit():
    X = [history[:-1] for history in HISTORIES]
    y = [history[-1] for history in HISTORIES]
    found = profile_fit(small_recommender(), X, y, fit=True, **QUICK)
    assert found.n_events is None
    assert found.fit_seconds["forward"] > 0


@pytest.mark.parametrize(
    "cls", [AttentionSequenceClassifier, AttentionSequenceRegressor]
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_classifier_and_regressor_are_profiled_too(cls, early_stopping):
    params = {name: value for name, value in SMALL.items() if name != "embedding_dim"}
    X = np.random.default_rng(0).normal(size=(80, 5, 2))
    y = (X[:, -1, 0] > 0).astype(int)
    model = cls(**params, early_stopping=early_stopping)
    plain = cls(**params, early_stopping=early_stopping).fit(X, y)
    found = profile_fit(model, X, y, fit=True, **QUICK)
    assert found.n_items is None
    assert found.fit_seconds["forward"] > 0
    assert (found.fit_seconds["validation"] > 0) == early_stopping
    assert np.array_equal(model.predict(X), plain.predict(X))


def test_a_catalogue_beyond_memory_is_said_and_not_built(monkeypatch):
    monkeypatch.setattr(_estimate, "available_memory", lambda: 1000)
    monkeypatch.setattr(_estimate, "run_trial", None)
    with pytest.warns(DataWarning, match=r"GiB more memory, and 0\.00 GiB can be had"):
        found = profile_fit(pipeline(), EVENTS, **QUICK)
    assert found.total_seconds is None
    assert found.exceeds_memory
    assert found.memory["parameters"] == 15 * SMALL["embedding_dim"] * 4
    assert "The network was not built" in found.notes[0]


def test_more_memory_than_there_is_gets_a_warning(monkeypatch):
    monkeypatch.setattr(_estimate, "available_memory", lambda: 4000)
    with pytest.warns(DataWarning, match="Leave rare items out") as caught:
        found = profile_fit(small_recommender(), HISTORIES, **QUICK)
    assert found.total_seconds > 0
    assert caught[0].filename == __file__


def test_the_estimate_scales_with_the_epochs():
    few, many = (
        profile_fit(small_recommender(max_epochs=n), HISTORIES, **QUICK)
        for n in (2, 200)
    )
    ratio = many.seconds["backward"] / few.seconds["backward"]
    assert 20 < ratio < 500
    assert many.seconds["prepare"] < 20 * few.seconds["prepare"]


@pytest.mark.parametrize(
    "estimator",
    [
        PopularityRecommender(),
        make_pipeline(SequenceEncoder(), PopularityRecommender()),
        LogisticRegression(),
    ],
    ids=lambda one: type(one).__name__,
)
def test_another_estimator_is_refused(estimator):
    with pytest.raises(TypeError, match="profile_fit takes an AttentionSequenceRec"):
        profile_fit(estimator, EVENTS)


def test_callbacks_in_net_params_are_refused():
    model = small_recommender(net_params={"callbacks": []})
    with pytest.raises(ValueError, match="net_params has 'callbacks'"):
        profile_fit(model, HISTORIES)


@pytest.mark.parametrize("budget", [0, -1.0])
def test_a_wrong_budget_is_refused(budget):
    with pytest.raises(ValueError, match="'budget' parameter of profile_fit"):
        profile_fit(small_recommender(), HISTORIES, budget=budget)


def test_a_wrong_parameter_gets_the_sentence_of_fit():
    with pytest.raises(ValueError, match="'encoder' parameter of AttentionSequenceRec"):
        profile_fit(small_recommender(encoder="lstmm"), HISTORIES)


def test_a_table_without_an_encoder_is_refused():
    with pytest.raises(TypeError, match="put a SequenceEncoder before it"):
        profile_fit(small_recommender(), EVENTS)


def test_a_profile_is_plain_data():
    found = profile_fit(small_recommender(), HISTORIES, **QUICK)
    again = pickle.loads(pickle.dumps(found))
    assert dataclasses.asdict(again) == dataclasses.asdict(found)
