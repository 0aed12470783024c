import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from skorch import NeuralNet
from skorch.callbacks import Callback, Freezer

from seqrec import (
    AttentionSequenceRecommender,
    ItemKNNRecommender,
    MarkovChainRecommender,
    PopularityRecommender,
    SequentialRulesRecommender,
    next_item_samples,
)
from seqrec.data.sequences import Sequences
from seqrec.estimators import _item_index
from seqrec.estimators._auto import choose_memory
from seqrec.estimators._batching import TrainingSet
from seqrec.estimators._inputs import as_sequences
from seqrec.estimators._memory import (
    KINDS,
    Memory,
    MemoryOffsets,
    make_memory,
    merge_voted,
    name_memories,
    remember,
)
from seqrec.exceptions import UnknownItemsError
from tests.histories import ordered_histories, rich_sequences, small_recommender

HISTORIES = ordered_histories()
TURNS = [[1 + user % 9, 10 + user % 7] * 4 for user in range(240)]


class Seen(Callback):
    """Counts the trainings of a net."""

    n_trainings = 0

    def on_train_begin(self, net, **kwargs):
        self.n_trainings += 1


def random_rows(seed=0, n_items=9):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 14, 30)
    return [rng.integers(1, n_items, size).tolist() for size in lengths]


def as_array(votes):
    return votes if isinstance(votes, np.ndarray) else votes.toarray()


# ---------------------------------------------------------------------- the votes
@pytest.mark.parametrize(
    ("kind", "recommender"),
    [
        ("rules", SequentialRulesRecommender(history_length=4)),
        ("markov_chain", MarkovChainRecommender(smoothing=1e-9)),
        ("item_knn", ItemKNNRecommender()),
        ("item_knn", ItemKNNRecommender(n_neighbors=2, history_length=None)),
    ],
)
def test_votes_are_the_scores_of_the_recommender(kind, recommender):
    recommender.fit(random_rows())
    rows = as_sequences(random_rows(2), recommender.vocabulary_, "test")
    votes = Memory(kind, recommender, recommender.n_items_, 100).votes(rows)
    scores = recommender.decision_function(rows)  # with a billionth for popularity
    np.testing.assert_allclose(as_array(votes), scores, rtol=1e-5, atol=1e-7)


def test_repeats_are_votes_of_items_for_themselves():
    rows = as_sequences([["a", "b", "a"], ["c"] * 30], None, "test")
    votes = as_array(Memory("repeats", None, 3, 100).votes(rows))
    thirty = (0.98 ** np.arange(30)).sum()
    np.testing.assert_allclose(
        votes, [[1 + 0.98**2, 0.98, 0], [0, 0, thirty]], rtol=1e-6
    )


@pytest.mark.parametrize("kind", KINDS)
def test_events_before_the_latest_in_use_do_not_vote(kind, monkeypatch):
    sequences = as_sequences(random_rows(), None, "test")
    known = remember(name_memories(kind), sequences, None)[kind]
    memory = make_memory(kind, known, sequences.n_items, 2)
    np.testing.assert_array_equal(
        as_array(memory.votes(sequences)), as_array(memory.votes(sequences.last(2)))
    )
    asked = []

    def weigh(score, memories, histories, codes, exclude_seen):
        asked.extend(memories)
        return np.ones(len(memories))

    monkeypatch.setattr("seqrec.estimators._remembers_items.weigh_memories", weigh)
    small_recommender(memory=kind, max_length=2, max_epochs=1).fit(TURNS)
    assert asked[0].history_length <= 2  # as in answers, so in weighing


def test_another_max_length_lets_other_events_vote():
    model = small_recommender(memory="rules").fit(HISTORIES)
    rows = [history[:4] for history in HISTORIES]
    before = model.decision_function(rows)
    shorter = model.set_params(max_length=1).decision_function(rows)
    latest = model.decision_function([row[-1:] for row in rows])
    np.testing.assert_allclose(shorter, latest, rtol=1e-5)
    longer = model.set_params(max_length=100).decision_function(rows)
    np.testing.assert_array_equal(longer, before)


@pytest.mark.parametrize("n_items", [8, 300])
def test_a_table_is_kept_whole_where_it_is_full(n_items, monkeypatch):
    rows = as_sequences(random_rows(), None, "test")
    knn = ItemKNNRecommender().fit(rows)
    kept = Memory("item_knn", knn, knn.n_items_, 100)
    assert isinstance(kept.table, np.ndarray)
    monkeypatch.setattr("seqrec.estimators._memory._MOST_DENSE", 0)
    other = Memory("item_knn", knn, knn.n_items_, 100)
    assert not isinstance(other.table, np.ndarray)
    np.testing.assert_allclose(
        kept.worth(rows), other.worth(rows).toarray(), rtol=1e-5, atol=1e-6
    )
    columns = np.arange(len(rows)) % knn.n_items_
    np.testing.assert_allclose(
        kept.event_votes(rows, columns), other.event_votes(rows, columns)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_events_votes_add_up_to_those_of_the_row(kind):
    sequences = as_sequences(random_rows(), None, "test")
    known = remember(name_memories(kind), sequences, None)[kind]
    memory = make_memory(kind, known, sequences.n_items, 100)
    rows = as_sequences(random_rows(2), sequences.vocabulary, "test")
    columns = np.arange(len(rows)) % sequences.n_items
    parts = np.split(memory.event_votes(rows, columns), np.cumsum(rows.lengths)[:-1])
    whole = as_array(memory.votes(rows))[np.arange(len(rows)), columns]
    np.testing.assert_allclose([part.sum() for part in parts], whole, atol=1e-6)


def test_offsets_add_up_what_kinds_are_worth_sparse_or_not():
    sequences = as_sequences(random_rows(), None, "test")
    known = remember(name_memories(["rules", "item_knn", "repeats"]), sequences, None)
    memories = [
        Memory(name, one, sequences.n_items, 100) for name, one in known.items()
    ]
    kept = [isinstance(memory.table, np.ndarray) for memory in memories]
    assert kept == [True, True, False]
    rows = slice(3, 9)
    wanted = 0.0
    for memory, weight in zip(memories, (0.5, 2.0, 3.0), strict=True):
        votes = as_array(memory.votes(sequences[rows]))
        wanted = wanted + weight * np.log1p(votes / memory.floor)
    found = MemoryOffsets(memories, (0.5, 2.0, 3.0), sequences)(rows)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    two = MemoryOffsets(memories[2:] * 2, (1.0, 2.0), sequences)(rows)
    once = memories[2].worth(sequences[rows]).toarray()
    np.testing.assert_allclose(two.toarray(), 3 * once, rtol=1e-5)


def test_remembering_more_leaves_the_counts_given_as_they_were():
    sequences = as_sequences(random_rows(), None, "test")
    first = remember(name_memories(["rules", "repeats"]), sequences[:10], None)
    before = first["rules"].rule_weights_.toarray()
    both = remember(first, sequences[10:], None)
    np.testing.assert_array_equal(first["rules"].rule_weights_.toarray(), before)
    at_once = SequentialRulesRecommender().fit(sequences)
    np.testing.assert_allclose(
        both["rules"].rule_weights_.toarray(), at_once.rule_weights_.toarray()
    )
    assert both["repeats"] is None


def test_memories_are_named_by_kind():
    first, second = SequentialRulesRecommender(max_gap=1), SequentialRulesRecommender()
    found = name_memories((first, "item_knn", second, "repeats", "rules"))
    assert list(found) == ["rules", "item_knn", "rules-2", "repeats", "rules-3"]
    assert found["rules"].max_gap == 1
    assert found["rules"] is not first  # the one given stays unfitted
    assert name_memories(None) == {}


# ---------------------------------------------------------------------- what is chosen
def test_auto_remembers_what_a_log_allows(monkeypatch):
    long, turns = ordered_histories(240), as_sequences(TURNS, None, "test")
    plain = as_sequences(long, None, "test")
    counts = ["rules", "markov_chain", "item_knn"]
    assert choose_memory(plain, True) == counts
    assert choose_memory(turns, False) == [*counts, "repeats", "own_rules"]
    assert choose_memory(turns, True) == counts
    assert choose_memory(plain, False) == counts  # none repeats
    monkeypatch.setattr("seqrec.estimators._auto._MOST_PAIRS", 200)  # 15 items
    assert choose_memory(plain, True) == counts[:2]
    n_events = plain.lengths.sum()
    monkeypatch.setattr("seqrec.estimators._auto._MOST_REMEMBERED", n_events)
    windows, _, _ = next_item_samples(plain)
    assert windows.lengths.sum() > n_events
    assert choose_memory(windows, True) == counts[:2]  # an event counts once
    monkeypatch.setattr("seqrec.estimators._auto._MOST_REMEMBERED", n_events - 1)
    assert choose_memory(plain, True) == []
    assert choose_memory(turns, False) == ["repeats", "own_rules"]  # no counts


@pytest.mark.parametrize("early_stopping", [False, True])
def test_what_too_few_targets_tell_nothing_about_has_its_usual_weight(early_stopping):
    params = {"early_stopping": early_stopping, "max_epochs": 1}
    rows = TURNS[:199]  # of eight events
    asked = small_recommender(memory=["rules", "repeats"], **params).fit(rows)
    assert asked.memory_weights_ == {"rules": 0.5, "repeats": 0.5}
    auto = small_recommender(**params).fit(rows)
    usual = {"rules": 0.5, "item_knn": 0.5}
    assert auto.memory_weights_ == {**dict.fromkeys(KINDS, 0.0), **usual}
    assert list(auto.memories_) == ["rules", "item_knn"]


LONG = [[1 + (user + step) % 9 for step in range(26)] for user in range(60)]


@pytest.mark.parametrize(
    ("rows", "n_held"),
    [
        (as_sequences(LONG, None, "test"), 150),  # five of thirty
        (as_sequences(LONG[:40], None, "test"), 100),
        (as_sequences(LONG[:39], None, "test"), 0),
        (as_sequences(TURNS[:199], None, "test"), 0),  # rows too short for more
        (as_sequences(LONG, None, "test").last(25).drop_last(16), 0),
        (next_item_samples(as_sequences(LONG, None, "test"), last=9).X, 0),
    ],
)
def test_no_target_is_held_out_in_vain(rows, n_held, monkeypatch):
    asked = []

    def weigh(score, memories, histories, codes, exclude_seen):
        asked.append(len(codes))
        return np.ones(len(memories))

    monkeypatch.setattr("seqrec.estimators._remembers_items.weigh_memories", weigh)
    learned = []
    take = TrainingSet.from_sequences.__func__

    def note(cls, sequences, *args, **kwargs):
        learned.append(int(sequences.lengths.sum()))
        return take(cls, sequences, *args, **kwargs)

    monkeypatch.setattr(TrainingSet, "from_sequences", classmethod(note))
    small_recommender(memory="rules", max_epochs=1).fit(rows)
    assert asked == ([n_held] if n_held else [])
    assert learned[0] == rows.lengths.sum() - n_held


def test_kinds_worth_nothing_are_dropped(monkeypatch):
    asked = []

    def weigh(score, memories, histories, codes, exclude_seen):
        asked.append((len(memories), len(codes), exclude_seen))
        return np.array([0.0, 0.0, 2.0, 0.0, 0.0])

    monkeypatch.setattr("seqrec.estimators._remembers_items.weigh_memories", weigh)
    model = small_recommender(max_epochs=1).fit(TURNS)
    assert asked == [(5, 120, False)]
    assert model.memory_weights_ == {**dict.fromkeys(KINDS, 0.0), "item_knn": 2.0}
    assert list(model.memories_) == ["item_knn"]
    model.partial_fit(TURNS[:100])
    model.set_params(warm_start=True).fit(TURNS)
    assert len(asked) == 1  # weights stay
    assert list(model.memories_) == ["item_knn"]
    users = model.memories_["item_knn"].user_counts_.max()
    assert users == max(np.bincount(np.concatenate([TURNS[i][:2] for i in range(240)])))
    model.set_params(early_stopping=True, warm_start=False)
    model.set_params(validation_fraction=0.5).fit(TURNS)
    assert asked[1:] == [(5, 120, False)]
    monkeypatch.setattr("seqrec.estimators._calibration._MOST_WEIGHED", 50)
    model.fit(TURNS)
    assert asked[2:] == [(5, 50, False)]


@pytest.fixture
def last_sets(monkeypatch):
    """Return a list that gets the training set of each last pass."""
    sets, keep_last = [], TrainingSet.keep_last_targets

    def keep(data):
        keep_last(data)
        sets.append(data)

    monkeypatch.setattr(TrainingSet, "keep_last_targets", keep)
    return sets


@pytest.mark.parametrize("given", [False, True])
def test_the_network_learns_in_the_end_what_was_held_out(given, last_sets):
    unique = [[f"{user}{place}" for place in "abc"] for user in range(240)]
    rows = as_sequences(unique, None, "test")
    X, y, _ = next_item_samples(rows, last=1)
    seen = Seen()
    params = {"memory": "rules", "callbacks": [("seen", seen)], "max_epochs": 2}
    one, other = (small_recommender(**params) for _ in range(2))
    for model in (one, other):
        model.fit(X, y) if given else model.fit(rows)
    data, _ = last_sets
    learned = data.targets[data.targets > 0]
    items = rows.vocabulary.decode(learned)
    assert len(set(items)) == len(items) == 120
    assert all(item.endswith("c") for item in items)
    histories = rows.vocabulary.decode(data.codes[data.targets > 0])
    assert [a[:-1] for a in histories] == [c[:-1] for c in items]
    # A pass of its own: nobody else hears of it, and the same seed gives the same.
    assert len(one.net_.history) == one.n_epochs_ == 2
    assert one.net_.callbacks[-1][1].n_trainings == 2  # one a model
    np.testing.assert_array_equal(
        one.decision_function(rows), other.decision_function(rows)
    )


def sessions_of_a_log():
    """Return 1,000 sessions of three events and the order that they come in."""
    rows = [[1 + n % 9, 10 + n % 7, 20 + n % 2] for n in range(1000)]
    flat = as_sequences(rows, None, "test")
    order = np.random.default_rng(0).permutation(1000)
    sessions = Sequences(
        flat.codes,
        flat.starts,
        flat.stops,
        vocabulary=flat.vocabulary,
        times=np.repeat(1000.0 * order, 3),
    )
    return sessions, order


@pytest.fixture
def last_passes(monkeypatch):
    """Return a list that gets (data, largest rate, passes) of each training."""
    trainings, train = [], NeuralNet.partial_fit

    def keep(net, data, y=None, **kwargs):
        trainings.append((data, net.lr, net.max_epochs))
        return train(net, data, y, **kwargs)

    monkeypatch.setattr(NeuralNet, "partial_fit", keep)
    return trainings


@pytest.mark.parametrize(("n_epochs", "n_last"), [(1, 1), (4, 2), (5, 3)])
def test_the_latest_sessions_tell_what_memories_are_worth(
    monkeypatch, last_passes, n_epochs, n_last
):
    rows, order = sessions_of_a_log()
    asked = []

    def weigh(score, memories, histories, codes, exclude_seen):
        asked.append((histories, codes))
        return np.ones(len(memories))

    monkeypatch.setattr("seqrec.estimators._remembers_items.weigh_memories", weigh)
    model = small_recommender(memory=["item_knn"], max_epochs=n_epochs).fit(rows)
    ((histories, codes),) = asked
    latest = np.flatnonzero(order >= 900)
    assert histories.lengths.tolist() == [1, 2] * 100
    events = rows.codes.reshape(1000, 3)[latest]
    np.testing.assert_array_equal(codes, events[:, 1:].ravel())
    np.testing.assert_array_equal(histories.codes[histories.starts[::2]], events[:, 0])
    assert model.memories_["item_knn"].user_counts_.sum() == 3000  # all, in the end
    (first, rate, _), (data, last_rate, passes) = last_passes
    assert (first.targets > 0).sum() == 1800
    learned = data.targets[data.targets > 0]
    np.testing.assert_array_equal(np.sort(learned), np.sort(codes))
    assert passes == n_last
    assert 0.8 * rate < last_rate <= rate


def test_sessions_with_a_target_each_give_that_alone(last_passes):
    rows, _ = sessions_of_a_log()
    small_recommender(memory="rules", max_epochs=4).fit(
        rows[:], rows.vocabulary.decode(np.full(1000, 3))
    )
    (_, _, _), (data, _, passes) = last_passes
    assert (data.targets > 0).sum() == 400
    assert passes == 3


def test_warm_starts_go_on_from_few_rows_whose_numbers_tell_less():
    rows, _ = sessions_of_a_log()
    numbered = Sequences(
        rows.codes,
        rows.starts,
        rows.stops,
        vocabulary=rows.vocabulary,
        times=np.arange(3000.0),
    )
    model = small_recommender(memory=None, max_epochs=1, warm_start=True)
    model.fit(numbered)
    assert model.channels_.features == ("period",)
    assert model.fit(numbered[:2]).channels_.features == ("period",)
    model.set_params(time_features=())
    with pytest.raises(ValueError, match="What the network reads"):
        model.fit(numbered[:2])


def test_all_targets_of_a_window_are_learned_in_the_end(last_sets):
    rows = as_sequences(TURNS, None, "test")
    twice = rows[np.tile(np.arange(240), 2)]
    targets = np.repeat([1, 2], 240)
    small_recommender(memory="rules", max_epochs=1).fit(
        twice, rows.vocabulary.decode(targets)
    )
    (data,) = last_sets
    learned = data.targets[data.targets > 0]
    assert np.bincount(learned).tolist() == [0, 120, 120]


@pytest.mark.parametrize("given", ["callbacks", "net_params"])
def test_a_last_pass_leaves_what_is_frozen(given):
    callbacks = [("freezer", Freezer("embedding.item_embedding*"))]
    params = {"callbacks": callbacks}
    params = params if given == "callbacks" else {"net_params": params}
    before = small_recommender(memory=None, max_epochs=1, **params).fit(TURNS)
    after = small_recommender(memory="rules", max_epochs=1, **params).fit(TURNS)
    vectors = [one.net_.module_.embedding.item_embedding for one in (before, after)]
    first, second = (v.weight.detach().numpy() for v in vectors)
    start = small_recommender(memory="rules", lr=1e-12, max_epochs=1).fit(TURNS)
    frozen = start.net_.module_.embedding.item_embedding.weight.detach().numpy()
    np.testing.assert_allclose(second, frozen, atol=1e-7)
    assert first.shape == second.shape


def test_a_last_pass_changes_the_network(monkeypatch):
    whole = small_recommender(memory="rules").fit(TURNS)
    monkeypatch.setattr("seqrec.estimators._remembers_items._LAST_LR", 1e-12)
    without = small_recommender(memory="rules").fit(TURNS)
    rows = [[1, 10, 1]]
    difference = whole.transform(rows) - without.transform(rows)
    assert np.abs(difference).max() > 1e-4


def test_early_stopping_leaves_what_it_watched_unlearned(monkeypatch):
    monkeypatch.setattr(AttentionSequenceRecommender, "_learn_held_out", None)
    params = {"early_stopping": True, "validation_fraction": 0.5}
    model = small_recommender(memory="rules", **params).fit(TURNS)
    assert model.memory_weights_["rules"] >= 0


def test_further_targets_are_learned_in_the_end_too(last_sets):
    model = small_recommender(auxiliary_targets={"rating": "regression"})
    model.fit(rich_sequences(240))
    (data,) = last_sets
    assert data.n_targets == len(data) == 120
    known = ~np.isnan(data.auxiliary[:, 0])
    assert 0 < known.sum() <= 120
    assert (data.targets[known] > 0).all()


def test_a_warm_start_refuses_another_memory():
    model = small_recommender(memory="rules", warm_start=True).fit(HISTORIES)
    model.set_params(memory="item_knn")
    with pytest.raises(
        ValueError, match=r"memory has \['item_knn'\] now.*_start=False"
    ):
        model.fit(HISTORIES)
    assert model.memory_weights_ == {"rules": 0.5}


@pytest.mark.parametrize(
    ("memory", "left"),
    [
        (None, []),
        ("rules", ["rules"]),
        (["item_knn", "rules"], ["item_knn", "rules"]),
    ],
)
def test_a_warm_start_takes_less_memory_or_another_order(memory, left):
    model = small_recommender(memory=["rules", "item_knn"], warm_start=True)
    model.fit(HISTORIES).set_params(memory=memory).fit(HISTORIES)
    assert model.memory_weights_ == dict.fromkeys(left, 0.5)
    assert list(model.memories_) == left


def test_a_warm_start_by_auto_remembers_as_before():
    kinds = [SequentialRulesRecommender(decay=0.2), "rules"]
    model = small_recommender(memory=kinds, warm_start=True).fit(HISTORIES)
    before = model.memories_["rules"].rule_weights_.sum()
    model.set_params(memory="auto").fit(HISTORIES)
    assert list(model.memories_) == ["rules", "rules-2"]
    assert model.memories_["rules"].decay == 0.2
    assert model.memories_["rules"].rule_weights_.sum() == pytest.approx(before)


def test_windows_of_one_history_do_not_give_away_what_is_held_out(monkeypatch):
    known = []

    def weigh(score, memories, histories, codes, exclude_seen):
        known.append((memories[0].table, histories, codes))
        return np.ones(len(memories))

    monkeypatch.setattr("seqrec.estimators._remembers_items.weigh_memories", weigh)
    unique = [[f"{user}{place}" for place in "abcd"] for user in range(250)]
    rows = as_sequences(unique, None, "test")
    windows = rows[np.repeat(np.arange(250), 2)]
    windows.starts[::2] += 1
    X, y, _ = next_item_samples(rows)
    for data, targets in ((windows, None), (X, y)):
        small_recommender(memory="rules", max_epochs=1).fit(data, targets)
        table, histories, codes = known.pop()
        assert len(codes) == 125
        votes = table[histories.codes[histories.stops - 1] - 1, codes - 1]
        assert np.asarray(votes).max() == 0


def test_a_user_unlike_any_other_is_given_the_own_items_again():
    rng = np.random.default_rng(0)
    turns, fresh = (rng.integers(60, size=(n, 2)).tolist() for n in (240, 60))
    turns, fresh = [pair * 4 for pair in turns], [pair * 3 for pair in fresh]
    models = [
        small_recommender(memory=memory).fit([*turns, list(range(60))])
        for memory in ("repeats", None)
    ]
    assert models[0].memory_weights_["repeats"] > 0
    shares = [
        np.mean([item in row for (item,), row in zip(found, fresh, strict=True)])
        for found in (model.predict(fresh, top_k=1) for model in models)
    ]
    assert shares[0] > shares[1]
    assert shares[0] > 0.9


# ---------------------------------------------------------------------- the recommender
@pytest.fixture(scope="module")
def fitted():
    kinds = ["rules", "repeats"]
    return small_recommender(memory=kinds, random_state=0).fit(HISTORIES)


@pytest.mark.parametrize("loss", ["softmax", "sampled_softmax"])
def test_scores_are_those_of_the_network_and_the_votes(loss):
    model = small_recommender(memory=["rules", "item_knn"], loss=loss, max_epochs=1)
    model.fit(HISTORIES)
    model.memory_weights_ = {"rules": 0.5, "item_knn": 3.0}
    with_votes = model.decision_function(HISTORIES)
    known, model.memories_ = model.memories_, {}
    alone = model.decision_function(HISTORIES)
    rows = as_sequences(HISTORIES, model.vocabulary_, "test").last(model.max_length)
    rules, knn = (
        as_array(Memory(kind, one, model.n_items_, 100).votes(rows))
        for kind, one in known.items()
    )
    wanted = alone + 0.5 * np.log1p(rules / 0.01) + 3.0 * np.log1p(knn / 0.1)
    np.testing.assert_allclose(with_votes, wanted, rtol=1e-4, atol=1e-4)


def test_predict_and_score_rank_by_scores_with_votes(fitted):
    fitted = pickle.loads(pickle.dumps(fitted))
    fitted.exclude_seen_ = False
    scores = fitted.decision_function(HISTORIES)
    order = scores.argsort(axis=1)[:, ::-1]
    best = np.take_along_axis(scores, order[:, :3], axis=1)
    is_clear = (-np.diff(best, axis=1) > 1e-6).all(axis=1)  # more than rounding
    assert is_clear.mean() > 0.9
    first, second = fitted.items_[order[:, 0]], fitted.items_[order[:, 1]]
    predicted = fitted.predict(HISTORIES, top_k=1)[:, 0]
    assert (predicted[is_clear] == first[is_clear]).all()
    ranks = fitted._target_ranks(HISTORIES, second)
    np.testing.assert_array_equal(ranks[is_clear], 2.0)


def test_a_batch_is_answered_as_its_rows(fitted):
    together = fitted.predict(HISTORIES[:20])
    alone = [fitted.predict([history])[0] for history in HISTORIES[:20]]
    assert (together == np.stack(alone)).all()


def test_an_index_finds_what_the_memory_votes_for(fitted, monkeypatch):
    monkeypatch.setattr(_item_index, "_FULL_SCAN", 4)
    monkeypatch.setattr(_item_index, "_LISTS", 1)
    monkeypatch.setattr(_item_index, "_HEAD", 10)
    monkeypatch.setattr(_item_index, "_MIN_PROBES", 1)
    indexed = pickle.loads(pickle.dumps(fitted))
    indexed.set_params(retrieval="approximate", n_probes=100)
    exact = fitted.recommend(HISTORIES[:30], k=4)
    found = indexed.recommend(HISTORIES[:30], k=4)
    assert found["item_id"].tolist() == exact["item_id"].tolist()
    np.testing.assert_allclose(found["score"], exact["score"], rtol=1e-4)
    assert indexed.retrieval_recall(HISTORIES, top_k=4) == 1.0
    assert indexed.retrieval_recall([[]], top_k=4) == 1.0


@pytest.mark.parametrize("kind", [sparse.csr_array, np.asarray])
def test_voted_items_are_merged_in_the_order_of_their_scores(kind):
    codes, scores = merge_voted(
        np.array([[4, 3, 2, 1]], dtype=np.float32),
        np.eye(4, dtype=np.float32),
        None,
        np.array([[1, 2]]),
        np.array([[4, 3]], dtype=np.float32),
        kind(np.array([[0, 0.5, 5.0, 0]])),
    )
    assert codes.tolist() == [[3, 1, 2]]
    assert scores.tolist() == [[7.0, 4.0, 3.5]]


def test_it_says_which_events_voted(fitted):
    items = fitted.predict(HISTORIES, top_k=1)[:, 0]
    votes, mask = fitted.memory_votes(HISTORIES, items)
    assert votes.shape == mask.shape
    assert (votes[~mask] == 0).all()
    assert (votes >= 0).all()
    places = fitted.vocabulary_.encode(items) - 1
    with_votes = fitted.decision_function(HISTORIES)[np.arange(len(items)), places]
    known, fitted.memories_ = fitted.memories_, {}
    alone = fitted.decision_function(HISTORIES)[np.arange(len(items)), places]
    fitted.memories_ = known
    np.testing.assert_allclose(votes.sum(axis=1), with_votes - alone, atol=1e-4)


def test_a_model_without_memory_has_no_votes_to_show():
    model = small_recommender(memory=None, max_epochs=1).fit(HISTORIES)
    with pytest.raises(ValueError, match=r"left none .* Fit with memory='rules'"):
        model.memory_votes(HISTORIES[:1], [HISTORIES[0][0]])


def test_votes_for_an_unknown_item_are_refused(fitted):
    with pytest.raises(UnknownItemsError, match=r"got 1 items .* catalogue"):
        fitted.memory_votes(HISTORIES[:1], ["no such item"])


def test_partial_fit_remembers_further_sequences(fitted):
    model = clone(fitted)
    model.partial_fit(HISTORIES)
    before = model.memories_["rules"].rule_weights_.sum()
    model.partial_fit(HISTORIES[:5])
    added = SequentialRulesRecommender().fit(HISTORIES[:5]).rule_weights_.sum()
    assert model.memories_["rules"].rule_weights_.sum() == pytest.approx(before + added)


def test_a_failed_partial_fit_forgets_what_it_remembered(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    before = model.memories_["rules"].rule_weights_.sum()
    model.set_params(device="cuda:99")
    with pytest.raises(ValueError, match="cuda:99"):
        model.partial_fit(HISTORIES[:5])
    assert model.memories_["rules"].rule_weights_.sum() == before


def test_held_out_events_are_remembered_in_the_end():
    model = small_recommender(
        memory="rules", max_epochs=1, early_stopping=True, validation_fraction=0.5
    ).fit(HISTORIES)
    all_of_it = SequentialRulesRecommender().fit(HISTORIES).rule_weights_.sum()
    assert model.memories_["rules"].rule_weights_.sum() == pytest.approx(all_of_it)


def test_rules_of_ones_own_can_be_searched_over():
    model = small_recommender(memory=SequentialRulesRecommender(decay=0.2))
    model.set_params(memory__decay=0.4, max_epochs=1)
    copy = clone(model).fit(HISTORIES)
    assert copy.memories_["rules"].decay == 0.4
    assert not hasattr(copy.memory, "rule_weights_")  # the one given stays unfitted


def test_a_saved_model_remembers(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(
        again.decision_function(HISTORIES), fitted.decision_function(HISTORIES)
    )


def test_a_wrong_memory_is_refused():
    with pytest.raises(ValueError, match=r"'memory' parameter .* Got 'rule'"):
        AttentionSequenceRecommender(memory="rule").fit(HISTORIES)

    class OwnRules(SequentialRulesRecommender):
        def _score_items(self, sequences):
            raise AssertionError("scores of its own")

    others = PopularityRecommender(), OwnRules(), "rule", None
    for other in others:
        with pytest.raises(
            ValueError, match=r"memory must be .* Got (Popu|Own|'rul|No)"
        ):
            AttentionSequenceRecommender(memory=["rules", other]).fit(HISTORIES)


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        (["rulez"], "Did you mean 'rules'"),
        (["auto"], "one or a list of 'rules', .* Got 'auto'"),
    ],
)
def test_a_wrong_memory_in_a_list_is_told_what_there_is(memory, message):
    with pytest.raises(ValueError, match=message):
        small_recommender(memory=memory).fit(HISTORIES)


def test_votes_are_for_one_item_a_row(fitted):
    best = fitted.predict(HISTORIES)
    with pytest.raises(ValueError, match=r"items must be one .* predict\(X\)\[:, 0"):
        fitted.memory_votes(HISTORIES, best)


def test_parameters_of_a_memory_are_checked_before_training(monkeypatch):
    monkeypatch.setattr(AttentionSequenceRecommender, "_train", None)
    model = small_recommender(memory=[SequentialRulesRecommender(decay=-1.0)])
    with pytest.raises(ValueError, match=r"'decay' parameter .* Got -1.0"):
        model.fit(HISTORIES)


def test_an_empty_history_gets_popular_items(fitted):
    counts = fitted.item_counts_
    first = fitted.predict([[]], top_k=1)[0, 0]
    assert counts[fitted.items_ == first] == counts.max()
