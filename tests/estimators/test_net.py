import contextlib
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback

from seqrec import AttentionSequenceRecommender
from seqrec.data.sequences import Sequences
from seqrec.estimators import _net
from seqrec.estimators._auto import choose_settings
from seqrec.estimators._batching import EventBatches, TrainingSet
from seqrec.estimators._event_reader import Channels
from seqrec.estimators._hold_out import encode_histories
from seqrec.estimators._net import (
    ItemLoss,
    build_net,
    choose_device,
    one_thread,
    seeded,
    training_callbacks,
)
from seqrec.nn.network import NetOutput, SequenceNet
from tests.histories import ordered_histories, small_recommender


def training_set(max_length=100):
    sequences = Sequences.from_lists(ordered_histories())
    return TrainingSet.from_sequences(sequences, None, max_length)


def small_model(**params):
    """Make a recommender that knows its catalogue and is not trained."""
    model = small_recommender(**params)
    model.n_items_, model.loss_ = 15, "softmax"
    model.channels_, model.tasks_ = Channels(), ()
    model.auto_params_ = choose_settings(100, 15)
    return model


def make_net(callbacks=None, *, trains=True, **params):
    model = small_model(**params)
    if callbacks is None:
        callbacks = training_callbacks(model, None)
    return build_net(model, 64, "cpu", callbacks, trains=trains)


class Rates(Callback):
    def __init__(self):
        self.rates = []

    def on_batch_end(self, net, **kwargs):
        self.rates.append(net.optimizer_.param_groups[0]["lr"])


def test_the_rate_rises_for_a_tenth_of_training_and_falls_to_almost_nothing():
    rates = Rates()
    model = small_model(callbacks=[rates], lr=0.01, max_epochs=4)
    net = build_net(model, 16, "cpu", training_callbacks(model, None))
    data = training_set()
    net.partial_fit(data, None)
    per_epoch = len(list(EventBatches(data, 16)))
    assert len(rates.rates) == 4 * per_epoch
    top = int(np.argmax(rates.rates))
    assert abs(top - len(rates.rates) / 10) <= 1
    assert max(rates.rates) == pytest.approx(0.01, rel=0.01)
    assert (np.diff(rates.rates[: top + 1]) > 0).all()
    assert (np.diff(rates.rates[top:]) < 0).all()
    assert rates.rates[-1] < 0.0002


@pytest.mark.parametrize("max_length", [100, 3])
def test_the_rate_counts_the_batches_that_training_has(max_length):
    net = make_net(max_epochs=1).initialize()
    data = training_set(max_length)
    one_cycle = _net.OneCycle()
    one_cycle.on_train_begin(net, X=data)
    assert one_cycle.total_ == pytest.approx(len(list(EventBatches(data, 64))), abs=2)


def test_gradients_are_clipped():
    class Norms(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            norms = [p.grad.norm() for _, p in named_parameters if p.grad is not None]
            self.norm = max(getattr(self, "norm", 0), float(torch.stack(norms).norm()))

    norms = Norms()
    model = small_model(callbacks=[norms])
    data = training_set()
    net = build_net(model, 64, "cpu", training_callbacks(model, None))
    net.initialize()
    with torch.no_grad():
        net.module_.item_embedding.item_weight.mul_(1000)
    net.partial_fit(data, None)
    assert 0 < norms.norm <= 1.0 + 1e-4


def test_the_loss_passes_on_its_options():
    states, weight, items = torch.randn(6, 4), torch.randn(9, 4), torch.arange(1, 7)

    def value(loss="softmax", negatives=None, **options):
        outputs = NetOutput(states, weight, None, None)
        targets = {"items": items, "negatives": negatives}
        return float(ItemLoss(loss, **options)(outputs, targets))

    assert value(label_smoothing=0.5) != value()
    few, many = torch.tensor([1, 5]), torch.arange(1, 10).repeat(500)
    assert value("sampled_softmax", few) != value("sampled_softmax", many)
    assert value("sampled_softmax", many, n_items=9) == pytest.approx(value(), rel=0.01)
    assert value("gbce", few, n_items=9) != value("gbce", few, n_items=90)


def test_net_params_override_what_the_estimator_sets():
    net = make_net(
        net_params={"optimizer": torch.optim.SGD, "optimizer__momentum": 0.5, "lr": 1.5}
    )
    net.initialize()
    assert isinstance(net.optimizer_, torch.optim.SGD)
    assert net.optimizer_.defaults["momentum"] == 0.5
    assert net.lr == 1.5


@pytest.mark.parametrize("trains", [True, False])
def test_only_a_net_that_trains_is_compiled(monkeypatch, trains):
    asked = []
    monkeypatch.setattr(
        SequenceNet, "compile", lambda self, **options: asked.append(options)
    )
    make_net(trains=trains).initialize()
    assert not asked
    make_net(compile=True, trains=trains).initialize()
    assert asked == [{"dynamic": True}] * trains


@pytest.mark.parametrize(("capability", "n"), [("AVX2", 1), ("AVX512", 0)])
def test_arithmetic_that_the_processor_lacks_is_warned_of(monkeypatch, capability, n):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    model = AttentionSequenceRecommender(
        precision="bf16", max_epochs=1, embedding_dim=4, hidden_units=4
    )
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model.fit([[1, 2, 3]] * 5)
    assert sum("many times slower" in str(one.message) for one in seen) == n


def test_the_loss_is_computed_in_the_precision_asked_for():
    kinds = []

    class Loss(ItemLoss):
        def forward(self, outputs, targets):
            kinds.append(torch.is_autocast_enabled("cpu"))
            return super().forward(outputs, targets)

    data = training_set()
    net = make_net(precision="bf16", net_params={"criterion": Loss}).initialize()
    net.partial_fit(data, None)
    assert all(kinds)


def test_an_unknown_net_parameter_is_named():
    with pytest.raises(ValueError, match="no_such_thing"):
        make_net(net_params={"no_such_thing": 1}).initialize()


def test_a_net_has_a_repr_and_parameters():
    net = make_net(precision="bf16")
    assert "SequenceNet" in repr(net.initialize())
    assert net.get_params()["precision"] == "bf16"


def test_encoding_leaves_the_mode_of_the_module_as_it_was():
    net = make_net().initialize()
    sequences = Sequences.from_lists([[1, 2], []], items=range(1, 16))
    for training in (True, False):
        net.module_.train(training)
        states = encode_histories(net.module_, sequences, 5, Channels())
        assert net.module_.training is training
        assert states.shape == (2, 8)
        assert not states.requires_grad


@pytest.mark.parametrize(
    ("device", "match"),
    [
        ("cuda", "torch sees no CUDA device. Use device='auto' or 'cpu'"),
        ("cuda:3", "device='cuda:3' was asked for"),
        (torch.device("cuda"), "device='cuda' was asked for"),
        ("gpu", "device='gpu' is no torch device"),
    ],
)
def test_a_device_that_is_not_there_is_an_error(device, match, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match=match):
        choose_device(device)


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert choose_device("auto") == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == "cuda"
    assert choose_device("cuda:1") == "cuda:1"
    with pytest.raises(ValueError, match="torch sees 2 CUDA devices"):
        choose_device("cuda:2")


def test_one_thread_gives_threads_back_even_after_an_error():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with one_thread():
            assert torch.get_num_threads() == 1
        with contextlib.suppress(KeyError), one_thread():
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_seeded_draws_the_same_and_gives_the_global_state_back():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    draws = []
    for _ in range(2):
        with seeded(7, "cpu"):
            draws.append(torch.rand(3).tolist())
    assert draws[0] == draws[1]
    assert torch.equal(torch.get_rng_state(), before)


def test_fits_in_threads_equal_fits_one_by_one():
    histories = ordered_histories(30, 8, 6)
    models = [small_recommender(random_state=seed, max_epochs=2) for seed in (0, 1)] * 2
    expected = [clone(one).fit(histories).transform(histories) for one in models]
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    with ThreadPoolExecutor(4) as pool:
        fitted = list(pool.map(lambda one: clone(one).fit(histories), models))
    for one, states in zip(fitted, expected, strict=True):
        np.testing.assert_array_equal(one.transform(histories), states)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_an_answer_does_not_wait_for_a_fit_in_another_thread():
    fitted = small_recommender(random_state=0).fit(ordered_histories(20))
    with seeded(0, "cpu"), ThreadPoolExecutor(1) as pool:  # as during a fit
        answer = pool.submit(fitted.predict, [[1, 2]], top_k=2)
        assert answer.result(timeout=30).shape == (1, 2)
