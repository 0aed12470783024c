import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from seqrec import AttentionSequenceClassifier

RNG = np.random.default_rng(0)
SMALL = {"hidden_units": 8, "embedding_dim": 8, "max_epochs": 3, "random_state": 0}


def order_task(n, n_classes=3, length=6, seed=0):
    """Make rows whose class is the place of a peak, and the same rows shuffled."""
    rng = np.random.default_rng(seed)
    X = rng.normal(scale=0.3, size=(n, length))
    y = rng.integers(n_classes, size=n)
    X[np.arange(n), y * 2] += 2.0
    return X, rng.permuted(X, axis=1), np.array(["early", "late", "mid"])[y]


def test_classes_that_lie_in_the_order_are_learned_and_lost_with_it():
    X, shuffled, y = order_task(400)
    model = AttentionSequenceClassifier(random_state=0, hidden_units=16)
    assert model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.9
    assert model.fit(shuffled[:300], y[:300]).score(shuffled[300:], y[300:]) < 0.5


@pytest.mark.parametrize("n_classes", [2, 3])
def test_answers_agree_with_each_other(n_classes):
    X, _, _ = order_task(60)
    y = np.array(["b", "a", "c"])[np.arange(60) % n_classes]
    model = AttentionSequenceClassifier(**SMALL).fit(X, y)
    assert model.classes_.tolist() == sorted(set(y.tolist()))
    proba, scores = model.predict_proba(X), model.decision_function(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    best = model.classes_[proba.argmax(axis=1)]
    np.testing.assert_array_equal(model.predict(X), best)
    if n_classes == 2:
        assert scores.shape == (60,)
        np.testing.assert_allclose(proba[:, 1], 1 / (1 + np.exp(-scores)))
    else:
        shares = np.exp(scores)
        np.testing.assert_allclose(proba, shares / shares.sum(axis=1, keepdims=True))


def test_class_weights_shift_the_answers():
    X = RNG.normal(size=(200, 3))
    y = (RNG.random(200) < 0.15).astype(int)
    settings = {**SMALL, "max_epochs": 10}
    plain = AttentionSequenceClassifier(**settings).fit(X, y)
    balanced = AttentionSequenceClassifier(class_weight="balanced", **settings)
    weights = {0: 200 / (2 * (y == 0).sum()), 1: 200 / (2 * (y == 1).sum())}
    named = AttentionSequenceClassifier(class_weight=weights, **settings).fit(X, y)
    balanced.fit(X, y)
    assert plain.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.08)
    assert balanced.predict_proba(X)[:, 1].mean() == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(
        named.predict_proba(X), balanced.predict_proba(X), rtol=1e-3
    )


def test_sample_weights_shift_the_answers():
    X = RNG.normal(size=(200, 3))
    y = np.arange(200) % 2
    model = AttentionSequenceClassifier(**{**SMALL, "max_epochs": 10})
    model.fit(X, y, sample_weight=np.where(y, 9.0, 1.0))
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        ([1] * 10, r"needs rows of two classes or more .*Got 1 class: \[1\]"),
        (np.linspace(0, 1, 10), "Unknown label type"),
    ],
)
def test_targets_that_are_no_classes_are_refused(y, match):
    with pytest.raises(ValueError, match=match):
        AttentionSequenceClassifier(**SMALL).fit(np.ones((10, 3)), y)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_class_weights_that_are_no_weights_are_refused(weight):
    model = AttentionSequenceClassifier(class_weight={0: weight, 1: 1.0}, **SMALL)
    with pytest.raises(ValueError, match=r"'class_weight\[0\]' parameter of Attention"):
        model.fit(np.ones((10, 3)), [0, 1] * 5)


def test_accuracy_is_the_score():
    X, _, y = order_task(60)
    model = AttentionSequenceClassifier(**SMALL).fit(X, y)
    assert model.score(X, y) == accuracy_score(y, model.predict(X))
