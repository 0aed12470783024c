import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from seqrec.preprocessing import KCoreFilter, SequenceEncoder
from tests.strategies import event_logs
from tests.tables import KINDS, to_lists

each_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())

# Item 9 is rare; without it user 3 is rare; without that item 8 is rare.
COLUMNS = {
    "user_id": [1, 3, 1, 2, 2, 3, 1],
    "item_id": [6, 8, 7, 6, 7, 9, 8],
}


def core(columns, min_user, min_item):
    """Return the rows of the k-core, dropping one row at a time."""
    rows = list(range(len(columns["user_id"])))
    while True:
        users = [columns["user_id"][row] for row in rows]
        items = [columns["item_id"][row] for row in rows]
        for row, user, item in zip(rows, users, items, strict=True):
            if users.count(user) < min_user or items.count(item) < min_item:
                rows.remove(row)
                break
        else:
            return rows


@each_kind
@given(
    columns=event_logs(),
    min_user=st.integers(1, 3),
    min_item=st.integers(1, 3),
)
def test_rows_left_are_the_k_core(make, columns, min_user, min_item):
    k_core, table = KCoreFilter(min_user, min_item), make(columns)
    rows = core(columns, min_user, min_item)
    if not rows:
        with pytest.raises(ValueError, match="KCoreFilter leaves no event"):
            k_core.fit(table)
        return
    kept = {name: [values[row] for row in rows] for name, values in columns.items()}
    found = k_core.fit_transform(table)
    assert isinstance(found, type(table))
    assert to_lists(found) == kept
    assert k_core.users_.tolist() == sorted(set(kept["user_id"]))
    assert k_core.items_.tolist() == sorted(set(kept["item_id"]))
    assert to_lists(table) == columns


def test_dropping_goes_on_until_nothing_is_rare():
    k_core = KCoreFilter(2, 2)
    found = k_core.fit_transform(pd.DataFrame(COLUMNS))
    assert found.index.tolist() == [0, 2, 3, 4]
    assert k_core.users_.tolist() == [1, 2]
    assert k_core.items_.tolist() == [6, 7]
    assert k_core.n_rounds_ == 3


def test_a_log_that_is_a_core_stays_whole():
    k_core = KCoreFilter(1, 1)
    assert len(k_core.fit_transform(pd.DataFrame(COLUMNS))) == 7
    assert k_core.n_rounds_ == 0


@each_kind
def test_transform_returns_the_table_itself(make):
    k_core = KCoreFilter(2, 2).fit(make(COLUMNS))
    for columns in (COLUMNS, {"user_id": [99], "item_id": [98]}):
        table = make(columns)
        assert k_core.transform(table) is table


def test_rows_can_be_filtered_by_hand():
    events = pd.DataFrame(COLUMNS)
    k_core = KCoreFilter(2, 2).fit(events)
    by_hand = events[
        events["user_id"].isin(k_core.users_) & events["item_id"].isin(k_core.items_)
    ]
    pd.testing.assert_frame_equal(by_hand, k_core.fit_transform(events))


def test_fitting_twice_gives_the_same_and_does_not_drop():
    k_core, events = KCoreFilter(2, 2), pd.DataFrame(COLUMNS)
    first = k_core.fit(events).items_
    assert k_core.fit(events).items_.tolist() == first.tolist()


class LastTarget(BaseEstimator):
    """Keeps the sequences that it was fitted on, and tells the targets of others."""

    def fit(self, X, y=None):
        self.lists_ = X.to_lists()
        return self

    def predict(self, X):
        return X.split_last()[1]


def test_a_pipeline_learns_from_the_core_and_answers_every_user():
    events = pd.DataFrame(COLUMNS)
    pipeline = make_pipeline(
        KCoreFilter(2, 2), SequenceEncoder(time=None), LastTarget()
    ).fit(events)
    assert pipeline[-1].lists_ == [[6, 7], [6, 7]]
    assert pipeline.predict(events).tolist() == [-1, 2, -1]  # 8, 7 and 9


@each_kind
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_columns_and_nulls_are_checked(make, method):
    k_core = KCoreFilter(1, 1).fit(make(COLUMNS))
    call = getattr(k_core, method)
    with pytest.raises(
        ValueError, match=r"KCoreFilter cannot .*'item_id' \(item\) is m"
    ):
        call(make({"user_id": [1]}))
    with pytest.raises(
        ValueError, match=r"\(user\) has 1 null, in row 1.*\n.*\(item\)"
    ):
        call(make({"user_id": [1, None], "item_id": [None, 1]}))
    with pytest.raises(ValueError, match="The table has no events"):
        call(make({"user_id": np.array([], int), "item_id": np.array([], int)}))
    with pytest.raises(TypeError, match="KCoreFilter needs an event log"):
        call([[1, 2]])


def test_ids_of_another_kind_are_refused_in_fit():
    with pytest.raises(
        TypeError, match=r"user ids .*Got Float64.*\n.*item ids .*Boolean"
    ):
        KCoreFilter().fit(pl.DataFrame({"user_id": [0.5], "item_id": [True]}))


@pytest.mark.parametrize("name", ["min_user_events", "min_item_events"])
def test_least_numbers_are_positive(name):
    with pytest.raises(
        ValueError, match=f"'{name}' parameter of KCoreFilter must be an"
    ):
        KCoreFilter(**{name: 0}).fit(pd.DataFrame(COLUMNS))


def test_nothing_left_says_what_to_lower():
    with pytest.raises(
        ValueError, match=r"has 5 events a user and 6 an item. Lower min"
    ):
        KCoreFilter(5, 6).fit(pd.DataFrame(COLUMNS))


def test_before_fit_it_is_not_fitted():
    with pytest.raises(NotFittedError, match="KCoreFilter instance is not fitted"):
        KCoreFilter().transform(pd.DataFrame(COLUMNS))


def test_columns_have_the_names_that_are_given():
    events = pd.DataFrame({"who": [1, 1, 2], "what": ["a", "a", "b"]})
    k_core = clone(KCoreFilter(2, 2, user="who", item="what"))
    assert len(k_core.fit_transform(events)) == 2
    assert repr(k_core) == (
        "KCoreFilter(item='what', min_item_events=2, min_user_events=2, user='who')"
    )
