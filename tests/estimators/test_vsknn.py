import numpy as np
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators._vsknn import VSKNNRecommender
from seqrec.persistence import load_model, save_model
from tests.histories import ordered_histories

LOG = [["a", "b", "c", "a"], ["b", "d"], ["a", "d", "e"]]
DECAYS = {
    "linear": lambda j, n: 1 - j / n,
    "quadratic": lambda j, n: (1 - j / n) ** 2,
    "harmonic": lambda j, n: 1 / (1 + j),
    None: lambda j, n: 1.0,
}


def slow_scores(sessions, history, n_items, *, n_neighbors, n_candidates, decays, n):
    """Score items 0 to n_items - 1 as the formula says, session by session."""
    decay, vote_decay = (DECAYS[kind] for kind in decays)
    recent = history[::-1][:n]
    back = {item: recent.index(item) for item in recent}
    found = []
    for number in reversed(range(len(sessions))):
        shared = [back[item] for item in set(sessions[number]) & set(back)]
        if shared and len(found) < (n_candidates or len(sessions)):
            size = len(set(sessions[number]))
            similarity = sum(
                decay(j, n) / np.sqrt(size) for j in sorted(shared, reverse=True)
            )
            found.append((round(similarity, 12), number, vote_decay(min(shared), n)))
    scores = np.zeros(n_items)
    for similarity, number, weight in sorted(found, reverse=True)[:n_neighbors]:
        scores[list(set(sessions[number]))] += similarity * weight
    return scores


def random_log(rng, n, n_items=12):
    return [rng.integers(n_items, size=rng.integers(1, 9)).tolist() for _ in range(n)]


def fit_numbers(model, sessions, n_items=12):
    return model.fit(Sequences.from_lists(sessions, items=range(n_items)))


def test_scores_are_those_of_the_formula():
    model = VSKNNRecommender(history_length=2, vote_decay=None).fit(LOG)
    scores = model.decision_function([["a", "b"], ["e", "a", "b"], ["b"]])
    first, second, third = 1.5 / 3**0.5, 1 / 2**0.5, 0.5 / 3**0.5
    expected = [first + third, first + second, first, second + third, third]
    np.testing.assert_allclose(scores[:2], [expected, expected], atol=1e-8)
    first, second = 1 / 3**0.5, 1 / 2**0.5
    expected = [first, first + second, first, second, 0]
    np.testing.assert_allclose(scores[2], expected, atol=1e-8)


def test_a_session_votes_less_the_further_back_the_last_shared_item_is():
    alike = VSKNNRecommender(vote_decay=None).fit(LOG)
    model = VSKNNRecommender().fit(LOG)  # harmonic
    # The first session holds c, the third one a alone, which has one event after it.
    scores = model.decision_function([["a", "c"]])[0]
    before = alike.decision_function([["a", "c"]])[0]
    np.testing.assert_allclose(scores[[2, 4]], before[[2, 4]] * [1, 0.5], atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("n_neighbors", "n_candidates", "decays", "n"),
    [
        (100, None, ("linear", "harmonic"), 5),
        (3, None, ("harmonic", None), 20),
        (3, 6, ("quadratic", "linear"), 4),
        (2, 2, ("linear", "quadratic"), 1),
    ],
)
def test_scores_equal_those_of_a_plain_loop(seed, n_neighbors, n_candidates, decays, n):
    rng = np.random.default_rng(seed)
    sessions, histories = random_log(rng, 40), random_log(rng, 20)
    model = VSKNNRecommender(
        n_neighbors=n_neighbors,
        n_candidates=n_candidates,
        decay=decays[0],
        vote_decay=decays[1],
        history_length=n,
    )
    scores = fit_numbers(model, sessions).decision_function(histories)
    params = {"n_neighbors": n_neighbors, "n_candidates": n_candidates}
    expected = [
        slow_scores(sessions, history, 12, decays=decays, n=n, **params)
        for history in histories
    ]
    np.testing.assert_allclose(scores, expected, atol=1e-8)


def test_candidates_are_the_sessions_that_ended_last():
    codes = np.array([1, 2, 1, 3, 1, 4])
    times = np.array([0, 30, 0, 10, 0, 20.0])
    catalogue = Sequences.from_lists([["a", "b", "c", "d"]]).vocabulary
    log = Sequences(codes, [0, 2, 4], [2, 4, 6], vocabulary=catalogue, times=times)
    model = VSKNNRecommender(n_candidates=2, exclude_seen=True).fit(log)
    assert model.session_times_.tolist() == [10, 20, 30]
    assert (model.decision_function([["a"]])[0] > 0.1).tolist() == [1, 1, 0, 1]


def test_repeated_items_count_once():
    plain = VSKNNRecommender(exclude_seen=True).fit([["a", "b"], ["b", "c", "d"]])
    repeated = VSKNNRecommender(exclude_seen=True)
    repeated.fit([["a", "a", "b", "a", "b"], ["c", "b", "b", "c", "d"]])
    # Popularity orders ties alone.
    np.testing.assert_allclose(
        repeated.decision_function([["b"], ["c"]]),
        plain.decision_function([["b"], ["c"]]),
        atol=1e-8,
    )
    # In a history the last event of an item is the one that counts.
    scores = plain.decision_function([["b", "a", "b"], ["b", "a", "b", "b"]])
    np.testing.assert_allclose(scores[:, 0] * 2**0.5, [1 + 0.8, 1 + 0.6], atol=1e-8)


def test_items_without_a_vote_stand_by_popularity():
    model = VSKNNRecommender(top_k=4, exclude_seen=False)
    model.fit([["a", "b"], ["c", "d", "d"], ["d"]])
    assert model.predict([["b"]]).tolist() == [["a", "b", "d", "c"]]


def test_a_user_who_asks_with_her_own_session_gets_other_items():
    model = VSKNNRecommender(n_neighbors=2, exclude_seen=True, top_k=1).fit(LOG)
    assert model.predict([LOG[1]]).tolist() == [["a"]]


def test_targets_end_their_sessions():
    model = VSKNNRecommender().fit([["a", "b"], ["a"], []], ["c", "b", "a"])
    expected = VSKNNRecommender().fit([["a", "b", "c"], ["a", "b"]])
    np.testing.assert_array_equal(
        model.session_places_.toarray(), expected.session_places_.toarray()
    )


def test_samples_of_every_event_learn_what_the_sequences_do():
    sequences = Sequences.from_lists(ordered_histories(30))
    X, y, _ = next_item_samples(sequences)
    np.testing.assert_allclose(
        VSKNNRecommender().fit(X, y).decision_function(sequences),
        VSKNNRecommender().fit(sequences).decision_function(sequences),
        atol=1e-8,
    )


def test_a_saved_model_ranks_as_before(tmp_path):
    model = VSKNNRecommender(top_k=3).fit(LOG)
    save_model(tmp_path / "model.joblib", model)
    again = load_model(tmp_path / "model.joblib")
    assert again.predict(LOG).tolist() == model.predict(LOG).tolist()
    again.partial_fit([["e", "b"]])
    assert again.session_places_.shape == (4, 5)


def test_what_goes_together_is_learned_and_a_shuffled_log_is_not():
    scores = {}
    for shuffled in (False, True):
        log = Sequences.from_lists(ordered_histories(200, 40, 8, shuffled=shuffled))
        scores[shuffled] = VSKNNRecommender().fit(log.drop_last()).score(log)
    assert scores[False] > 0.3
    assert scores[True] < 0.15  # 40 items at random: 0.11


@pytest.mark.parametrize(
    "params",
    [
        {"n_neighbors": 0},
        {"n_candidates": 0},
        {"decay": None},
        {"vote_decay": "none"},
        {"history_length": None},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_errors(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"'{name}' parameter of VSKNN"):
        VSKNNRecommender(**params).fit(LOG)
