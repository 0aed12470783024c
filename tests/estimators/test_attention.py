import copy
import inspect
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators import AttentionSequenceRecommender, _auto
from seqrec.exceptions import DataWarning, UnknownItemsError
from seqrec.model_selection import ranking_scorer
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.encoders import ENCODERS
from seqrec.nn.heads import HEADS
from seqrec.nn.losses import LOSSES
from seqrec.nn.network import SequenceNet
from tests.histories import ordered_histories, rich_sequences, small_recommender

HISTORIES = ordered_histories()


@pytest.fixture(scope="module")
def fitted():
    """Return a fitted recommender that no test may change."""
    return small_recommender().fit(HISTORIES)


def weights(model):
    return {
        name: value.numpy() for name, value in model.net_.module_.state_dict().items()
    }


def same_weights(one, other):
    ours, theirs = weights(one), weights(other)
    return ours.keys() == theirs.keys() and all(
        np.array_equal(value, theirs[name]) for name, value in ours.items()
    )


# ------------------------------------------------------------------ learning
def learned_score(*, shuffled, max_epochs=8, **parts):
    histories = ordered_histories(200, 40, shuffled=shuffled)
    model = small_recommender(
        hidden_units=16, embedding_dim=16, max_epochs=max_epochs, lr=0.02,
        exclude_seen=False, **parts,
    )  # fmt: skip
    model.fit([history[:-1] for history in histories])
    return model.score(histories)


CHANCE = sum(1 / np.log2(rank + 1) for rank in range(1, 11)) / 40  # mean NDCG@10


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.filterwarnings("ignore:These sequences do not number sessions")
def test_order_is_learned_where_there_is_some_and_only_there(encoder, attention):
    parts = {"encoder": encoder, "attention": attention}
    # A mean does not know which event came last, but for the residual path.
    floor = 4 if encoder == "mean" else 5.5
    assert learned_score(shuffled=False, **parts) > floor * CHANCE
    assert learned_score(shuffled=True, **parts) < 1.5 * CHANCE


@pytest.mark.parametrize("loss", LOSSES)
def test_order_is_learned_with_every_loss(loss):
    parts = {"loss": loss, "n_negatives": 20, "max_epochs": 8}
    assert learned_score(shuffled=False, **parts) > 4 * CHANCE
    assert learned_score(shuffled=True, **parts) < 1.5 * CHANCE


def start_biases(X, y=None, **params):
    """Return the biases of the items before anything is learned, by item."""
    params = {"loss": "gbce", "lr": 1e-9, "max_epochs": 1, "memory": None, **params}
    model = small_recommender(**params).fit(X, y)
    biases = model.net_.module_.head.bias.detach().numpy().round(3).tolist()
    return dict(zip(model.items_.tolist(), biases, strict=True))


@pytest.mark.parametrize("head", HEADS)
def test_biases_start_at_how_often_an_item_is_a_target(head):
    histories = [["a", "b", "b", "c"], ["c", "b", "d"], ["a", "d", "b"]]
    found = start_biases(histories, head=head)
    assert sorted(found, key=found.get) == ["a", "c", "d", "b"]
    assert found["a"] < found["c"]  # it begins two histories and is no target
    given = start_biases(histories, ["a", "a", "c"], head=head)
    assert given["a"] > given["c"] > given["b"] == given["d"]
    asks_otherwise = start_biases(histories, head=head, loss="binary_cross_entropy")
    assert set(asks_otherwise.values()) == {0.0}


def test_biases_start_without_the_targets_held_out():
    histories = [["a", "b", "c", "z"], *[["a", "b", "c", "d"]] * 3] * 4
    stops = {"early_stopping": True, "validation_fraction": 0.9}
    found = start_biases(histories, **stops)
    assert found["z"] < found["b"]
    assert max(found["z"], found["d"]) < found["c"]
    assert found["z"] < start_biases(histories)["z"]


def test_biases_of_another_head_start_as_it_says():
    class Shifted(HEADS["tied"]):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            torch.nn.init.constant_(self.bias, -7.0)

    found = start_biases([["a", "b", "c"]] * 3, head=Shifted)
    assert set(found.values()) == {-7.0}
    model = small_recommender(loss="gbce", head_bias=False).fit([["a", "b", "c"]] * 3)
    assert model.net_.module_.head.bias is None


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.filterwarnings("ignore:These sequences do not number sessions")
def test_every_part_goes_with_every_other(encoder, attention, head):
    model = small_recommender(
        encoder=encoder, attention=attention, head=head, max_epochs=1, top_k=3
    )
    again = clone(model).fit(HISTORIES[:20])
    assert same_weights(model.fit(HISTORIES[:20]), again)
    loaded = pickle.loads(pickle.dumps(model)).decision_function(HISTORIES)
    np.testing.assert_array_equal(loaded, model.decision_function(HISTORIES))
    assert model.predict(HISTORIES[:4]).shape == (4, 3)
    scores = model.decision_function([[], *HISTORIES[:4]])
    assert np.isfinite(scores).all()
    found, mask = model.attention_weights([[], *HISTORIES[:4]])
    np.testing.assert_allclose(found[1:].sum(axis=2), 1.0, rtol=1e-5)
    assert (found[0] == 0).all()
    assert mask.sum() == 24


def test_parts_can_be_classes():
    named = small_recommender(encoder="gru", attention="dot", head="linear")
    given = small_recommender(
        encoder=ENCODERS["gru"], attention=ATTENTIONS["dot"], head=HEADS["linear"]
    )
    assert same_weights(
        named.fit(HISTORIES), pickle.loads(pickle.dumps(given.fit(HISTORIES)))
    )


def test_a_class_that_is_no_module_is_an_error():
    with pytest.raises(TypeError, match=r"'encoder' parameter .* torch\.nn\.Module"):
        small_recommender(encoder=dict).fit(HISTORIES)


def test_heads_that_do_not_divide_the_width_are_an_error():
    with pytest.raises(ValueError, match="n_heads"):
        small_recommender(n_heads=3).fit(HISTORIES)


def test_samples_of_every_event_are_learned_as_the_histories_are():
    X, y, _ = next_item_samples(Sequences.from_lists(HISTORIES))
    given = small_recommender(memory=None).fit(X, y)
    assert same_weights(given, small_recommender(lookahead=0.0).fit(HISTORIES))


def test_given_targets_are_the_targets_whatever_comes_after_them():
    X, y, _ = next_item_samples(Sequences.from_lists(HISTORIES))
    far = small_recommender(lookahead=0.9)
    assert same_weights(far.fit(X, y), small_recommender(lookahead=0.0).fit(X, y))


def test_only_the_given_targets_are_learned():
    seen = []

    class Targets(Callback):
        def on_batch_begin(self, net, batch, training, **kwargs):
            seen.extend(batch[1]["items"].tolist())

    X = [["a", "b"], ["b", "a"], ["c", "d"]] * 30
    model = small_recommender(
        max_epochs=20, lr=0.05, dropout=0, embedding_dropout=0, batch_size=32,
        top_k=1, exclude_seen=False, callbacks=[Targets()],
    )  # fmt: skip
    model.fit(X, ["c", "d", "a"] * 30)
    assert model.predict([["a", "b"], ["b", "a"], ["c", "d"]]).tolist() == [
        ["c"], ["d"], ["a"],
    ]  # fmt: skip
    assert sorted(seen[:90]) == sorted(model.vocabulary_.encode(["c", "d", "a"] * 30))


# ------------------------------------------------------------------ the same result
def test_refit_equals_fit(fitted):
    model = small_recommender().fit(HISTORIES[:20])
    assert same_weights(model.fit(HISTORIES), fitted)
    assert model.n_epochs_ == 2


def test_another_random_state_gives_another_result(fitted):
    assert not same_weights(small_recommender(random_state=1).fit(HISTORIES), fitted)
    one, other = (np.random.RandomState(0) for _ in range(2))
    assert same_weights(
        small_recommender(random_state=one).fit(HISTORIES),
        small_recommender(random_state=other).fit(HISTORIES),
    )


def test_the_number_of_threads_changes_nothing_and_stays(fitted, monkeypatch):
    used = []
    encode = SequenceNet.encode

    class Threads(Callback):
        def on_batch_begin(self, net, **kwargs):
            used.append(torch.get_num_threads())

    def counted_encode(self, events):
        used.append(torch.get_num_threads())
        return encode(self, events)

    monkeypatch.setattr(SequenceNet, "encode", counted_encode)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        model = small_recommender(callbacks=[Threads()]).fit(HISTORIES)
        model.predict(HISTORIES)
        model.transform(HISTORIES)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert len(used) > 4
    assert set(used) == {1}
    assert same_weights(model, fitted)


def test_the_global_random_state_of_torch_stays():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    model = small_recommender(max_epochs=1, early_stopping=True).fit(HISTORIES)
    model.predict(pickle.loads(pickle.dumps(HISTORIES)))
    pickle.loads(pickle.dumps(model))
    assert torch.equal(torch.get_rng_state(), before)


def test_torchs_global_random_state_does_not_matter(fitted):
    torch.manual_seed(99)
    assert same_weights(small_recommender().fit(HISTORIES), fitted)


def test_input_is_not_changed():
    sequences = Sequences.from_lists(HISTORIES)
    before, lists = pickle.dumps(sequences), copy.deepcopy(HISTORIES)
    model = small_recommender(max_epochs=1, max_length=3).fit(sequences)
    model.partial_fit(sequences).predict(sequences)
    model.fit(HISTORIES).predict(HISTORIES)
    assert pickle.dumps(sequences) == before
    assert lists == HISTORIES


# ------------------------------------------------------------------ saving
def test_pickle_and_copies_answer_the_same(fitted):
    expected = fitted.decision_function(HISTORIES)
    for again in (
        pickle.loads(pickle.dumps(fitted)),
        copy.deepcopy(fitted),
        copy.copy(fitted),
    ):
        np.testing.assert_array_equal(again.decision_function(HISTORIES), expected)
        assert again.net_.history == fitted.net_.history
        assert again.n_epochs_ == 2


@pytest.mark.parametrize(
    ("dump", "load"),
    [({}, {}), ({"compress": 3}, {}), ({}, {"mmap_mode": "r"})],
    ids=["plain", "compressed", "mapped"],
)
def test_joblib_answers_the_same_and_trains_on(fitted, tmp_path, dump, load):
    path = tmp_path / "model.joblib"
    joblib.dump(fitted, path, **dump)
    saved = path.read_bytes()
    model = joblib.load(path, **load)
    expected = fitted.decision_function(HISTORIES)
    np.testing.assert_array_equal(model.decision_function(HISTORIES), expected)
    trained = pickle.loads(pickle.dumps(fitted)).partial_fit(HISTORIES)
    assert same_weights(model.partial_fit(HISTORIES), trained)
    assert not same_weights(model, fitted)
    assert path.read_bytes() == saved


def test_loading_makes_no_optimiser_which_takes_seconds(fitted, monkeypatch):
    def fail(*args, **kwargs):
        pytest.fail("an optimiser was made")

    saved = pickle.dumps(fitted)
    monkeypatch.setattr(torch.optim.Optimizer, "__init__", fail)
    assert pickle.loads(saved).predict(HISTORIES).shape == (60, 10)


@pytest.mark.slow
def test_a_new_process_that_never_saw_the_data_answers_the_same(fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    code = (
        "import joblib, sys; model = joblib.load(sys.argv[1]);"
        f"print(model.predict({HISTORIES[:5]}, top_k=3).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model.joblib")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(fitted.predict(HISTORIES[:5], top_k=3).tolist())


def test_parameters_set_after_fit_do_not_spoil_a_saved_model(fitted):
    model = copy.deepcopy(fitted).set_params(hidden_units=16, encoder="gru")
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(HISTORIES), fitted.predict(HISTORIES))
    assert again.hidden_units == 16


def test_saved_files_do_not_hold_the_training_data():
    few = small_recommender(max_epochs=1, memory="rules").fit(HISTORIES)
    many = small_recommender(max_epochs=1, memory="rules", batch_size=12800)
    many.fit(HISTORIES * 100)
    assert len(pickle.dumps(many)) < 1.1 * len(pickle.dumps(few))


# ------------------------------------------------------------------ answers
def test_a_row_gets_the_same_answer_alone_and_in_a_batch(fitted):
    rows = [history[: 1 + place % 6] for place, history in enumerate(HISTORIES)]
    scores = fitted.decision_function(rows)
    items = fitted.predict(rows)
    for row in range(0, len(rows), 7):
        alone = fitted.decision_function([rows[row]])
        np.testing.assert_allclose(alone[0], scores[row], rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(fitted.predict([rows[row]])[0], items[row])


def test_small_blocks_give_the_same_answer(fitted, monkeypatch):
    monkeypatch.setattr("seqrec.estimators._scoring._BLOCK", 7 * fitted.n_items_)
    monkeypatch.setattr("seqrec.estimators._batching._INFERENCE_EVENTS", 13)
    blocks = fitted.predict(HISTORIES)
    monkeypatch.undo()
    np.testing.assert_array_equal(blocks, fitted.predict(HISTORIES))


def test_an_empty_history_gets_the_most_popular_items(fitted):
    items, counts = np.unique(np.array(HISTORIES), return_counts=True)
    found = fitted.predict([[], HISTORIES[0]], top_k=15)[0]
    order = [counts[items == item].item() for item in found]
    assert order == sorted(counts, reverse=True)


def test_items_it_never_saw_are_left_out_of_a_history(fitted):
    known = HISTORIES[0]
    mixed = [999, *known[:3], -5, *known[3:], 999]
    np.testing.assert_array_equal(fitted.predict([mixed]), fitted.predict([known]))
    np.testing.assert_array_equal(fitted.predict([[999]]), fitted.predict([[]]))


def test_scores_rank_as_predict_does(fitted):
    scores = fitted.decision_function(HISTORIES)
    codes = fitted.vocabulary_.encode(np.array(HISTORIES).ravel()).reshape(-1, 6)
    np.put_along_axis(scores, codes - 1, -np.inf, axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :6]
    best = np.take_along_axis(scores, order, axis=1)
    predicted = fitted.predict(HISTORIES, top_k=5)
    found = fitted.vocabulary_.encode(predicted.ravel()).reshape(-1, 5) - 1
    found = np.take_along_axis(scores, found, axis=1)
    np.testing.assert_allclose(found, best[:, :5], rtol=0, atol=1e-7)
    # Scores that only rounding tells apart may stand either way round.
    is_clear = (-np.diff(best, axis=1) > 1e-7).all(axis=1)
    assert is_clear.mean() > 0.9
    wanted = fitted.items_[order[:, :5]]
    np.testing.assert_array_equal(wanted[is_clear], predicted[is_clear])


def test_only_the_last_events_count(fitted):
    model = copy.deepcopy(fitted).set_params(max_length=2)
    long = [history[-2:] for history in HISTORIES]
    np.testing.assert_allclose(
        model.decision_function(HISTORIES),
        fitted.decision_function(long),
        rtol=1e-5,
        atol=1e-6,
    )


def test_more_items_than_the_catalogue_has_is_an_error(fitted):
    assert sorted(fitted.predict([[]], top_k=15)[0]) == fitted.items_.tolist()
    with pytest.raises(ValueError, match="top_k=16 is more than the 15 items"):
        fitted.predict([[]], top_k=16)


def test_no_rows_give_empty_answers(fitted):
    assert fitted.predict([]).shape == (0, 10)
    assert fitted.decision_function([]).shape == (0, 15)
    assert fitted.transform([]).shape == (0, 8)
    assert fitted.predict_proba([]).shape == (0, 15)


def test_probabilities_are_positive_and_sum_to_one(fitted):
    shares = fitted.predict_proba([[], *HISTORIES])
    assert shares.shape == (len(HISTORIES) + 1, 15)
    assert (shares > 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-5)
    scores = fitted.decision_function(HISTORIES)
    gaps = np.log(shares[1:, :1] / shares[1:])
    np.testing.assert_allclose(gaps, scores[:, :1] - scores, rtol=1e-3, atol=1e-4)


def test_weights_of_attention_are_a_share_for_each_event(fitted):
    rows = [HISTORIES[0], HISTORIES[1][:2], []]
    found, mask = fitted.attention_weights(rows)
    assert found.shape == (3, 2, 6)
    np.testing.assert_array_equal(mask.sum(axis=1), [6, 2, 0])
    assert (found[~np.broadcast_to(mask[:, None], found.shape)] == 0).all()
    np.testing.assert_allclose(found[:2].sum(axis=2), 1.0, rtol=1e-5)
    one, _ = fitted.attention_weights([[]])
    assert one.shape == (1, 2, 1)


def test_representations_feed_a_classifier(fitted):
    last_is_high = np.array([history[-1] > 107 for history in HISTORIES])
    model = make_pipeline(small_recommender(), LogisticRegression(C=100))
    model.fit(HISTORIES, last_is_high)
    assert same_weights(model[0], fitted)
    assert fitted.transform(HISTORIES).shape == (60, 8)
    fresh = ordered_histories(90)[60:]
    last_is_high = np.array([history[-1] > 107 for history in fresh])
    assert model.score(fresh, last_is_high) > 0.75


@pytest.mark.parametrize("exclude_seen", [True, False, "auto"])
@pytest.mark.parametrize("repeating", [True, False])
def test_seen_items_are_treated_the_same_everywhere(exclude_seen, repeating):
    histories = [h[:3] + h[:3] if repeating else h for h in HISTORIES]
    model = small_recommender(exclude_seen=exclude_seen, max_epochs=1, top_k=9)
    model.fit(histories)
    leaves = not repeating if exclude_seen == "auto" else exclude_seen
    assert model.exclude_seen_ is leaves
    items = model.predict(histories)
    seen = [bool(set(row) & set(h)) for row, h in zip(items, histories, strict=True)]
    assert any(seen) is not leaves
    table = model.recommend(histories, k=9)
    np.testing.assert_array_equal(table["item_id"].to_numpy().reshape(-1, 9), items)

    # A target ranks where predict puts it, in score and scorers.
    tops = model.predict(histories, top_k=4)
    third = 1 / np.log2(4)
    assert model.score(histories, tops[:, 2]) == pytest.approx(third)
    scorer = ranking_scorer(["ndcg@10", "mrr"])(model, histories, tops[:, 2])
    assert scorer == pytest.approx({"ndcg@10": third, "mrr": 1 / 3})


# ------------------------------------------------------------------ bad input
def test_single_events_are_counted_in_a_warning():
    with pytest.warns(DataWarning, match="3 of 63 rows have a single event") as seen:
        small_recommender(max_epochs=1).fit([*HISTORIES, [101], [102], [101]])
    assert seen[0].filename == __file__


@pytest.mark.parametrize(
    ("X", "y", "match"),
    [
        ([["a", "a"], ["a"]], None, "The catalogue has one item, 'a'"),
        ([["a"], ["b"]], None, "No row has two events"),
        ([[], []], None, "got no events"),
        ([[], ["a", "b"]], ["a"], "the same number of rows. Got 2 and 1"),
    ],
)
def test_a_log_without_a_next_event_is_an_error(X, y, match):
    with pytest.raises(ValueError, match=match):
        small_recommender().fit(X, y)


def test_targets_after_empty_histories_alone_are_an_error():
    X = Sequences.from_lists([["a", "b"], [], []])[1:]
    with pytest.raises(ValueError, match="got no events"):
        small_recommender().fit(X, ["a", "b"])


@pytest.mark.parametrize(
    "params",
    [
        {"early_stopping": True, "validation_fraction": 0.001},
        {"n_heads": 3},
        {"time_features": ("elapsed",)},
        {"auxiliary_targets": {"rating": "regression"}},
        {"net_params": {"no_such_thing": 1}},
        {"attention": "none", "time_aware": True},
    ],
    ids=lambda params: next(iter(params)),
)
def test_a_fit_that_fails_leaves_the_model_as_it_was(params):
    model = small_recommender(max_epochs=1).fit(HISTORIES)
    before = model.decision_function(HISTORIES)
    model.set_params(**params)
    with pytest.raises(ValueError):  # noqa: PT011 - tests of each have its message
        model.fit([["a", "b", "c"], ["b", "c", "d"]])
    np.testing.assert_array_equal(model.decision_function(HISTORIES), before)
    assert model.items_.tolist() == sorted(np.unique(HISTORIES).tolist())


@pytest.mark.parametrize(
    "method",
    [
        "predict",
        "decision_function",
        "predict_proba",
        "transform",
        "score",
        "attention_weights",
        "recommend",
    ],
)
def test_answers_before_fit_are_an_error(method):
    with pytest.raises(NotFittedError):
        getattr(small_recommender(), method)(HISTORIES)


# ------------------------------------------------------------------ going on
def test_warm_start_goes_on_from_the_last_weights(fitted):
    model = small_recommender(warm_start=True).fit(HISTORIES)
    assert same_weights(model, fitted)
    model.fit(HISTORIES)
    assert model.n_epochs_ == len(model.net_.history) == 4
    assert not same_weights(model, fitted)
    losses = model.net_.history[:, "train_loss"]
    assert losses[2] < losses[0]
    model.set_params(warm_start=False).fit(HISTORIES)
    assert same_weights(model, fitted)
    assert model.n_epochs_ == 2


def test_warm_start_needs_the_same_catalogue_and_shape():
    model = small_recommender(warm_start=True, max_epochs=1).fit(HISTORIES)
    before = weights(model)
    with pytest.raises(ValueError, match=r"warm_start=True needs .* \(15 items\). Got"):
        model.fit([["a", "b", "c"]])
    with pytest.raises(ValueError, match="such as hidden_units, have changed"):
        model.set_params(hidden_units=16).fit(HISTORIES)
    for name, value in weights(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_partial_fit_starts_from_scratch_and_goes_on():
    model = small_recommender().partial_fit(HISTORIES)
    assert model.n_epochs_ == 1
    assert same_weights(model, small_recommender(max_epochs=1).fit(HISTORIES))
    before = weights(copy.deepcopy(model))
    model.partial_fit(HISTORIES[:10])
    assert model.n_epochs_ == 2
    assert any((before[name] != value).any() for name, value in weights(model).items())
    model.partial_fit(HISTORIES[:3], [101, 102, 103])
    assert model.n_epochs_ == 3


class Rate(Callback):
    """Notes the largest learning rate of each training."""

    rates = ()

    def on_train_begin(self, net, **kwargs):
        self.rates = (*self.rates, net.lr)


def test_steps_of_few_targets_are_small():
    rate = Rate()
    model = small_recommender(lr=0.01, batch_size=64, callbacks=[("rate", rate)])
    model.fit(HISTORIES).partial_fit(HISTORIES[:1], [101])
    model.partial_fit(HISTORIES[:16], [101] * 16).partial_fit(HISTORIES)
    assert rate.rates[0] == 0.01
    np.testing.assert_allclose(rate.rates[1:3], [0.01 / 8, 0.01 / 2])
    assert 0.009 < rate.rates[3] <= 0.01


def test_early_stopping_holds_nothing_out_of_events_that_arrive():
    model = small_recommender(early_stopping=True, validation_fraction=0.3)
    model.fit(HISTORIES)
    before, n_epochs = weights(model), model.n_epochs_
    model.partial_fit(HISTORIES[:1], [101])
    assert model.n_epochs_ == n_epochs + 1
    assert any((value != before[name]).any() for name, value in weights(model).items())
    assert "valid_ndcg" not in model.net_.history[-1]


def test_partial_fit_takes_the_same_items_in_other_codes(fitted):
    one, other = copy.deepcopy(fitted), copy.deepcopy(fitted)
    one.partial_fit(HISTORIES[:2], [102, 101])
    turned = Sequences.from_lists(HISTORIES[:2], items=[999, *fitted.items_[::-1]])
    other.partial_fit(turned, [102, 101])
    assert same_weights(one, other)


@pytest.mark.parametrize(
    ("X", "y"), [([[101, 7], [8, 101]], None), ([[101], [7]], [8, 101])]
)
def test_partial_fit_names_unknown_items_and_changes_nothing(fitted, X, y):
    model = copy.deepcopy(fitted)
    with pytest.raises(UnknownItemsError, match=r"got 2 items that are not .*: 7, 8\."):
        model.partial_fit(X, y)
    assert same_weights(model, fitted)
    assert model.n_epochs_ == 2


def test_partial_fit_without_a_next_event_is_an_error(fitted):
    with pytest.raises(ValueError, match="No row has two events"):
        copy.deepcopy(fitted).partial_fit([[101], [102]])


def test_early_stopping_records_the_held_out_score_and_keeps_the_best():
    model = small_recommender(
        early_stopping=True, validation_fraction=0.3, n_iter_no_change=2, max_epochs=40
    ).fit(HISTORIES)
    scores = model.net_.history[:, "valid_ndcg"]
    best = int(np.argmax(scores))
    assert model.n_epochs_ == len(scores) == best + 3 < 40
    held = {}

    class Keep(Callback):
        def on_epoch_end(self, net, **kwargs):
            state = net.module_.state_dict()
            held[len(net.history) - 1] = {k: v.clone() for k, v in state.items()}

    again = clone(model).set_params(callbacks=[Keep()]).fit(HISTORIES)
    assert same_weights(again, model)
    for name, value in weights(again).items():
        np.testing.assert_array_equal(value, held[best][name].numpy())


def test_held_out_events_are_not_learned():
    histories = [*([[1, 2, 3]] * 20), [1, 2, 4]]
    seen = []

    class Targets(Callback):
        def on_batch_begin(self, net, batch, training, **kwargs):
            seen.extend(batch[1]["items"].tolist())

    model = small_recommender(
        early_stopping=True, validation_fraction=0.5, max_epochs=1,
        callbacks=[Targets()],
    )  # fmt: skip
    model.fit(histories)
    assert len(seen) == 2 * 21 - round(0.5 * 21)


@pytest.mark.parametrize("with_y", [False, True])
def test_early_stopping_goes_with_given_targets(with_y):
    X = [history[:-1] for history in HISTORIES] if with_y else HISTORIES
    y = [history[-1] for history in HISTORIES] if with_y else None
    model = small_recommender(early_stopping=True).fit(X, y)
    assert 0 <= model.net_.history[-1, "valid_ndcg"] <= 1


@pytest.mark.filterwarnings("ignore:These sequences do not number sessions")
def test_a_search_goes_over_every_part():
    grid = [
        {"encoder": list(ENCODERS)},
        {"attention": list(ATTENTIONS), "head": list(HEADS)},
        {"loss": list(LOSSES), "n_negatives": [5]},
    ]
    search = GridSearchCV(
        small_recommender(max_epochs=1), grid, cv=2, error_score="raise", refit=False
    ).fit(Sequences.from_lists(HISTORIES[:30]))
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == len(ENCODERS) + len(ATTENTIONS) * len(HEADS) + len(LOSSES)
    assert np.isfinite(scores).all()


# ------------------------------------------------------------------ parameters
def outcome(X=HISTORIES, **params):
    """Return what can be told of a fit: scores, ranking and lengths of training."""
    model = small_recommender(**params).fit(X)
    return (
        model.decision_function(X).tobytes(),
        model.predict(X).tobytes(),
        model.n_epochs_,
    )


ALONE = {
    "encoder": "gru",
    "hidden_units": 4,
    "n_layers": 2,
    "attention": "dot",
    "n_heads": 4,
    "scale_attention": False,
    "attention_activation": "silu",
    "embedding_dim": 4,
    "embedding_init": "normal",
    "head": "linear",
    "head_bias": False,
    "temperature": 0.5,
    "time_aware": True,
    "embedding_dropout": 0.0,
    "dropout": 0.0,
    "max_length": 2,
    "loss": "sampled_softmax",
    "label_smoothing": 0.5,
    "memory": "rules",
    "lookahead": 0.0,
    "lr": 0.1,
    "weight_decay": 0.5,
    "batch_size": 64,
    "max_epochs": 3,
    "early_stopping": True,
    "top_k": 3,
    "exclude_seen": False,
    "precision": "bf16",
    "net_params": {"optimizer": torch.optim.SGD},
    "random_state": 1,
}
TOGETHER = {
    "positions": ({"encoder": "transformer"}, "learned"),
    "kernel_size": ({"encoder": "tcn"}, 2),
    "stride": ({"max_length": 3}, 1),
    "sampling_power": ({"loss": "sampled_softmax", "n_negatives": 5}, 0.75),
    "calibration": ({"loss": "gbce", "n_negatives": 5}, 0.1),
    "n_negatives": ({"loss": "sampled_softmax"}, 2),
    "validation_fraction": ({"early_stopping": True}, 0.5),
    "n_iter_no_change": ({"early_stopping": True, "max_epochs": 12}, 1),
}
RICH = {
    "context": ({}, None),
    "context_fusion": ({}, "concat"),
    "time_features": ({}, ("elapsed",)),
    "auxiliary_targets": ({}, {"rating": "regression"}),
    "auxiliary_weight": ({"auxiliary_targets": {"rating": "regression"}}, 2.0),
}
ELSEWHERE = {
    "device",
    "compile",
    "retrieval",
    "n_probes",
    "callbacks",
    "verbose",
    "warm_start",
}  # tests of their own


@pytest.fixture(scope="module")
def default_outcome():
    return outcome()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.EfficiencyWarning")  # bf16
@pytest.mark.parametrize("name", ALONE)
def test_a_parameter_changes_the_outcome(name, default_outcome):
    assert outcome(**{name: ALONE[name]}) != default_outcome


@pytest.mark.parametrize("name", TOGETHER)
def test_a_parameter_of_another_one_changes_the_outcome(name):
    base, value = TOGETHER[name]
    assert outcome(**base, **{name: value}) != outcome(**base)


@pytest.mark.parametrize("name", RICH)
def test_a_parameter_about_context_changes_the_outcome(name):
    X = rich_sequences()
    base, value = RICH[name]
    assert outcome(X, **base, **{name: value}) != outcome(X, **base)


def test_every_parameter_is_shown_to_do_something():
    named = set(inspect.signature(AttentionSequenceRecommender).parameters)
    assert named == {*ALONE, *TOGETHER, *RICH, *ELSEWHERE}


def test_a_large_catalogue_samples_its_softmax(monkeypatch, fitted):
    assert fitted.loss_ == "softmax"
    monkeypatch.setattr(_auto, "_FULL_SOFTMAX_ITEMS", 10)
    model = small_recommender(max_epochs=1).fit(HISTORIES)
    assert model.loss_ == "sampled_softmax"
    asked = small_recommender(max_epochs=1, loss="softmax").fit(HISTORIES)
    assert asked.loss_ == "softmax"


def test_auto_batches_hold_fewer_events_where_there_are_few(fitted):
    few = small_recommender(max_epochs=1, batch_size="auto").fit(HISTORIES)
    assert few.net_.batch_size == 32
    assert fitted.net_.batch_size == 128
    many = small_recommender(max_epochs=1, batch_size="auto").fit(HISTORIES * 30)
    assert many.net_.batch_size == 60 * 30 * 5 // 50


def test_callbacks_are_used():
    class Count(Callback):
        epochs = 0

        def on_epoch_end(self, net, **kwargs):
            type(self).epochs += 1

    small_recommender(callbacks=[Count(), ("named", Count())]).fit(HISTORIES)
    assert Count.epochs == 4


def test_net_params_reach_the_net_and_come_last():
    model = small_recommender(
        net_params={"optimizer": torch.optim.SGD, "max_epochs": 1, "lr": 0.5}
    ).fit(HISTORIES)
    assert isinstance(model.net_.optimizer_, torch.optim.SGD)
    assert model.n_epochs_ == 1
    assert model.net_.lr == 0.5


def test_the_device_is_used(monkeypatch):
    assert small_recommender(max_epochs=1).fit(HISTORIES).net_.device == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match="torch sees no CUDA device"):
        small_recommender(device="cuda").fit(HISTORIES)


def test_verbose_shows_a_table(capsys):
    small_recommender(max_epochs=1).fit(HISTORIES)
    assert capsys.readouterr().out == ""
    small_recommender(max_epochs=1, verbose=1).fit(HISTORIES)
    assert "train_loss" in capsys.readouterr().out
