import pickle
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback

from seqrec import AttentionSequenceRecommender, Sequences
from seqrec.estimators import _item_index
from seqrec.nn.heads import TiedHead
from tests.histories import ordered_histories, small_recommender

HISTORIES = ordered_histories()


@pytest.fixture(scope="module")
def fitted():
    return small_recommender(memory=None, random_state=0).fit(HISTORIES)


@pytest.fixture
def indexed(fitted, monkeypatch):
    """Return a copy of the model that really divides its few items into lists."""
    monkeypatch.setattr(_item_index, "_FULL_SCAN", 4)
    monkeypatch.setattr(_item_index, "_LISTS", 1)
    monkeypatch.setattr(_item_index, "_HEAD", 10)
    monkeypatch.setattr(_item_index, "_MIN_PROBES", 1)
    return pickle.loads(pickle.dumps(fitted)).set_params(retrieval="approximate")


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_an_index_that_scans_everything_answers_as_exact_search(
    fitted, indexed, exclude_seen
):
    indexed.set_params(n_probes=100)
    for model in (fitted, indexed):
        exact = model.recommend(HISTORIES[:9], k=4, exclude_seen=exclude_seen)
        if model is fitted:
            wanted = exact
    assert exact["item_id"].tolist() == wanted["item_id"].tolist()
    np.testing.assert_allclose(exact["score"], wanted["score"], rtol=1e-4)


def test_fewer_probes_find_less_and_recall_says_so(indexed):
    found = {
        n: indexed.set_params(n_probes=n).retrieval_recall(HISTORIES, top_k=5)
        for n in (1, 100)
    }
    assert found[100] == 1.0
    assert 0.0 < found[1] < 1.0


def test_seen_items_leave_an_approximate_ranking_and_the_rest_is_full(indexed):
    indexed.exclude_seen_ = True
    answers = indexed.set_params(n_probes=1).predict(HISTORIES[:20], top_k=5)
    for history, items in zip(HISTORIES, answers, strict=False):
        assert len(set(items)) == 5
        assert not set(items) & set(history)


def test_empty_histories_and_candidates_go_with_an_index(fitted, indexed):
    rows = Sequences.from_lists([[], HISTORIES[0]], items=fitted.items_.tolist())
    np.testing.assert_array_equal(
        indexed.set_params(n_probes=100).predict(rows), fitted.predict(rows)
    )
    some = fitted.items_[:6].tolist()
    table = indexed.recommend(rows, k=2, candidates=some)
    assert set(table["item_id"]) <= set(some)


def test_the_index_is_made_once_and_again_after_a_fit(indexed, monkeypatch):
    made = []

    class Index(_item_index.ItemIndex):
        def __init__(self, *args, **kwargs):
            made.append(1)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr("seqrec.estimators._network_recommender.ItemIndex", Index)
    indexed.predict(HISTORIES[:2])
    indexed.predict(HISTORIES[:2])
    assert len(made) == 1
    indexed.partial_fit(HISTORIES).predict(HISTORIES[:2])
    assert len(made) == 2


def test_neither_index_nor_search_is_saved(indexed):
    before = len(pickle.dumps(indexed))
    answers = indexed.predict(HISTORIES[:3])
    assert len(pickle.dumps(indexed)) == before
    again = pickle.loads(pickle.dumps(indexed))
    np.testing.assert_array_equal(again.predict(HISTORIES[:3]), answers)


@pytest.mark.parametrize(("name", "value"), [("retrieval", "fast"), ("n_probes", 0)])
def test_wrong_parameters_of_retrieval_are_named(name, value):
    model = AttentionSequenceRecommender(**{name: value})
    with pytest.raises(ValueError, match=name):
        model.fit(HISTORIES)


def test_rankings_do_not_depend_on_the_batch(fitted):
    model = clone(fitted).set_params(embedding_dim=32).fit(HISTORIES)
    together = model.predict(HISTORIES)
    alone = np.concatenate([model.predict([history]) for history in HISTORIES])
    np.testing.assert_array_equal(together, alone)


def test_a_close_call_is_decided_by_the_row_alone(fitted, monkeypatch):
    model = pickle.loads(pickle.dumps(fitted))
    wanted = model.predict(HISTORIES[:8])
    asked = []
    search = type(model)._search_rows

    def watched(self, sequences, k, **options):
        asked.append(len(sequences))
        codes, scores, is_close = search(self, sequences, k, **options)
        if len(sequences) > 1:  # as if rounding had swapped the best two of row 3
            is_close[3] = True
            codes[3, :2] = codes[3, 1::-1]
        return codes, scores, is_close

    monkeypatch.setattr(type(model), "_search_rows", watched)
    np.testing.assert_array_equal(model.predict(HISTORIES[:8]), wanted)
    assert asked == [8, 1]


def test_a_diverged_network_is_an_error_not_a_ranking(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    with torch.no_grad():
        model.net_.module_.item_embedding.weight[5] = float("nan")
    for answer in (model.predict, model.score, model.recommend):
        with pytest.raises(ValueError, match="training has diverged"):
            answer(HISTORIES)
    with pytest.raises(ValueError, match="training has diverged"):
        small_recommender(lr=1e30, max_epochs=3, early_stopping=True).fit(HISTORIES)


@pytest.mark.parametrize("params", [{}, {"temperature": 0.2}, {"head": "linear"}])
@pytest.mark.parametrize("retrieval", ["exact", "approximate"])
def test_weights_that_change_in_place_are_noticed(params, retrieval):
    model = small_recommender(retrieval=retrieval, **params).fit(HISTORIES)
    model.predict(HISTORIES[:2])
    torch.manual_seed(0)
    with torch.no_grad():
        for part in model.net_.module_.parameters():
            part.copy_(torch.randn_like(part))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict(HISTORIES), again.predict(HISTORIES))


def test_an_empty_history_does_not_have_the_others_scored_twice(fitted, monkeypatch):
    rows = Sequences.from_lists([[], *HISTORIES], items=fitted.items_.tolist())
    wanted = fitted.predict(rows, top_k=5)
    monkeypatch.setattr(type(fitted), "_score_items", None)  # would raise if called
    np.testing.assert_array_equal(fitted.predict(rows, top_k=5), wanted)
    assert 0 < np.nanmean(fitted._target_ranks(rows)) < 15


def test_a_long_history_does_not_swell_what_an_index_is_asked(indexed, monkeypatch):
    monkeypatch.setattr("seqrec.estimators._network_recommender._MOST_SEEN", 2)
    asked = []
    search = _item_index.ItemIndex.search

    def watched(self, states, k, **options):
        asked.append(k)
        return search(self, states, k, **options)

    monkeypatch.setattr(_item_index.ItemIndex, "search", watched)
    indexed.exclude_seen_ = True
    answers = indexed.set_params(n_probes=100).predict(HISTORIES[:5], top_k=4)
    assert asked == [6]
    exact = indexed.set_params(retrieval="exact").predict(HISTORIES[:5], top_k=4)
    np.testing.assert_array_equal(answers, exact)


def test_retrieval_is_checked_where_it_is_used(fitted, monkeypatch):
    model = pickle.loads(pickle.dumps(fitted)).set_params(retrieval="aproximate")
    with pytest.raises(ValueError, match="retrieval"):
        model.predict(HISTORIES[:1])
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"retrieval='approximate' needs faiss"):
        small_recommender(retrieval="approximate").fit(HISTORIES)


class Scaled(TiedHead):
    @property
    def weight(self):
        return 5 * super().weight


class Watcher(Callback):
    def on_grad_computed(self, net, named_parameters, **kwargs):
        assert not any(p.grad.is_sparse for _, p in named_parameters)


@pytest.mark.parametrize(
    ("params", "by_rows"),
    [
        ({}, True),
        ({"head": "linear"}, True),
        ({"callbacks": [Callback()]}, True),
        ({"net_params": {"lr": 0.1}}, True),
        ({"head": Scaled}, False),
        ({"weight_decay": 0.1}, False),
        ({"callbacks": [Watcher()]}, False),
        ({"callbacks": [("name", Watcher)]}, False),
        ({"net_params": {"optimizer__amsgrad": True}}, False),
    ],
)
def test_steps_work_on_rows_where_that_changes_nothing(params, by_rows):
    kinds = []

    class Batches(Callback):
        def on_batch_begin(self, net, batch, **kwargs):
            kinds.append(batch[0].rows is not None)

    callbacks = [*params.pop("callbacks", []), Batches()]
    small_recommender(loss="sampled_softmax", callbacks=callbacks, **params).fit(
        HISTORIES
    )
    assert set(kinds) == {by_rows}
