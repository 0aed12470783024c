import numpy as np
import pytest

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators import _neighbour_sessions
from seqrec.estimators._stan import STANRecommender
from seqrec.persistence import load_model, save_model
from tests.histories import ordered_histories

LOG = [["a", "b", "c", "a"], ["b", "d"], ["a", "d", "e"]]
E = np.exp


def fade(distance, scale):
    return 1.0 if scale is None else E(-distance / scale)


def slow_scores(sessions, ends, history, end, n_items, *, lambdas, n_neighbors, n):
    """Score items 0 to n_items - 1 as the formula says, session by session."""
    recent = history[::-1][:n]
    back = {item: recent.index(item) for item in recent}
    found = []
    for number, session in enumerate(sessions):
        shared = sorted({item for item in session if item in back}, key=back.get)
        if shared:
            weights = [fade(back[item], lambdas[0]) for item in shared]
            similarity = sum(weights) / np.sqrt(len(set(session)))
            age = 0.0 if end is None else max(end - ends[number], 0.0)
            found.append([similarity, age, number, shared[0]])
    youngest = min((age for _, age, *_ in found), default=0.0)
    found = [
        (round(similarity * fade(age - youngest, lambdas[1]), 12), number, item)
        for similarity, age, number, item in found
    ]
    scores = np.zeros(n_items)
    for similarity, number, last in sorted(found, reverse=True)[:n_neighbors]:
        places = {item: place for place, item in enumerate(sessions[number])}
        for item, place in places.items():
            scores[item] += similarity * fade(abs(place - places[last]), lambdas[2])
    return scores


def timed(lists, ends, n_items):
    """Make sequences whose rows end at the given times; events are a second apart."""
    rows = Sequences.from_lists(lists, items=range(n_items))
    back = np.repeat(rows.stops, rows.lengths) - 1 - np.arange(len(rows.codes))
    return Sequences(
        rows.codes,
        rows.starts,
        rows.stops,
        vocabulary=rows.vocabulary,
        times=np.repeat(np.asarray(ends, dtype=np.float64), rows.lengths) - back,
    )


def random_log(rng, n, n_items=12):
    return [rng.integers(n_items, size=rng.integers(1, 9)).tolist() for _ in range(n)]


def test_scores_are_those_of_the_formula():
    model = STANRecommender(lambda_1=2.0, lambda_3=4.0).fit(LOG)
    scores = model.decision_function([["a", "b"], ["c"]])
    first = (1 + E(-0.5)) / 3**0.5  # b at 2, c at 3, a at 4
    second = 1 / 2**0.5  # b, d
    third = E(-0.5) / 3**0.5  # a, d, e
    expected = [
        first * E(-0.5) + third,
        first + second,
        first * E(-0.25),
        second * E(-0.25) + third * E(-0.25),
        third * E(-0.5),
    ]
    np.testing.assert_allclose(scores[0], expected, atol=1e-8)
    expected = np.array([E(-0.25), E(-0.25), 1, 0, 0]) / 3**0.5
    np.testing.assert_allclose(scores[1], expected, atol=1e-8)


def test_older_sessions_count_less():
    log = timed([[0, 1], [0, 2], [0, 3]], [100, 160, 500], 4)
    model = STANRecommender(lambda_2=60.0, lambda_3=None, exclude_seen=True).fit(log)
    now = timed([[0]], [200], 4)
    # 100, 40 and (it ended later) 0 seconds old.
    expected = np.array([E(-100 / 60) + E(-40 / 60) + 1, E(-100 / 60), E(-40 / 60), 1])
    np.testing.assert_allclose(
        model.decision_function(now)[0], expected / 2**0.5, atol=1e-8
    )


def test_ages_count_from_the_youngest_candidate():
    log = timed([[0, 1], [0, 2], [3, 2]], [100, 160, 1e6], 4)
    model = STANRecommender(lambda_2=60.0, lambda_3=None).fit(log)
    scores = model.decision_function(timed([[0], [0]], [200, 1e6], 4))
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-12)
    assert scores[1, 2] == pytest.approx(1 / 2**0.5)


def test_a_history_without_times_is_asked_at_the_end_of_the_log():
    log = timed([[0, 1], [0, 2], [3, 2]], [100, 160, 170], 4)
    model = STANRecommender(lambda_2=60.0).fit(log)
    np.testing.assert_array_equal(
        model.decision_function([[0], [3, 0]]),
        model.decision_function(timed([[0], [3, 0]], [170, 170], 4)),
    )


def test_recency_plays_no_part_without_times():
    lists = [[0, 1], [0, 2], [3, 2]]
    plain = STANRecommender().fit(lists)
    model = STANRecommender(lambda_2=1e-3).fit(lists)
    now = timed([[0, 3]], [50], 4)
    np.testing.assert_array_equal(
        model.decision_function(now), plain.decision_function(now)
    )
    model.partial_fit(timed([[1, 3]], [50], 4))  # one part of the log has times
    plain.partial_fit(timed([[1, 3]], [50], 4))
    np.testing.assert_array_equal(
        model.decision_function(now), plain.decision_function(now)
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("lambdas", "n_neighbors", "n"),
    [
        ((2.0, None, 4.0), 200, 20),
        ((1.0, 30.0, 2.0), 4, None),
        ((None, 50.0, None), 3, 4),
        ((None, None, 1.0), 2, 1),
    ],
)
def test_scores_equal_those_of_a_plain_loop(seed, lambdas, n_neighbors, n):
    rng = np.random.default_rng(seed)
    sessions, histories = random_log(rng, 40), random_log(rng, 20)
    ends = np.sort(rng.integers(100, size=40))
    now = rng.integers(120, size=20)
    model = STANRecommender(
        lambda_1=lambdas[0],
        lambda_2=lambdas[1],
        lambda_3=lambdas[2],
        n_neighbors=n_neighbors,
        history_length=n,
    ).fit(timed(sessions, ends, 12))
    params = {"lambdas": lambdas, "n_neighbors": n_neighbors, "n": n}
    expected = [
        slow_scores(sessions, ends, history, end, 12, **params)
        for history, end in zip(histories, now, strict=True)
    ]
    scores = model.decision_function(timed(histories, now, 12))
    np.testing.assert_allclose(scores, expected, atol=1e-8)


def test_blocks_keep_the_times_of_their_rows(monkeypatch):
    rng = np.random.default_rng(0)
    log = timed(random_log(rng, 40), rng.integers(100, size=40), 12)
    model = STANRecommender(lambda_2=20.0).fit(log)
    at_once = model.decision_function(log)
    monkeypatch.setattr(_neighbour_sessions, "_PAIR_BLOCK", 60)
    np.testing.assert_array_equal(model.decision_function(log), at_once)


def test_repeated_items_count_at_their_last_event():
    model = STANRecommender(exclude_seen=True).fit([["a", "b", "b", "c", "a"]])
    scores = model.decision_function([["b"]])[0]
    np.testing.assert_allclose(
        scores, np.array([E(-0.5), 1, E(-0.25)]) / 3**0.5, atol=1e-8
    )
    np.testing.assert_array_equal(
        model.decision_function([["c", "b", "b", "c"]]),
        model.decision_function([["b", "c"]]),
    )


def test_items_without_a_vote_stand_by_popularity():
    model = STANRecommender(top_k=4, exclude_seen=False)
    model.fit([["a", "b"], ["c", "d", "d"], ["d"]])
    assert model.predict([["b"]]).tolist() == [["b", "a", "d", "c"]]


def test_a_user_who_asks_with_her_own_session_gets_other_items():
    model = STANRecommender(n_neighbors=2, exclude_seen=True, top_k=1).fit(LOG)
    assert model.predict([LOG[1]]).tolist() == [["a"]]


def test_targets_end_their_sessions():
    model = STANRecommender().fit([["a", "b"], ["a"], []], ["c", "b", "a"])
    expected = STANRecommender().fit([["a", "b", "c"], ["a", "b"]])
    np.testing.assert_array_equal(
        model.session_places_.toarray(), expected.session_places_.toarray()
    )


def test_samples_of_every_event_learn_what_the_sequences_do():
    lists = ordered_histories(30)
    sequences = timed(lists, np.arange(30) * 7 % 30, 120)
    X, y, _ = next_item_samples(sequences)
    of_samples = STANRecommender(lambda_2=5.0).fit(X, y)
    of_sequences = STANRecommender(lambda_2=5.0).fit(sequences)
    np.testing.assert_array_equal(
        of_samples.session_times_, of_sequences.session_times_
    )
    np.testing.assert_allclose(
        of_samples.decision_function(sequences),
        of_sequences.decision_function(sequences),
        atol=1e-8,
    )


def test_a_saved_model_ranks_as_before(tmp_path):
    model = STANRecommender(top_k=3).fit(LOG)
    save_model(tmp_path / "model.joblib", model)
    again = load_model(tmp_path / "model.joblib")
    assert again.predict(LOG).tolist() == model.predict(LOG).tolist()
    again.partial_fit([["e", "b"]])
    assert again.session_places_.shape == (4, 5)


def test_what_stands_near_is_learned_and_a_shuffled_log_is_not():
    scores = {}
    for shuffled in (False, True):
        log = Sequences.from_lists(ordered_histories(200, 40, 8, shuffled=shuffled))
        scores[shuffled] = STANRecommender().fit(log.drop_last()).score(log)
    assert scores[False] > 0.4
    assert scores[True] < 0.15  # 40 items at random: 0.11


@pytest.mark.parametrize(
    "params",
    [
        {"lambda_1": 0},
        {"lambda_2": -1.0},
        {"lambda_3": 0.0},
        {"n_neighbors": None},
        {"history_length": 0},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_errors(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"'{name}' parameter of STAN"):
        STANRecommender(**params).fit(LOG)
