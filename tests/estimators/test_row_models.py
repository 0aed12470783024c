"""What the classifier and the regressor share."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from seqrec import AttentionSequenceClassifier, AttentionSequenceRegressor
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.encoders import ENCODERS
from tests.histories import rich_sequences

SMALL = {"hidden_units": 8, "embedding_dim": 8, "max_epochs": 3, "random_state": 0}
KINDS = [AttentionSequenceClassifier, AttentionSequenceRegressor]
each_kind = pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 7))
Y = np.where(X[:, -1] > X[:, 0], 1, 0)


def scikit_learns_checks():
    """Yield every check of scikit-learn for both estimators; none may fail."""
    for model in (
        AttentionSequenceClassifier(
            hidden_units=8, embedding_dim=8, max_epochs=20, lr=0.02
        ),
        AttentionSequenceRegressor(dropout=0.0),
    ):
        for number, (one, check) in enumerate(estimator_checks_generator(model)):
            case = f"{type(model).__name__}-{check.func.__name__}-{number}"
            yield pytest.param(one, check, id=case)


@pytest.mark.parametrize(("estimator", "check"), list(scikit_learns_checks()))
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def fit(cls, X=X, y=Y, **params):
    return cls(**{**SMALL, **params}).fit(X, y)


def raw(model, X):
    """Return what a model answers as numbers."""
    named = hasattr(model, "decision_function")
    return model.decision_function(X) if named else model.predict(X)


@each_kind
def test_shapes_of_input_that_hold_the_same_rows_give_the_same_model(cls):
    expected = raw(fit(cls), X)
    as_lists = [row.tolist() for row in X]
    for same in (X[:, :, None], as_lists, pd.DataFrame(X).to_numpy(), list(X)):
        np.testing.assert_allclose(raw(fit(cls, same), same), expected, rtol=1e-12)


@each_kind
def test_rows_of_different_lengths(cls):
    ragged = [row[: 2 + i % 5] for i, row in enumerate(X)]
    channels = [np.stack([row, row**2], axis=1) for row in ragged]
    for rows in (ragged, channels):
        model = fit(cls, rows)
        together = raw(model, rows)
        alone = np.concatenate([raw(model, [row, row[:1]])[:1] for row in rows])
        np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-12)
        weights, mask = model.attention_weights(rows)
        assert mask.sum(axis=1).tolist() == [len(row) for row in rows]
        np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)


@each_kind
def test_an_empty_row_gets_a_finite_answer(cls):
    rows = [row[: i % 4] for i, row in enumerate(X)]
    assert np.isfinite(raw(fit(cls, rows), rows)).all()


@each_kind
def test_a_later_step_count_of_a_flat_array_is_refused_and_of_rows_is_not(cls):
    model = fit(cls)
    with pytest.raises(ValueError, match="expecting 7 features as input"):
        model.predict(X[:, :3])
    assert raw(model, X[:, :3, None]).shape == raw(model, X).shape


@each_kind
def test_another_kind_of_rows_is_refused(cls):
    model = fit(cls)
    with pytest.raises(
        ValueError, match=r"fitted on rows with 1 number a step. Got ro"
    ):
        model.predict(np.stack([X, X], axis=2))
    with pytest.raises(ValueError, match=r"Got Sequences; give rows of the kind"):
        model.predict(rich_sequences())


@each_kind
def test_rows_of_a_list_may_have_any_length_whatever_is_asked_with_them(cls):
    for rows in (X, list(X), [row[: 3 + i % 4] for i, row in enumerate(X)]):
        model = fit(cls, rows)
        together = raw(model, [X[0, :5], X[1, :6], []])
        for place, row in enumerate([X[0, :5], X[1, :6], []]):
            np.testing.assert_allclose(raw(model, [row]), together[[place]], rtol=1e-9)
    boxed = np.empty(60, dtype=object)
    boxed[:] = [row[: 3 + i % 4] for i, row in enumerate(X)]
    expected = raw(model, list(boxed))
    for same in (boxed, pd.Series(boxed)):
        np.testing.assert_array_equal(raw(fit(cls, same), same), expected)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (np.zeros((60, 0, 2)), r"a step and a channel at least\. Got \(60, 0, 2\)"),
        (np.zeros((60, 3, 0)), r"a step and a channel at least\. Got \(60, 3, 0\)"),
        (np.zeros((60, 3, 1, 1)), r"Got \(60, 3, 1, 1\)"),
        ([np.zeros((3, 2)), np.zeros((3, 4))] * 30, r"have shapes \(2,\), \(4,\)"),
        ([None, [1.0]] * 30, r"Row 0 of X is None, which is no row"),
        ([[[1.0], [1.0, 2.0]], [1.0]] * 30, "Row 0 of X has steps of different sizes"),
        ([[]] * 60, "Every row of X is empty"),
        ([["a", "b"], ["c"]] * 30, "becomes rows by SequenceEncoder"),
        (pd.DataFrame({"user_id": ["u"] * 60}), "becomes rows by SequenceEncoder"),
        (rich_sequences()[:0], "X has no rows"),
    ],
    ids=lambda case: case[:20] if isinstance(case, str) else "rows",
)
@each_kind
def test_rows_of_no_use_are_refused(cls, rows, match):
    with pytest.raises(ValueError, match=match):
        cls(**SMALL).fit(rows, Y)


@pytest.mark.parametrize("params", [{"context": ["a"]}, {"time_features": ("month",)}])
@each_kind
def test_options_of_sequences_are_refused_with_rows_of_numbers(cls, params):
    with pytest.raises(ValueError, match="names channels of Sequences"):
        fit(cls, **params)


@each_kind
def test_uneven_channels_are_refused(cls):
    with pytest.raises(ValueError, match=r"all with the same channels. Got rows whose"):
        fit(cls, [np.ones((2, 1)), np.ones((3, 2))], [0, 1])


@each_kind
def test_order_of_rows_and_doubled_rows_change_nothing(cls):
    expected = raw(fit(cls), X)
    order = RNG.permutation(len(X))
    np.testing.assert_array_equal(raw(fit(cls, X[order], Y[order]), X), expected)
    twice = cls(**SMALL).fit(np.repeat(X, 2, axis=0), np.repeat(Y, 2))
    np.testing.assert_array_equal(raw(twice, X), expected)
    weighted = cls(**SMALL).fit(X, Y, sample_weight=np.full(len(X), 2.0))
    np.testing.assert_array_equal(raw(weighted, X), expected)


@each_kind
def test_rows_of_weight_zero_are_not_there(cls):
    strange = np.concatenate([X, np.full((5, 7), 1e6)])
    targets = np.append(Y, [1] * 5)
    weights = np.append(np.ones(len(X)), np.zeros(5))
    model = cls(**SMALL).fit(strange, targets, sample_weight=weights)
    np.testing.assert_array_equal(raw(model, X), raw(fit(cls), X))


@each_kind
def test_weights_that_are_all_zero_are_refused(cls):
    with pytest.raises(ValueError, match=r"[Ss]ample"):
        cls(**SMALL).fit(X, Y, sample_weight=np.zeros(len(X)))


@each_kind
def test_missing_values_are_refused_or_marked(cls):
    holes = X.copy()
    holes[::4, 2] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fit(cls, holes)
    ragged = [row[: 3 + i % 3] for i, row in enumerate(holes)]
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fit(cls, ragged)
    model = fit(cls, holes, missing="mask")
    filled = np.where(np.isnan(holes), np.nanmean(holes), holes)
    assert abs(raw(model, filled) - raw(model, holes)).max() > 1e-6
    with pytest.raises(ValueError, match="infinity"):
        fit(cls, np.where(np.isnan(holes), np.inf, holes), missing="mask")


def test_a_mark_of_missing_values_is_learned():
    holes = RNG.normal(size=(300, 4))
    gone = RNG.random(300) < 0.5
    holes[gone, 1] = np.nan
    model = AttentionSequenceClassifier(
        missing="mask", random_state=0, hidden_units=16, max_epochs=20
    )
    assert model.fit(holes[:200], gone[:200]).score(holes[200:], gone[200:]) > 0.95


@each_kind
def test_sequences_with_context_are_rows(cls):
    sequences = rich_sequences()
    y = sequences.context["kind"][sequences.stops - 1] % 2
    options = {"time_features": ("hour_of_day",), "time_aware": True}
    with pytest.raises(ValueError, match="NaN: the context channel 'rating' has 33"):
        fit(cls, sequences, y, **options)
    options["missing"] = "mask"
    model = fit(cls, sequences, y, **options)
    assert raw(model, sequences).shape == (len(sequences),)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(raw(again, sequences), raw(model, sequences))
    order = RNG.permutation(len(sequences))
    shuffled = fit(cls, sequences[order], y[order], **options)
    np.testing.assert_array_equal(raw(shuffled, sequences), raw(model, sequences))
    with pytest.raises(ValueError, match="was fitted on sequences"):
        model.predict(type(sequences).from_lists([[101]]))


@each_kind
def test_max_length_looks_at_the_last_steps_alone(cls):
    model = fit(cls, X[:, :, None], max_length=3)
    np.testing.assert_allclose(
        raw(model, X[:, :, None]), raw(model, X[:, -3:, None]), rtol=1e-12
    )


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("attention", ATTENTIONS)
@each_kind
@pytest.mark.filterwarnings("ignore:Rows of numbers have no sessions")
def test_every_part_trains_answers_clones_and_pickles(cls, encoder, attention):
    model = clone(cls(**SMALL, encoder=encoder, attention=attention))
    model.fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(raw(again, X), raw(model, X))
    assert np.isfinite(raw(model, X)).all()
    np.testing.assert_allclose(
        raw(model, X)[3:4], raw(model, X[3:4]), rtol=1e-9, atol=1e-12
    )


@each_kind
def test_early_stopping_keeps_the_best_epoch(cls):
    noise = RNG.integers(2, size=60)
    model = fit(
        cls, X, noise, early_stopping=True, max_epochs=60, lr=0.05,
        validation_fraction=0.3,
    )  # fmt: skip
    losses = model.net_.history[:, "valid_loss"]
    assert len(losses) < 60
    assert np.argmin(losses) == len(losses) - 1 - model.n_iter_no_change


@each_kind
def test_early_stopping_needs_rows_to_hold_out(cls):
    with pytest.raises(ValueError, match=r"holds out 10% of 4 different rows, which"):
        fit(cls, X[:4], [0, 1, 0, 1], early_stopping=True)


@each_kind
def test_warm_start_goes_on_and_refuses_another_shape(cls):
    model = fit(cls, warm_start=True)
    once = raw(model, X)
    assert model.fit(X, Y).n_epochs_ == 6
    assert abs(raw(model, X) - once).max() > 0
    with pytest.raises(ValueError, match="warm_start=True needs channels, items and"):
        model.fit(np.stack([X, X], axis=2), Y)


@each_kind
def test_warm_start_on_sequences_needs_the_same_items_and_channels(cls):
    sequences = rich_sequences()
    y = sequences.context["kind"][sequences.starts] % 2
    model = fit(cls, sequences, y, warm_start=True, missing="mask")
    model.fit(sequences, y)
    assert model.n_epochs_ == 6
    fewer = rich_sequences(n_items=12)
    with pytest.raises(ValueError, match="needs channels, items and targets"):
        model.fit(fewer, y)
    with pytest.raises(ValueError, match="needs channels, items and targets"):
        model.set_params(context=["kind"]).fit(sequences, y)


@each_kind
def test_a_fit_that_is_refused_leaves_the_model_as_it_was(cls):
    model = fit(cls)
    before = raw(model, X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(np.stack([X, X], axis=2), Y[:-1])
    for params in ({"n_heads": 3}, {"net_params": {"no_such_thing": 1}}):
        with pytest.raises(ValueError):  # noqa: PT011 - what of it, others test
            model.set_params(**params).fit(X[:, :3], Y)
        model.set_params(n_heads=None, net_params=None)
    np.testing.assert_array_equal(raw(model, X), before)


@each_kind
def test_models_go_through_pipelines_searches_and_joblib(cls, tmp_path):
    model = make_pipeline(StandardScaler(), cls(**{**SMALL, "max_epochs": 1}))
    name = f"{cls.__name__.lower()}__n_heads"
    scoring = None
    if cls is AttentionSequenceRegressor:
        scoring = make_scorer(mean_absolute_error, greater_is_better=False)
    searches = [
        GridSearchCV(
            model, {name: [1, 2]}, cv=2, scoring=scoring, error_score="raise", n_jobs=n
        ).fit(X, Y)
        for n in (1, 2)
    ]
    one, two = (search.cv_results_["mean_test_score"] for search in searches)
    np.testing.assert_array_equal(one, two)
    path = tmp_path / "model.joblib"
    joblib.dump(searches[0], path)
    np.testing.assert_array_equal(joblib.load(path).predict(X), searches[0].predict(X))
    sequences = rich_sequences()
    y = sequences.context["kind"][sequences.starts] % 2
    scores = cross_val_score(
        cls(**SMALL, missing="mask"),
        sequences,
        y,
        cv=2,
        scoring=scoring,
        error_score="raise",
    )
    assert np.isfinite(scores).all()


@each_kind
def test_input_is_not_changed(cls):
    before, y = X.copy(), Y.copy()
    fit(cls).predict(X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(Y, y)
