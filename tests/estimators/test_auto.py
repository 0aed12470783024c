import inspect

import pytest

from seqrec import AttentionSequenceRecommender
from seqrec.estimators import _auto
from seqrec.estimators._auto import AUTO_PARAMS, choose_settings
from tests.histories import SMALL, ordered_histories


@pytest.mark.parametrize("n_targets", [0, 10, 299_999, 10**8])
@pytest.mark.parametrize("n_items", [1, 7_000, 10**6])
def test_every_parameter_that_goes_by_size_gets_a_value(n_targets, n_items):
    assert sorted(choose_settings(n_targets, n_items)) == sorted(AUTO_PARAMS)


def test_each_of_them_is_auto_unless_it_is_set():
    parameters = inspect.signature(AttentionSequenceRecommender).parameters
    assert all(parameters[name].default == "auto" for name in AUTO_PARAMS)


@pytest.mark.parametrize(
    ("n_targets", "n_items", "loss"),
    [
        (100_000, 6_000, "softmax"),
        (100_000, 6_001, "sampled_softmax"),
        (299_999, 3_000, "softmax"),  # not long
        (900_000, 40_000, "sampled_softmax"),  # few events of each item
        (300_000, 6_000, "sampled_softmax"),  # large
    ],
)
def test_the_loss_goes_by_the_log(n_targets, n_items, loss):
    assert choose_settings(n_targets, n_items)["loss"] == loss


def test_only_a_long_log_with_many_events_an_item_is_large():
    sizes = [(300_000, 6_000), (299_999, 10), (300_000, 6_001), (10**6, 20_000)]
    widths = [choose_settings(*size)["hidden_units"] for size in sizes]
    assert widths == [128, 64, 64, 128]


def test_what_auto_became_is_told_and_what_is_set_stays(monkeypatch):
    monkeypatch.setattr(_auto, "_MANY_TARGETS", 100)
    monkeypatch.setattr(_auto, "_TARGETS_AN_ITEM", 1)
    model = AttentionSequenceRecommender(
        max_epochs=1, device="cpu", random_state=0, n_negatives=9, dropout=0.1
    ).fit(ordered_histories())
    assert model.auto_params_ == choose_settings(300, 15)
    assert model.net_.lr == 0.012
    assert model.net_.batch_size == 2048
    assert model.loss_ == "sampled_softmax"
    module = model.net_.module_
    assert module.encoder.output_dim == 128
    assert (module.dropout.p, module.embedding_dropout.p) == (0.1, 0.2)


def test_further_training_keeps_what_the_first_call_decided(monkeypatch):
    model = AttentionSequenceRecommender(**{**SMALL, "hidden_units": "auto"})
    model.partial_fit(ordered_histories())
    monkeypatch.setattr(_auto, "_MANY_TARGETS", 1)
    monkeypatch.setattr(_auto, "_TARGETS_AN_ITEM", 0)
    model.partial_fit(ordered_histories())
    assert model.net_.module_.encoder.output_dim == 64
    model.set_params(warm_start=True).fit(ordered_histories())
    assert model.net_.module_.encoder.output_dim == 64
    assert model.set_params(warm_start=False).fit(ordered_histories()).loss_ == (
        "sampled_softmax"
    )
