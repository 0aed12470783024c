import pickle

import numpy as np
import pytest

from seqrec.estimators._batching import TrainingSet
from seqrec.estimators._inputs import as_sequences
from seqrec.estimators._repeats import Repeats
from tests.estimators.test_memory import random_rows, whole_batch
from tests.histories import ordered_histories, small_recommender

# Who has done something does it again two events later: a b a b a b ...
TURNS = [[1 + user % 9, 10 + user % 7] * 4 for user in range(60)]


def repeating(**params):
    return small_recommender(**{"repeat_bias": True, **params})


def votes_by_hand(row, step, n_items):
    votes = np.zeros(n_items)
    for back in range(min(20, step + 1)):
        votes[row[step - back]] += 0.7**back
    return votes


@pytest.mark.parametrize("is_sampled", [True, False])
def test_events_vote_for_their_own_items(is_sampled):
    rows = [*random_rows(), [1, 2] * 15]
    sequences = as_sequences(rows, None, "test")
    data = TrainingSet.from_sequences(sequences, None, 100)
    where, positions = whole_batch(data)
    negatives = np.array([1, 7, 3, 3, 8]) if is_sampled else None
    targets = data.targets[where.ravel()[positions]]
    found = Repeats().training_votes(data, where, positions, targets, negatives)
    rows = [row for row in rows if len(row) > 1]
    for votes, position in zip(found, positions, strict=True):
        row, step = divmod(position, where.shape[1])
        items = sequences.vocabulary.encode(rows[row]) - 1
        wanted = votes_by_hand(items, step, sequences.n_items)
        if is_sampled:
            wanted = wanted[[items[step + 1], *(negatives - 1)]]
        np.testing.assert_allclose(votes, wanted, atol=1e-6)


def test_votes_in_training_and_after_agree():
    sequences = as_sequences([[1, 2, 1, 3]], None, "test")
    data = TrainingSet.from_sequences(sequences, None, 100)
    where, positions = whole_batch(data)
    targets = data.targets[where.ravel()[positions]]
    training = Repeats().training_votes(data, where, positions, targets)
    histories = as_sequences([[1], [1, 2], [1, 2, 1]], sequences.vocabulary, "test")
    np.testing.assert_allclose(training, Repeats().votes(histories).toarray())


# ---------------------------------------------------------------------- the recommender
@pytest.mark.parametrize("loss", ["softmax", "sampled_softmax", "bpr"])
def test_scores_are_those_of_the_network_and_the_bonus(loss):
    model = repeating(loss=loss).fit(TURNS)
    assert model.repeats_
    with_bonus = model.decision_function(TURNS)
    weight = model.net_.module_.memory
    model.repeats_ = False
    alone = model.decision_function(TURNS)
    rows = as_sequences(TURNS, model.vocabulary_, "test")
    votes = Repeats().votes(rows).toarray()
    wanted = alone + weight.weight.item() * np.log1p(votes / weight.floor.item())
    np.testing.assert_allclose(with_bonus, wanted, rtol=1e-4, atol=1e-4)


def test_a_user_unlike_any_other_is_given_the_own_items_again():
    models = [
        repeating(repeat_bias=flag, max_epochs=6).fit(TURNS) for flag in (True, False)
    ]
    fresh = [[1 + user % 9, 16 - user % 7] * 3 for user in range(60)]
    shares = [
        np.mean([item in row for (item,), row in zip(found, fresh, strict=True)])
        for found in (model.predict(fresh, top_k=1) for model in models)
    ]
    assert shares[0] > shares[1]
    assert shares[0] > 0.9


def test_both_memories_have_their_own_weights():
    model = repeating(memory="rules").fit(TURNS)
    assert model.net_.module_.memory.weight.shape == (2,)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.decision_function(TURNS), model.decision_function(TURNS)
    )


def test_ranks_are_those_of_the_scores():
    model = repeating().fit(TURNS)
    scores = model.decision_function(TURNS)
    items = model.items_[np.argsort(-scores, axis=1)[:, 2]]
    assert np.mean(model._target_ranks(TURNS, items) == 3) > 0.9


def test_an_index_finds_repeats():
    model = repeating(retrieval="approximate").fit(TURNS)
    found = model.recommend(TURNS[:9], k=3)
    exact = model.set_params(retrieval="exact").recommend(TURNS[:9], k=3)
    assert found["item_id"].tolist() == exact["item_id"].tolist()


def test_partial_fit_and_early_stopping_keep_the_bonus():
    model = repeating(early_stopping=True).fit(TURNS)
    model.partial_fit(TURNS[:20])
    assert model.repeats_
    assert 0 <= model.score(TURNS) <= 1


@pytest.mark.parametrize(
    ("params", "rows"),
    [
        ({"repeat_bias": False}, TURNS),
        ({"exclude_seen": True}, TURNS),
        ({}, ordered_histories()),
        ({"exclude_seen": False}, ordered_histories()),
    ],
)
def test_no_bonus_where_it_has_no_place(params, rows):
    model = repeating(**params).fit(rows)
    assert not model.repeats_
    assert model.net_.module_.memory is None


@pytest.mark.parametrize(("loss", "has_bonus"), [("softmax", False), ("bpr", True)])
def test_auto_gives_it_with_losses_over_drawn_items(loss, has_bonus):
    assert small_recommender(loss=loss, max_epochs=1).fit(TURNS).repeats_ == has_bonus
