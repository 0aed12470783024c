"""The warning of a score on what was learned from, under splitters good and bad."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)

from seqrec.data.sequences import Sequences
from seqrec.data.windows import next_item_samples
from seqrec.estimators import (
    ItemKNNRecommender,
    MarkovChainRecommender,
    PopularityRecommender,
    SequentialRulesRecommender,
    STANRecommender,
    VotingRecommender,
    VSKNNRecommender,
)
from seqrec.estimators._leak_check import LearnedEvents
from seqrec.exceptions import DataWarning
from seqrec.model_selection import (
    LeaveLastOut,
    NewUserSplit,
    RollingWindow,
    TemporalSplit,
)
from seqrec.preprocessing import SequenceEncoder
from tests.histories import as_columns, ordered_histories, small_recommender

LEAK = "tested targets are events of histories that .* has learned from"
LOG = pd.DataFrame(as_columns(ordered_histories()))
LOG["timestamp"] = 7 * LOG["user_id"] + 60 * LOG.groupby("user_id").cumcount()
SAMPLES = next_item_samples(SequenceEncoder().fit_transform(LOG))
RECOMMENDERS = {
    "popularity": PopularityRecommender(),
    "markov chain": MarkovChainRecommender(),
    "rules": SequentialRulesRecommender(),
    "item knn": ItemKNNRecommender(),
    "vsknn": VSKNNRecommender(),
    "stan": STANRecommender(),
    "attention": small_recommender(max_epochs=1),
    "voting": VotingRecommender(
        [("rules", SequentialRulesRecommender()), ("chain", MarkovChainRecommender())],
        weights=[1, 1],
    ),
}
HONEST = {
    "leave last out": LeaveLastOut(3),
    "temporal": TemporalSplit(2),
    "temporal, first": TemporalSplit(2, targets="first"),
    "rolling": RollingWindow(2),
    "new users": NewUserSplit(3, random_state=0),
    "time series": TimeSeriesSplit(3),
    "groups": GroupKFold(3),
}


def groups(cv, X):
    """Return the users for a splitter that wants groups; others warn of them."""
    return X.users if isinstance(cv, GroupKFold) else None


def score(cv, recommender=None, samples=SAMPLES, **options):
    X, y, _ = samples
    model = PopularityRecommender() if recommender is None else recommender
    return cross_val_score(model, X, y, cv=cv, groups=groups(cv, X), **options)


def split_by_hand(cv=None):
    X, y, _ = SAMPLES
    cv = KFold(3, shuffle=True, random_state=0) if cv is None else cv
    train, test = next(cv.split(X, y))
    return (X[train], y[train]), (X[test], y[test])


# ---------------------------------------------------------------------- splitters
@pytest.mark.parametrize("recommender", RECOMMENDERS.values(), ids=RECOMMENDERS)
def test_shuffled_folds_of_samples_warn(recommender):
    cv = ShuffleSplit(1, test_size=0.3, random_state=0)
    with pytest.warns(DataWarning, match=LEAK):
        score(cv, recommender)


@pytest.mark.parametrize("recommender", RECOMMENDERS.values(), ids=RECOMMENDERS)
def test_later_targets_do_not_warn(recommender, recwarn):
    score(TimeSeriesSplit(2), recommender)
    assert not recwarn.list


@pytest.mark.parametrize("cv", HONEST.values(), ids=HONEST)
def test_honest_splitters_do_not_warn(cv, recwarn):
    score(cv)
    assert not recwarn.list


@pytest.mark.parametrize("cv", HONEST.values(), ids=HONEST)
@settings(max_examples=15)
@given(seed=st.integers(0, 99), ties=st.integers(1, 40))
def test_honest_splitters_do_not_warn_of_ties(cv, seed, ties):
    rng = np.random.default_rng(seed)
    columns = {
        "user_id": rng.integers(5, size=60),
        "item_id": rng.integers(6, size=60),
        "timestamp": rng.permutation(60) // ties,
    }
    log = pd.DataFrame(columns).drop_duplicates()
    samples = next_item_samples(SequenceEncoder().fit_transform(log))
    try:
        folds = list(cv.split(samples.X, samples.y, groups(cv, samples.X)))
    except ValueError:  # windows of time in which nobody is tested
        return
    for train, test in folds:
        assert LearnedEvents(samples.X[train]).count_leaks(samples.X[test]) == 0


def test_folds_in_order_of_time_warn_where_they_learn_from_what_is_later():
    with pytest.warns(DataWarning, match=LEAK) as caught:
        score(KFold(3))
    assert len(caught) == 2  # the last fold is the latest


def test_samples_without_times_are_checked_too():
    samples = next_item_samples(Sequences.from_lists(ordered_histories()))
    with pytest.warns(DataWarning, match=LEAK):
        score(KFold(2, shuffle=True, random_state=0), samples=samples)
    score(LeaveLastOut(), samples=samples)
    score(GroupKFold(2), samples=samples)


def test_one_sample_a_user_can_be_shuffled(recwarn):
    samples = next_item_samples(SequenceEncoder().fit_transform(LOG), last=1)
    score(KFold(3, shuffle=True, random_state=0), samples=samples)
    assert not recwarn.list


# ---------------------------------------------------------------------- by hand
def test_the_warning_counts_the_targets_and_points_at_the_caller():
    learned, tested = split_by_hand()
    model = PopularityRecommender().fit(*learned)
    X = tested[0]
    inside = sum(
        (learned[0].starts == X.starts[row])[learned[0].stops > X.stops[row]].any()
        for row in range(len(X))
    )
    message = (
        f"^{inside} of {len(X)} tested targets .* PopularityRecommender has learned"
    )
    with pytest.warns(DataWarning, match=message) as caught:
        model.score(*tested)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_the_score_of_the_training_data_does_not_warn(recwarn):
    (X, y), _ = split_by_hand()
    PopularityRecommender().fit(X, y).score(X, y)
    X, y, _ = SAMPLES
    cv = TimeSeriesSplit(2)
    cross_validate(PopularityRecommender(), X, y, cv=cv, return_train_score=True)
    assert not recwarn.list


def test_a_new_fit_forgets_the_last_one(recwarn):
    learned, tested = split_by_hand()
    model = PopularityRecommender().fit(*learned)
    learned, later = split_by_hand(TimeSeriesSplit(2))
    model.fit(*learned).score(*later)
    model.fit(SAMPLES.X).score(*tested)  # without y there are no targets to compare
    assert not recwarn.list


def test_learning_on_and_testing_what_comes_next_does_not_warn(recwarn):
    X, y, _ = SAMPLES
    for model in (PopularityRecommender(), small_recommender()):
        for start in range(0, 300, 100):
            piece = slice(start, start + 100)
            if start:
                model.score(X[piece], y[piece])
            model.partial_fit(X[piece], y[piece])
    assert not recwarn.list


def test_the_first_partial_fit_is_checked():
    learned, tested = split_by_hand()
    model = PopularityRecommender().partial_fit(*learned)
    with pytest.warns(DataWarning, match=LEAK):
        model.score(*tested)


def test_targets_that_are_not_in_the_columns_do_not_warn(recwarn):
    # Whole histories with what came after the log: each row ends where the next begins.
    X = SequenceEncoder().fit_transform(LOG)
    y = np.full(len(X), X.items[0])
    cross_val_score(PopularityRecommender(), X, y, cv=KFold(3, shuffle=True))
    assert not recwarn.list


def test_another_log_of_the_same_users_does_not_warn(recwarn):
    learned, _ = split_by_hand()
    model = PopularityRecommender().fit(*learned)
    others = next_item_samples(SequenceEncoder().fit_transform(LOG.copy()))
    model.score(others.X, others.y)
    assert not recwarn.list


def test_predictions_do_not_warn(recwarn):
    learned, tested = split_by_hand()
    PopularityRecommender().fit(*learned).predict(tested[0])
    assert not recwarn.list


# ---------------------------------------------------------------------- kept
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_what_is_pickled_keeps_no_trace(copied):
    learned, tested = split_by_hand()
    model = PopularityRecommender().fit(*learned)
    again = copied(model)
    again.score(*tested)
    without = PopularityRecommender().fit(SAMPLES.X)
    assert vars(again._learned_events) == vars(without._learned_events)
    with pytest.warns(DataWarning, match=LEAK):
        model.score(*tested)  # the one that was copied still knows


def test_columns_that_are_gone_are_no_other_columns():
    learned = LearnedEvents(Sequences.from_lists([list("abc")]))
    other = Sequences.from_lists([list("abc")])
    assert learned.count_leaks(other.drop_last()) == 0


def test_positions_by_hand():
    #          a  b  c  d | e  f
    sequences = Sequences.from_lists([list("abcd"), list("ef")])
    X, _, _ = next_item_samples(sequences)  # a>b, ab>c, abc>d, e>f
    for train, leaks in {
        (2,): [True, True, False, False],
        (1,): [True, False, False, False],
        (0,): [False, False, False, False],
        (0, 2): [False, True, False, False],
        (0, 1, 2, 3): [False, False, False, False],
    }.items():
        learned = LearnedEvents(X[np.array(train)])
        assert [learned.count_leaks(X[[row]]) for row in range(4)] == leaks
