"""Searches that stop poor candidates early: successive halving, and Optuna's."""

import warnings

import numpy as np
import optuna
import pandas as pd
import pytest
import torch
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.trial import TrialState
from optuna_integration import OptunaSearchCV, SkorchPruningCallback
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline

from seqrec import LeaveLastOut, SequenceEncoder, ranking_scorer
from tests.histories import as_columns, ordered_histories, small_recommender
from tests.tables import KINDS

NAME = "attentionsequencerecommender"
COLUMNS = as_columns(ordered_histories(60))
SCORER = ranking_scorer("ndcg@10")


@pytest.fixture(scope="module")
def events():
    return pd.DataFrame(COLUMNS)


@pytest.fixture(autouse=True)
def _quiet_studies():
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(level)


def pipeline(**params):
    return make_pipeline(SequenceEncoder(), small_recommender(**params))


class PruneAt(BasePruner):
    """Prune each trial once it has reported an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def prune(self, study, trial):
        return trial.last_step == self.epoch


def new_study(pruner=None):
    return optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=pruner or NopPruner(),
    )


def pruned_by(trial, monitor="valid_ndcg", **params):
    """Make a pipeline whose network reports each epoch to a trial."""
    return pipeline(
        **{"early_stopping": True, "validation_fraction": 0.3, **params},
        callbacks=[SkorchPruningCallback(trial, monitor=monitor)],
    )


# ---------------------------------------------------------------------- halving
@pytest.mark.parametrize("kind", [HalvingGridSearchCV, HalvingRandomSearchCV])
def test_halving_gives_more_epochs_to_fewer_candidates(events, kind):
    search = kind(
        pipeline(memory=None),  # which would make up for a small rate
        {f"{NAME}__lr": [0.0001, 0.01, 0.03, 0.1]},
        factor=2,
        resource=f"{NAME}__max_epochs",
        min_resources=1,
        max_resources=4,
        cv=LeaveLastOut(),
        scoring=SCORER,
        random_state=0,
    ).fit(events)
    assert search.n_resources_ == [1, 2, 4]
    assert search.n_candidates_ == [4, 2, 1]
    assert search.best_params_[f"{NAME}__lr"] > 0.0001
    assert search.best_estimator_[-1].n_epochs_ == 4
    alone = cross_val_score(
        pipeline(memory=None, **unprefixed(search.best_params_)),
        events,
        cv=LeaveLastOut(),
        scoring=SCORER,
    )
    assert search.best_score_ == alone[0]


def unprefixed(params):
    return {name.removeprefix(f"{NAME}__"): value for name, value in params.items()}


# ---------------------------------------------------------------------- studies
def test_a_trial_sees_the_validation_score_of_each_epoch(events):
    trial = new_study().ask()
    model = pruned_by(trial, max_epochs=3, n_iter_no_change=3).fit(events)
    reported = trial.study.trials[0].intermediate_values
    scores = model[-1].net_.history[:, "valid_ndcg"]
    assert reported == dict(enumerate(scores))
    assert len(set(scores)) > 1


def test_reporting_to_a_trial_does_not_change_the_model(events):
    trial = new_study().ask()
    model = pruned_by(trial).fit(events)
    plain = pipeline(early_stopping=True, validation_fraction=0.3).fit(events)
    np.testing.assert_array_equal(model.predict(events), plain.predict(events))


def test_a_trial_that_stops_early_keeps_its_best_epoch(events):
    trial = new_study().ask()
    model = pruned_by(trial, lr=5.0, max_epochs=20, n_iter_no_change=2).fit(events)
    history = model[-1].net_.history[:, "valid_ndcg"]
    reported = trial.study.trials[0].intermediate_values
    assert len(history) < 20
    # The epoch that ends the patience is no improvement, and is not reported.
    assert reported == dict(enumerate(history[:-1]))
    assert max(reported.values()) == max(history)
    assert model.predict(events).shape == (60, 10)


def test_pruning_ends_a_fit_in_the_epoch(events):
    study = new_study(PruneAt(1))
    epochs = []

    def objective(trial):
        model = pruned_by(trial, max_epochs=5)
        try:
            model.fit(events)
        finally:
            epochs.append(len(trial.study.trials[0].intermediate_values))

    study.optimize(objective, n_trials=1)
    assert [trial.state for trial in study.trials] == [TrialState.PRUNED]
    assert epochs == [2]


def test_pruning_leaves_the_model_unfitted_and_torch_as_it_was(events):
    trial = new_study(PruneAt(0)).ask()
    model = pruned_by(trial)
    torch.manual_seed(3)
    before, n_threads = torch.get_rng_state(), torch.get_num_threads()
    with pytest.raises(optuna.TrialPruned, match="epoch 0"):
        model.fit(events)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == n_threads
    with pytest.raises(NotFittedError):
        model.predict(events)
    assert not hasattr(model[-1], "n_items_")


def test_pruning_leaves_a_fitted_model_as_it_was():
    histories = ordered_histories(60)
    model = small_recommender().fit(histories)
    expected = model.predict(histories)
    callback = SkorchPruningCallback(new_study(PruneAt(0)).ask(), "valid_ndcg")
    model.set_params(early_stopping=True, callbacks=[callback])
    with pytest.raises(optuna.TrialPruned):
        model.fit(ordered_histories(60, n_items=40))
    np.testing.assert_array_equal(model.predict(histories), expected)


def test_a_study_prunes_trials_and_its_best_can_be_fitted_again(events):
    train, test = next(LeaveLastOut().split(events))
    params = {
        "max_epochs": 4,
        "early_stopping": True,
        "validation_fraction": 0.3,
        "n_iter_no_change": 4,
    }

    def objective(trial):
        lr = trial.suggest_float("lr", 1e-5, 0.3, log=True)
        model = pruned_by(trial, lr=lr, **params).fit(events.iloc[train])
        return SCORER(model, events.iloc[test])

    study = new_study(MedianPruner(n_startup_trials=2, n_warmup_steps=0))
    study.optimize(objective, n_trials=8)
    states = {trial.state for trial in study.trials}
    assert states == {TrialState.COMPLETE, TrialState.PRUNED}
    best = pipeline(**study.best_params, **params).fit(events.iloc[train])
    assert SCORER(best, events.iloc[test]) == study.best_value


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"early_stopping": False}, r"'valid_ndcg'.*early_stopping=True"),
        ({"monitor": "valid_acc"}, r"'valid_acc'.*'train_loss'.*'valid_ndcg'"),
    ],
)
def test_a_monitor_that_is_not_recorded_is_explained(events, params, message):
    model = pruned_by(new_study().ask(), **params)
    with pytest.raises(ValueError, match=message):
        model.fit(events)


# ---------------------------------------------------------------------- OptunaSearchCV
@pytest.fixture
def _expected_warnings():
    """Ignore what optuna-integration 5 warns about itself.

    Until OptunaSearchCV leaves its experimental state, no longer calls the deprecated
    optuna.terminator, and takes a single split in silence.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        for message in (".*optuna.terminator", "Failed to report cross validation"):
            warnings.filterwarnings("ignore", message=message)
        yield


@pytest.mark.usefixtures("_expected_warnings")
@pytest.mark.parametrize("kind", KINDS)
def test_optuna_search_scores_as_cross_validation_does(kind):
    events = KINDS[kind](COLUMNS)
    search = OptunaSearchCV(
        pipeline(max_epochs=1),
        {
            f"{NAME}__lr": FloatDistribution(1e-4, 0.3, log=True),
            f"{NAME}__encoder": CategoricalDistribution(["gru", "lstm"]),
        },
        cv=LeaveLastOut(),
        scoring=SCORER,
        n_trials=4,
        random_state=0,
    ).fit(events)
    scores = [
        cross_val_score(
            pipeline(max_epochs=1, **unprefixed(trial.params)),
            events,
            cv=LeaveLastOut(),
            scoring=SCORER,
        )[0]
        for trial in search.trials_
    ]
    assert [trial.value for trial in search.trials_] == scores
    assert search.best_score_ == max(scores)
    assert search.predict(events).shape == (60, 10)
    assert SCORER(search, events) == search.score(events)
