import numpy as np
import pytest
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV

from seqrec import AttentionSequenceRegressor

RNG = np.random.default_rng(0)
SMALL = {"hidden_units": 8, "embedding_dim": 8, "max_epochs": 3, "random_state": 0}


def test_values_that_lie_in_the_order_are_learned_and_lost_with_it():
    X = RNG.normal(size=(500, 6))
    y = 100 + 30 * (X[:, 4] - X[:, 1])
    shuffled = RNG.permuted(X, axis=1)
    model = AttentionSequenceRegressor(random_state=0, hidden_units=32)
    assert model.fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.9
    assert model.fit(shuffled[:400], y[:400]).score(shuffled[400:], y[400:]) < 0.3


@pytest.mark.parametrize("shape", [(40,), (40, 1), (40, 3)])
def test_predictions_have_the_shape_of_the_targets(shape):
    X = RNG.normal(size=(40, 5))
    model = AttentionSequenceRegressor(**SMALL).fit(X, RNG.normal(size=shape))
    assert model.predict(X).shape == shape
    assert model.predict(X[:1]).shape == (1, *shape[1:])


@pytest.mark.parametrize(
    ("loss", "params", "expected"),
    [
        ("squared_error", {}, "mean"),
        ("absolute_error", {}, "median"),
        ("quantile", {"quantile": 0.9}, "q90"),
    ],
)
def test_each_loss_finds_its_own_centre_of_a_skewed_target(loss, params, expected):
    X = np.zeros((600, 2)) + RNG.normal(scale=1e-3, size=(600, 1))
    y = RNG.exponential(size=600)
    centre = {"mean": y.mean(), "median": np.median(y), "q90": np.quantile(y, 0.9)}
    model = AttentionSequenceRegressor(
        loss=loss,
        random_state=0,
        hidden_units=8,
        embedding_dim=8,
        dropout=0.0,
        **params,
    )
    found = model.fit(X, y).predict(X).mean()
    assert found == pytest.approx(centre[expected], rel=0.12)


def test_huber_lies_between_mean_and_median():
    X, y = np.zeros((600, 2)), RNG.exponential(size=600) ** 2
    X[:, 0] = np.arange(600) * 1e-6
    model = AttentionSequenceRegressor(loss="huber", random_state=0, dropout=0.0)
    found = model.fit(X, y).predict(X).mean()
    assert np.median(y) < found < y.mean()


def test_unknown_targets_are_left_out():
    X = RNG.normal(size=(300, 4))
    y = np.stack([X[:, 0], X[:, 3]], axis=1)
    holes = np.where(RNG.random(y.shape) < 0.4, np.nan, y)
    model = AttentionSequenceRegressor(missing="mask", random_state=0, hidden_units=16)
    found = model.fit(X, holes).predict(X)
    for output in range(2):
        assert np.corrcoef(found[:, output], y[:, output])[0, 1] > 0.95
    with pytest.raises(ValueError, match="Input y contains NaN"):
        AttentionSequenceRegressor(**SMALL).fit(X, holes)
    with pytest.raises(ValueError, match="No row has both a known target"):
        AttentionSequenceRegressor(missing="mask").fit(X, np.full(300, np.nan))
    holes[:, 1] = np.nan
    with pytest.raises(ValueError, match="for output 1 of y"):
        AttentionSequenceRegressor(missing="mask").fit(X, holes)


def test_the_score_leaves_unknown_targets_out():
    X = RNG.normal(size=(60, 4))
    y = np.stack([X[:, 0], X[:, 3]], axis=1)
    model = AttentionSequenceRegressor(**SMALL, missing="mask").fit(X, y)
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))
    holes = y.copy()
    holes[::2, 0] = np.nan
    found = model.predict(X)
    expected = [r2_score(y[1::2, 0], found[1::2, 0]), r2_score(y[:, 1], found[:, 1])]
    assert model.score(X, holes) == pytest.approx(np.mean(expected))
    weights = RNG.random(60)
    weighted = r2_score(y, found, sample_weight=weights)
    assert model.score(X, y, weights) == pytest.approx(weighted)
    search = GridSearchCV(model, {"n_heads": [1, 2]}, cv=2, error_score="raise")
    assert np.isfinite(search.fit(X, holes).best_score_)


def test_scale_and_shift_of_the_target_change_nothing_else():
    X, y = RNG.normal(size=(80, 4)), RNG.normal(size=80)
    one = AttentionSequenceRegressor(**SMALL).fit(X, y).predict(X)
    other = AttentionSequenceRegressor(**SMALL).fit(X, 64 * y).predict(X)
    np.testing.assert_allclose(other, 64 * one, rtol=1e-3, atol=1e-3)


def test_a_constant_target_is_foreseen():
    X = RNG.normal(size=(30, 4))
    found = AttentionSequenceRegressor(**SMALL).fit(X, np.full(30, 7.0)).predict(X)
    np.testing.assert_allclose(found, 7.0, atol=0.5)
