"""What all recommenders that count have in common."""

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from seqrec.data.sequences import Sequences
from seqrec.data.synthetic import generate_events
from seqrec.data.vocabulary import Vocabulary
from seqrec.data.windows import next_item_samples
from seqrec.estimators import _scoring
from seqrec.estimators._item_knn import ItemKNNRecommender
from seqrec.estimators._markov_chain import MarkovChainRecommender
from seqrec.estimators._popularity import PopularityRecommender
from seqrec.estimators._sequential_rules import SequentialRulesRecommender
from seqrec.estimators._stan import STANRecommender
from seqrec.estimators._vsknn import VSKNNRecommender
from seqrec.exceptions import UnknownItemsError

KINDS = [
    ItemKNNRecommender,
    MarkovChainRecommender,
    PopularityRecommender,
    SequentialRulesRecommender,
    STANRecommender,
    VSKNNRecommender,
]
LOOK_AT_HISTORY = [kind for kind in KINDS if kind is not PopularityRecommender]
BY_ITEMS = [ItemKNNRecommender, STANRecommender, VSKNNRecommender]  # hardly by order
BY_SESSIONS = [STANRecommender, VSKNNRecommender]
every_kind = pytest.mark.parametrize("kind", KINDS)
N_ITEMS = 40


def synthetic(order=0.9, n_users=400, shuffle=False, timed=True):
    """Make sequences of items 101 to 140, of which all occur."""
    user, item, time = generate_events(
        n_users, N_ITEMS, order=order, n_successors=2, random_state=0
    )
    if shuffle:
        item = np.random.default_rng(0).permutation(item)
    offsets = np.searchsorted(user, np.arange(1, n_users + 2))
    return Sequences(
        item,
        offsets[:-1],
        offsets[1:],
        vocabulary=Vocabulary(np.arange(101, 101 + N_ITEMS)),
        times=time.astype(np.float64) if timed else None,
    )


def learned(model):
    """Return the arrays that a model holds, sparse ones as dense ones."""
    arrays = {}
    for name, value in vars(model).items():
        value = value.toarray() if hasattr(value, "toarray") else value
        if isinstance(value, np.ndarray) and value.dtype != object:
            arrays[name] = value
    assert len(arrays) > 1
    return arrays


def assert_same_model(one, other):
    arrays, others = learned(one), learned(other)
    assert arrays.keys() == others.keys()
    for name, values in arrays.items():
        np.testing.assert_allclose(values, others[name], rtol=1e-6, err_msg=name)
    assert one.exclude_seen_ == other.exclude_seen_


@every_kind
def test_every_parameter_has_constraints_and_a_default(kind):
    parameters = inspect.signature(kind).parameters.values()
    assert {parameter.name for parameter in parameters} == set(
        kind._parameter_constraints
    )
    positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    assert len(positional) <= 2
    kind().fit(synthetic(n_users=20))


@pytest.mark.parametrize("kind", LOOK_AT_HISTORY)
def test_order_of_an_ordered_log_is_learned(kind):
    sequences = synthetic()
    popular = PopularityRecommender().fit(sequences.drop_last()).score(sequences)
    score = kind().fit(sequences.drop_last()).score(sequences)
    # Two successors of nine steps in ten: at best (1 + 1 / log2(3)) / 2 of 0.9.
    floor = 1.3 * popular if kind in BY_ITEMS else 0.6
    assert floor < score < 0.8


@pytest.mark.parametrize("kind", LOOK_AT_HISTORY)
def test_nothing_is_learned_from_a_shuffled_log(kind):
    sequences = synthetic(shuffle=True)
    popular = PopularityRecommender().fit(sequences.drop_last()).score(sequences)
    score = kind().fit(sequences.drop_last()).score(sequences)
    assert score < 1.1 * popular


@every_kind
def test_a_row_scores_the_same_alone_and_in_any_batch(kind, monkeypatch):
    sequences = synthetic()
    sequences = sequences[sequences.lengths > 1].drop_last()
    model = kind().fit(sequences)
    scores = model.decision_function(sequences)
    alone = [model.decision_function(sequences[[row]])[0] for row in range(50)]
    np.testing.assert_array_equal(scores[:50], alone)
    monkeypatch.setattr(_scoring, "_BLOCK", 7 * N_ITEMS)
    np.testing.assert_array_equal(model.decision_function(sequences), scores)


@every_kind
def test_scores_are_finite_floats_of_the_whole_catalogue(kind):
    sequences = synthetic()
    scores = kind().fit(sequences).decision_function(sequences)
    assert scores.shape == (len(sequences), N_ITEMS)
    assert scores.dtype.kind == "f"
    assert np.isfinite(scores).all()
    assert scores.min() >= 0


@every_kind
def test_input_is_not_changed(kind):
    sequences = synthetic()
    before = pickle.dumps(sequences)
    model = kind().fit(sequences)
    model.predict(sequences)
    model.partial_fit(sequences)
    assert pickle.dumps(sequences) == before


@every_kind
def test_refit_equals_fit(kind):
    sequences = synthetic()
    refit = kind().fit(sequences[:30]).fit(sequences)
    assert_same_model(refit, kind().fit(sequences))


@every_kind
def test_rows_in_another_order_learn_the_same(kind):
    sequences = synthetic()
    assert_same_model(kind().fit(sequences[::-1]), kind().fit(sequences))


@every_kind
def test_rows_given_twice_or_in_windows_count_once(kind):
    sequences = synthetic()
    prefixes = sequences.drop_last(2)
    both = Sequences(
        sequences.codes,
        np.concatenate([sequences.starts, prefixes.starts]),
        np.concatenate([sequences.stops, prefixes.stops]),
        vocabulary=sequences.vocabulary,
        times=sequences.times,
    )
    assert_same_model(kind().fit(both), kind().fit(sequences))


@pytest.mark.parametrize("kind", [MarkovChainRecommender, SequentialRulesRecommender])
def test_samples_of_every_event_learn_what_the_sequences_do(kind):
    sequences = synthetic()
    X, y, _ = next_item_samples(sequences)
    of_samples = kind().fit(X, y)
    arrays = learned(kind().fit(sequences))
    for name in ("transition_counts_", "rule_weights_"):
        if name in arrays:
            np.testing.assert_allclose(learned(of_samples)[name], arrays[name])


@every_kind
def test_partial_fit_on_two_halves_equals_fit(kind):
    sequences = synthetic()
    model = kind().partial_fit(sequences[:150])
    assert model.partial_fit(sequences[150:]) is model
    assert_same_model(model, kind().fit(sequences))


@every_kind
def test_partial_fit_on_two_halves_of_samples_equals_fit(kind):
    X, y, _ = next_item_samples(synthetic(), last=1)
    model = kind().partial_fit(X[:100], y[:100]).partial_fit(X[100:], y[100:])
    assert_same_model(model, kind().fit(X, y))


@every_kind
def test_partial_fit_takes_the_same_items_in_other_codes(kind):
    model = kind().fit([["a", "b", "c"], ["c", "a"]])
    model.partial_fit([["c", "b"]])
    expected = kind().fit([["a", "b", "c"], ["c", "a"], ["c", "b"]])
    assert_same_model(model, expected)
    model.partial_fit([["b"]], ["c"])
    expected.partial_fit(Sequences.from_lists([["b"]], items=["c", "b", "z"]), ["c"])
    assert_same_model(model, expected)


@every_kind
@pytest.mark.parametrize(
    ("X", "y"),
    [([["a", "x"], ["y"]], None), ([["a"], ["x"]], ["y", "b"])],
    ids=["events", "targets"],
)
def test_partial_fit_names_unknown_items(kind, X, y):
    model = kind().fit([["a", "b", "c"], ["c", "a"]])
    before = pickle.dumps(model)
    with pytest.raises(UnknownItemsError, match=r"got 2 items that .* 'x', 'y'"):
        model.partial_fit(X, y)
    assert pickle.dumps(model) == before


@every_kind
def test_partial_fit_keeps_the_decision_on_seen_items(kind):
    model = kind().fit([["a", "b", "c"], ["c", "a"]])
    assert model.exclude_seen_
    assert model.partial_fit([["b", "b", "b"]]).exclude_seen_


@every_kind
def test_pickle_gives_the_same_ranking(kind):
    sequences = synthetic()
    model = kind().fit(sequences)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(sequences), model.predict(sequences))


@every_kind
def test_clone_has_the_parameters_and_nothing_learned(kind):
    model = kind(top_k=3, exclude_seen=True).fit(synthetic())
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "vocabulary_")


@every_kind
def test_empty_histories_get_the_most_popular_items(kind):
    sequences = synthetic()
    model = kind(top_k=5).fit(sequences)
    counts = np.bincount(sequences.codes, minlength=N_ITEMS + 1)[1:]
    popular = model.items_[np.argsort(-counts, kind="stable")[:5]]
    found = model.predict([[], [101, 102], [999]])
    np.testing.assert_array_equal(found[[0, 2]], [popular, popular])


@every_kind
def test_seen_items_leave_the_ranking(kind):
    sequences = synthetic().last(20)  # of 40 items
    found = kind(exclude_seen=True).fit(sequences).predict(sequences[:50])
    for row, items in enumerate(found):
        assert not set(items) & set(sequences[row])
    stay = kind(exclude_seen=False).fit(sequences).predict(sequences[:50])
    assert any(set(items) & set(sequences[row]) for row, items in enumerate(stay))


@every_kind
def test_more_items_than_the_catalogue_is_an_error(kind):
    model = kind().fit(synthetic())
    with pytest.raises(ValueError, match="top_k=41 is more than the 40 items"):
        model.predict([[101]], top_k=41)


@every_kind
def test_lists_and_sequences_give_the_same(kind):
    sequences = synthetic(timed=False)
    of_lists = kind().fit(sequences.to_lists())
    of_sequences = kind().fit(sequences)
    assert_same_model(of_lists, of_sequences)
    np.testing.assert_array_equal(
        of_lists.predict(sequences.to_lists()), of_sequences.predict(sequences)
    )


@every_kind
def test_single_events_are_enough_to_fit(kind):
    model = kind(top_k=2, exclude_seen=False).fit([["a"], ["a"], ["b"]])
    assert model.predict([[]]).tolist() == [["a", "b"]]
    assert model.predict([["b"]]).shape == (1, 2)


@every_kind
def test_fit_with_targets_ranks_what_it_was_shown(kind):
    X = [["a"], ["a"], ["b"], ["b"], ["c"]]
    # Sessions vote for what they share with a history as well.
    model = kind(top_k=1, exclude_seen=kind in BY_SESSIONS)
    model.fit(X, ["c", "c", "d", "d", "c"])
    expected = "c" if kind is PopularityRecommender else "d"
    assert model.predict([["b"]]).tolist() == [[expected]]
    assert model.predict([["a"]]).tolist() == [["c"]]
