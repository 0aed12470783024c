import pickle

import numpy as np
import pytest
from sklearn.base import clone

from seqrec import (
    AttentionSequenceRecommender,
    SequentialRulesRecommender,
    next_item_samples,
)
from seqrec.estimators import _item_index
from seqrec.estimators._batching import TrainingSet, padded_positions
from seqrec.estimators._inputs import as_sequences
from seqrec.estimators._memory import Memory, merge_voted, remember
from seqrec.exceptions import UnknownItemsError
from tests.histories import ordered_histories, small_recommender

HISTORIES = ordered_histories()


def random_rows(seed=0, n_items=9):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 14, 30)
    return [rng.integers(1, n_items, size).tolist() for size in lengths]


def whole_batch(data):
    """Return events (B, T) of all rows as one batch, and where targets are."""
    where, real = padded_positions(data.offsets[:-1], np.diff(data.offsets))
    return where, np.flatnonzero(np.where(real, data.targets[where], 0).ravel())


def votes_without_own(rules, row, step):
    """Return the votes after a step, the pairs across it taken out one by one."""
    counts = rules.rule_weights_.toarray()
    totals = counts.sum(axis=1) + rules.shrink
    votes = np.zeros(len(counts))
    length = rules.history_length or len(row)
    for back in range(min(length, step + 1)):
        item = row[step - back]
        own = counts[item].copy()
        for gap in range(1, rules.max_gap + 1):
            later = step - back + gap
            if later > step and later < len(row):
                own[row[later]] -= 1.0 / gap
        votes += rules.decay**back * own / totals[item]
    return np.maximum(votes, 0.0)


@pytest.mark.parametrize("options", [{}, {"history_length": 3}, {"max_gap": 2}])
@pytest.mark.parametrize("is_sampled", [True, False])
def test_a_target_gets_no_vote_from_its_own_pairs(options, is_sampled):
    sequences = as_sequences(random_rows(), None, "test")
    rules = SequentialRulesRecommender(**options).fit(sequences)
    data = TrainingSet.from_sequences(sequences, None, 100)
    where, positions = whole_batch(data)
    negatives = np.array([1, 7, 3, 3, 8]) if is_sampled else None
    targets = data.targets[where.ravel()[positions]]
    found = Memory(rules).training_votes(data, where, positions, targets, negatives)
    rows = [row for row in random_rows() if len(row) > 1]
    for votes, position in zip(found, positions, strict=True):
        row, step = divmod(position, where.shape[1])
        items = sequences.vocabulary.encode(rows[row]) - 1
        wanted = votes_without_own(rules, items, step)
        if is_sampled:
            wanted = wanted[[items[step + 1], *(negatives - 1)]]
        np.testing.assert_allclose(votes, wanted, atol=1e-6)


def test_given_targets_are_taken_out_like_next_events():
    X, y, _ = next_item_samples(as_sequences([[1, 2, 3, 4]], None, "test"))
    rules = SequentialRulesRecommender().fit(X, y)
    targets = X.vocabulary.encode(y)
    data = TrainingSet.from_sequences(X, targets, 100)
    where, positions = whole_batch(data)
    targets = data.targets[where.ravel()[positions]]
    votes = Memory(rules).training_votes(data, where, positions, targets)
    later = np.triu(votes[:, 1:])  # what is still to come after each step
    np.testing.assert_allclose(later, 0.0, atol=1e-7)  # all such pairs are its own


def test_left_in_own_pairs_would_give_the_target_away():
    sequences = as_sequences(random_rows(), None, "test")
    rules = SequentialRulesRecommender().fit(sequences)
    data = TrainingSet.from_sequences(sequences, None, 100)
    where, positions = whole_batch(data)
    memory = Memory(rules)
    left_in = memory._running(data.codes[where] - 1, None)[positions]
    targets = data.targets[where.ravel()[positions]]
    taken_out = memory.training_votes(data, where, positions, targets)
    own = targets - 1
    rows = np.arange(len(own))
    assert (left_in[rows, own] > taken_out[rows, own]).all()


def test_votes_in_training_and_after_agree_where_nothing_is_taken_out():
    sequences = as_sequences(random_rows(), None, "test")
    rules = SequentialRulesRecommender().fit(random_rows(1))
    memory = Memory(rules)
    data = TrainingSet.from_sequences(sequences, None, 100)
    where, positions = whole_batch(data)
    running = memory._running(data.codes[where] - 1, None)[positions]
    events = where.ravel()[positions]
    starts = data.offsets[:-1].repeat(np.diff(data.offsets))[events]
    rows = [data.codes[a : b + 1].tolist() for a, b in zip(starts, events, strict=True)]
    ids = [sequences.items[np.array(row) - 1].tolist() for row in rows]
    histories = as_sequences(ids, sequences.vocabulary, "test")
    after = memory.votes(histories).toarray()
    np.testing.assert_allclose(running, after, atol=1e-6)


def test_the_events_votes_add_up_to_those_of_the_row():
    rules = SequentialRulesRecommender(history_length=4).fit(random_rows())
    memory = Memory(rules)
    rows = as_sequences(random_rows(2), rules.vocabulary_, "test")
    columns = np.arange(len(rows)) % rules.n_items_
    parts = np.split(memory.event_votes(rows, columns), np.cumsum(rows.lengths)[:-1])
    whole = memory.votes(rows).toarray()[np.arange(len(rows)), columns]
    np.testing.assert_allclose([part.sum() for part in parts], whole, atol=1e-6)


def test_remembering_more_leaves_the_rules_given_as_they_were():
    sequences = as_sequences(random_rows(), None, "test")
    first = remember(SequentialRulesRecommender(), sequences[:10], None)
    before = first.rule_weights_.toarray()
    both = remember(first, sequences[10:], None)
    np.testing.assert_array_equal(first.rule_weights_.toarray(), before)
    at_once = SequentialRulesRecommender().fit(sequences)
    np.testing.assert_allclose(
        both.rule_weights_.toarray(), at_once.rule_weights_.toarray()
    )


# ---------------------------------------------------------------------- the recommender
@pytest.fixture(scope="module")
def fitted():
    return small_recommender(memory="rules", random_state=0).fit(HISTORIES)


@pytest.mark.parametrize("loss", ["softmax", "sampled_softmax", "bpr"])
def test_scores_are_those_of_the_network_and_the_votes(loss):
    model = small_recommender(memory="rules", loss=loss, random_state=0, max_epochs=1)
    model.fit(HISTORIES)
    with_votes = model.decision_function(HISTORIES)
    module = model.net_.module_
    rules, model.memory_ = model.memory_, None
    alone = model.decision_function(HISTORIES)
    rows = as_sequences(HISTORIES, model.vocabulary_, "test").last(model.max_length)
    votes = Memory(rules).votes(rows).toarray()
    weight, floor = module.memory.weight.item(), module.memory.floor.item()
    wanted = alone + weight * np.log1p(votes / floor)
    np.testing.assert_allclose(with_votes, wanted, rtol=1e-4, atol=1e-4)
    assert weight != pytest.approx(0.5, abs=1e-6)  # it has learned


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


def test_voted_items_are_merged_in_the_order_of_their_scores():
    weight = np.eye(4, dtype=np.float32)
    queries = np.array([[4, 3, 2, 1]], dtype=np.float32)
    rules = Memory(SequentialRulesRecommender().fit([[1, 2, 3, 4]]))
    offsets = rules.table[[0]]
    offsets = offsets * 0
    offsets.data[:] = [0.5, 5.0, 0.0][: len(offsets.data)]
    codes, scores = merge_voted(
        queries,
        weight,
        None,
        np.array([[1, 2]]),
        np.array([[4, 3]], dtype=np.float32),
        offsets,
    )
    assert codes.tolist() == [[3, 1, 2, 4]]
    assert scores.tolist() == [[7.0, 4.0, 3.5, 1.0]]


def test_it_says_which_events_voted(fitted):
    items = fitted.predict(HISTORIES, top_k=1)[:, 0]
    votes, mask = fitted.memory_votes(HISTORIES, items)
    assert votes.shape == mask.shape
    assert (votes[~mask] == 0).all()
    assert (votes >= 0).all()
    assert votes.sum() > 0


def test_a_model_without_memory_has_no_votes_to_show():
    model = small_recommender(max_epochs=1).fit(HISTORIES)
    with pytest.raises(ValueError, match="Fit with memory='rules'"):
        model.memory_votes(HISTORIES[:1], [HISTORIES[0][0]])


def test_votes_for_an_unknown_item_are_refused(fitted):
    with pytest.raises(UnknownItemsError, match=r"got 1 items .* catalogue"):
        fitted.memory_votes(HISTORIES[:1], ["no such item"])


def test_partial_fit_remembers_further_sequences(fitted):
    model = clone(fitted)
    model.partial_fit(HISTORIES)
    before = model.memory_.rule_weights_.sum()
    model.partial_fit(HISTORIES[:5])
    added = SequentialRulesRecommender().fit(HISTORIES[:5]).rule_weights_.sum()
    assert model.memory_.rule_weights_.sum() == pytest.approx(before + added)


def test_a_failed_partial_fit_forgets_what_it_remembered(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    before = model.memory_.rule_weights_.sum()
    model.set_params(device="cuda:99")
    with pytest.raises(ValueError, match="cuda:99"):
        model.partial_fit(HISTORIES[:5])
    assert model.memory_.rule_weights_.sum() == before


def test_held_out_events_are_remembered_in_the_end():
    model = small_recommender(
        memory="rules", max_epochs=1, early_stopping=True, validation_fraction=0.5
    ).fit(HISTORIES)
    all_of_it = SequentialRulesRecommender().fit(HISTORIES).rule_weights_.sum()
    assert model.memory_.rule_weights_.sum() == pytest.approx(all_of_it)


def test_rules_of_ones_own_can_be_searched_over():
    model = small_recommender(memory=SequentialRulesRecommender(decay=0.2))
    model.set_params(memory__decay=0.4, max_epochs=1)
    copy = clone(model).fit(HISTORIES)
    assert copy.memory_.decay == 0.4
    assert not hasattr(copy.memory, "rule_weights_")  # the one given stays unfitted


def test_a_saved_model_remembers(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(
        again.decision_function(HISTORIES), fitted.decision_function(HISTORIES)
    )


def test_a_wrong_memory_is_refused():
    with pytest.raises(ValueError, match=r"'memory' parameter .* Got 'rule'"):
        AttentionSequenceRecommender(memory="rule").fit(HISTORIES)


def test_an_empty_history_gets_popular_items(fitted):
    counts = fitted.item_counts_
    first = fitted.predict([[]], top_k=1)[0, 0]
    assert counts[fitted.items_ == first] == counts.max()
