import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqrec import Sequences
from seqrec.estimators._inputs import as_sequences
from seqrec.estimators._own_rules import OwnRules

rows_of_items = st.lists(
    st.lists(st.integers(1, 4), min_size=1, max_size=12), min_size=1, max_size=5
)


def votes_by_hand(row, n_items):
    """Return who votes for what: (n_events, n_items)."""
    votes = np.zeros((len(row), n_items))
    for back in range(min(5, len(row))):
        asks = len(row) - 1 - back
        for place in range(asks):
            if row[place] != row[asks]:
                continue
            for gap in (1, 2, 3):
                if place + gap < len(row):
                    say = 0.6**back * 0.5 ** abs(gap - (back + 1))
                    votes[asks, row[place + gap] - 1] += say
    return votes


@given(rows_of_items)
def test_votes_are_those_of_the_definition(rows):
    sequences = as_sequences([*rows, [1, 2, 3, 4]], None, "test")
    rules = OwnRules(100)
    by_hand = [votes_by_hand(row, 4) for row in sequences.to_lists()]
    whole = [votes.sum(axis=0) for votes in by_hand]
    np.testing.assert_allclose(rules.votes(sequences).toarray(), whole, rtol=1e-5)
    for column in range(4):
        asked = np.full(len(sequences), column)
        np.testing.assert_allclose(
            rules.event_votes(sequences, asked),
            np.concatenate([votes[:, column] for votes in by_hand]),
            rtol=1e-5,
        )


def test_a_history_that_comes_round_goes_on_as_before():
    rows = as_sequences([["a", "b", "c", "a", "b"], ["b", "a", "c"]], None, "test")
    votes = OwnRules(100).votes(rows).toarray()
    assert rows.items[votes[0].argmax()] == "c"
    assert votes[0, 2] == pytest.approx(1 + 0.6)
    assert not votes[1].any()  # nothing comes again


def test_only_the_latest_events_are_looked_up():
    rows = as_sequences([["a", "b", "c", "a"]], None, "test")
    assert OwnRules(4).votes(rows).nnz
    assert not OwnRules(3).votes(rows).nnz


def test_empty_histories_vote_for_nothing():
    rows = as_sequences([["a", "a"]], None, "test").drop_last(2)
    empty = Sequences(rows.codes, rows.starts, rows.stops, vocabulary=rows.vocabulary)
    assert OwnRules(9).votes(empty).shape == (1, 1)
    assert not OwnRules(9).votes(empty).nnz
    assert not len(OwnRules(9).event_votes(empty, np.array([0])))
    assert OwnRules(9).votes(empty[:0]).shape == (0, 1)
