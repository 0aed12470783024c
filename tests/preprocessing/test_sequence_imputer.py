import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from seqrec.data.sequences import Sequences
from seqrec.data.series import make_windows
from seqrec.data.vocabulary import Vocabulary
from seqrec.data.windows import next_item_samples
from seqrec.exceptions import ConvergenceWarning
from seqrec.preprocessing import SequenceEncoder, SequenceImputer, _state_space

NAN = np.nan
STRATEGIES = ["mean", "median", "constant", "ffill", "linear"]
EVERY = [*STRATEGIES, "arima"]
each_strategy = pytest.mark.parametrize("strategy", EVERY)
each_quick_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def scikit_learn_checks():
    """Yield scikit-learn's checks of a 2-D transformer, for each quick strategy."""
    for strategy in STRATEGIES:
        for imputer, check in estimator_checks_generator(SequenceImputer(strategy)):
            case = f"{strategy}-{check.func.__name__}"
            yield pytest.param(imputer, check, id=case)


@pytest.mark.parametrize(("estimator", "check"), list(scikit_learn_checks()))
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@st.composite
def row_lists(draw):
    """Draw lists of rows of shape (T_i, d) with holes, and one row without."""
    n_channels = draw(st.integers(1, 2))
    values = st.sampled_from([NAN, NAN, -1.0, 0.5, 2.0])
    lengths = draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
    rows = [
        draw(hnp.arrays(np.float64, (length, n_channels), elements=values))
        for length in lengths
    ]
    return [*rows, np.full((1, n_channels), 3.0)]


def as_sequences(rows, **columns):
    """Make sequences with the channels "a", "b" of a list of rows (T_i, d)."""
    stops = np.cumsum([len(row) for row in rows])
    flat = np.concatenate(rows).astype(np.float32)
    return Sequences(
        np.ones(len(flat)),
        np.append(0, stops[:-1]),
        stops,
        vocabulary=Vocabulary(np.array(["x"], dtype=object)),
        context=dict(zip("ab", flat.T, strict=False)),
        **columns,
    )


def fill_by_hand(row, strategy, fallback):
    """Fill one channel of a row with plain loops."""
    known = [place for place, value in enumerate(row) if not np.isnan(value)]
    filled = list(row)
    for place, value in enumerate(row):
        before = [one for one in known if one < place]
        after = [one for one in known if one > place]
        if not np.isnan(value):
            continue
        if strategy == "ffill":
            filled[place] = row[before[-1]] if before else fallback
        elif strategy == "linear" and known:
            ends = [
                before[-1] if before else after[0],
                after[0] if after else known[-1],
            ]
            filled[place] = np.interp(place, ends, [row[end] for end in ends])
        else:
            filled[place] = fallback
    return filled


@each_quick_strategy
@given(rows=row_lists())
def test_filling_equals_a_loop_over_rows(strategy, rows):
    imputer = SequenceImputer(strategy, fill_value=7)
    found = imputer.fit_transform(rows)
    flat = np.concatenate(rows)
    learn = np.nanmedian if strategy == "median" else np.nanmean
    fallbacks = [7.0] * flat.shape[1] if strategy == "constant" else learn(flat, axis=0)
    np.testing.assert_allclose(imputer.fill_values_, fallbacks)
    assert [row.shape for row in found] == [row.shape for row in rows]
    for row, filled in zip(rows, found, strict=True):
        for channel, fallback in enumerate(fallbacks):
            expected = fill_by_hand(row[:, channel], strategy, fallback)
            np.testing.assert_allclose(filled[:, channel], expected, atol=1e-12)


@each_quick_strategy
@given(rows=row_lists())
def test_every_kind_of_rows_gets_the_same_values(strategy, rows):
    imputer = SequenceImputer(strategy, add_indicator=True)
    found = np.concatenate(imputer.fit_transform(rows))
    n_channels = rows[0].shape[1]
    sequences = imputer.fit_transform(as_sequences(rows))
    names = [*"ab"[:n_channels], *(f"{name}_missing" for name in "ab"[:n_channels])]
    assert list(sequences.context) == names
    for name, column in zip(names, found.T, strict=True):
        assert sequences.context[name].dtype == np.float32
        np.testing.assert_allclose(sequences.context[name], column, rtol=1e-6)
    if n_channels == 1:
        flat = imputer.fit_transform([row[:, 0] for row in rows])
        np.testing.assert_array_equal(np.concatenate(flat), found)


@each_quick_strategy
@given(rows=row_lists())
def test_a_batch_equals_its_rows(strategy, rows):
    imputer = SequenceImputer(strategy).fit(rows)
    together = imputer.transform(rows)
    for row, filled in zip(rows, together, strict=True):
        np.testing.assert_array_equal(imputer.transform([row])[0], filled)


@each_strategy
def test_known_values_stay_and_holes_go(strategy):
    X = with_holes(autoregression(6, 30))
    found = SequenceImputer(strategy).fit_transform(X)
    known = ~np.isnan(X)
    np.testing.assert_array_equal(found[known], X[known])
    assert np.isfinite(found).all()


def autoregression(n_rows, length, coefficient=0.9):
    """Make rows of an autoregressive process of order one, from its start on."""
    noise = np.random.default_rng(0).normal(size=(n_rows, length))
    rows = noise.copy()
    rows[:, 0] /= np.sqrt(1 - coefficient**2)
    for time in range(1, length):
        rows[:, time] = coefficient * rows[:, time - 1] + noise[:, time]
    return rows


def with_holes(X, share=0.3):
    holes = np.random.default_rng(1).random(X.shape) < share
    return np.where(holes, NAN, X)


# ------------------------------------------------------------------------ kinds
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_strategy
def test_shapes_and_kinds_come_back(strategy, dtype):
    X = with_holes(autoregression(4, 12)).astype(dtype)
    plain = SequenceImputer(strategy)
    with_indicator = SequenceImputer(strategy, add_indicator=True)
    flat = plain.fit_transform(X)
    assert flat.shape == (4, 12)
    assert flat.dtype == dtype
    assert plain.n_features_in_ == 12
    assert plain.channels_ is None
    both = with_indicator.fit_transform(X)
    assert both.shape == (4, 12, 2)
    np.testing.assert_array_equal(both[:, :, 0], flat)
    np.testing.assert_array_equal(both[:, :, 1], np.isnan(X))
    cube = plain.fit_transform(np.stack([X, X], axis=2))
    assert plain.n_features_in_ == 2
    np.testing.assert_allclose(cube, np.stack([flat, flat], axis=2), rtol=1e-5)
    both = with_indicator.fit_transform(np.stack([X, X[::-1]], axis=2))
    assert both.shape == (4, 12, 4)
    np.testing.assert_array_equal(both[:, :, 3], np.isnan(X[::-1]))
    rows = plain.fit_transform(list(X))
    assert isinstance(rows, list)
    assert rows[0].dtype == dtype
    np.testing.assert_allclose(np.stack(rows), flat, rtol=1e-5)


def test_the_mean_of_a_two_d_array_is_one_number():
    X = [[1, NAN], [3, 8]]
    assert SequenceImputer().fit_transform(X).tolist() == [[1, 4], [3, 8]]


def test_lists_and_three_d_arrays_are_exchanged():
    imputer = SequenceImputer().fit(np.array([[[1.0], [3.0]]]))
    (row,) = imputer.transform([np.array([NAN, 5.0, NAN])])
    assert row.tolist() == [2.0, 5.0, 2.0]


def test_tables_count_as_two_d_arrays():
    table = pd.DataFrame({"t0": [1.0, NAN], "t1": [NAN, 3.0]})
    imputer = SequenceImputer("ffill").fit(table)
    assert imputer.feature_names_in_.tolist() == ["t0", "t1"]
    assert imputer.transform(table).tolist() == [[1.0, 1.0], [2.0, 3.0]]


@each_strategy
def test_nothing_given_is_changed_or_shared(strategy):
    X = with_holes(autoregression(4, 12))
    cube, rows, sequences = (
        X[:, :, None].copy(),
        list(X.copy()),
        as_sequences(X[:, :, None]),
    )
    for given_rows in (X, cube, rows, sequences):
        before = pickle.dumps(given_rows)
        SequenceImputer(strategy).fit_transform(given_rows)
        assert pickle.dumps(given_rows) == before
    whole = np.arange(6.0).reshape(2, 3)
    for given_rows in (whole, whole[:, :, None], list(whole)):
        found = SequenceImputer(strategy).fit_transform(given_rows)
        assert not np.shares_memory(np.concatenate(found), whole)
        found[0][0] = 99
    assert whole[0, 0] == 0


def test_read_only_windows_are_filled():
    windows = make_windows(np.array([1.0, NAN, 3.0, 4.0, NAN]), 3)
    found = SequenceImputer("linear").fit_transform(windows.X)
    assert found.tolist() == [[1, 2, 3], [3, 3, 4]]


# -------------------------------------------------------------------- sequences
EVENTS = pd.DataFrame(
    {
        "user_id": [1, 1, 1, 1, 2, 2],
        "item_id": list("abcdab"),
        "timestamp": [0, 10, 30, 40, 5, 6],
        "price": [1.0, NAN, 4.0, NAN, NAN, 7.0],
        "shop": ["u", None, "v", "u", "v", "v"],
    }
)


def encoded(max_length=None):
    encoder = SequenceEncoder(context=["price", "shop"], max_length=max_length)
    return encoder, encoder.fit_transform(EVENTS)


def test_linear_follows_times_and_leaves_categories_alone():
    encoder, X = encoded()
    filled = SequenceImputer("linear").fit_transform(X)
    mean, deviation = encoder.context_scales_["price"]
    price = filled.context["price"] * deviation + mean
    np.testing.assert_allclose(price, [1, 2, 4, 4, 7, 7], rtol=1e-6)
    np.testing.assert_array_equal(filled.context["shop"], X.context["shop"])
    assert filled.context["shop"].dtype == X.context["shop"].dtype
    assert filled.to_lists() == X.to_lists()
    assert filled.users.tolist() == X.users.tolist()


def test_equal_times_around_a_hole_count_events():
    rows = [np.array([[1.0], [NAN], [NAN], [4.0]])]
    X = as_sequences(rows, times=np.array([5, 5, 5, 5]))
    filled = SequenceImputer("linear").fit_transform(X)
    assert filled.context["a"].tolist() == [1, 2, 3, 4]


def test_only_events_of_the_rows_are_learned_from():
    rows = [np.array([[1.0], [NAN]]), np.array([[9.0], [9.0]])]
    X = as_sequences(rows)
    imputer = SequenceImputer().fit(X[:1])
    assert imputer.fill_values_.tolist() == [1.0]
    assert imputer.transform(X).context["a"].tolist() == [1, 1, 9, 9]
    assert imputer.fit(X[[0, 0]]).fill_values_.tolist() == [1.0]
    assert imputer.fit(X.drop_last()).fill_values_.tolist() == [5.0]


@pytest.mark.parametrize("strategy", ["mean", "median", "constant", "ffill"])
def test_prefixes_keep_sharing_their_events(strategy):
    _, X = encoded()
    prefixes = next_item_samples(X).X
    filled = SequenceImputer(strategy).fit(X).transform(prefixes)
    assert len(filled.codes) == 4  # all but the last event of either user
    whole = SequenceImputer(strategy).fit_transform(X)
    for row, prefix in enumerate(filled):
        assert list(prefix) == list(prefixes[row])
        user = np.flatnonzero(whole.users == filled.users[row])[0]
        length = filled.lengths[row]
        expected = whole.context["price"][whole.starts[user] :][:length]
        start = filled.starts[row]
        found = filled.context["price"][start : start + length]
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("strategy", ["linear", "arima"])
def test_prefixes_are_an_error_where_later_events_are_read(strategy):
    _, X = encoded()
    prefixes = next_item_samples(X).X
    match = f"For strategy='{strategy}', rows of X that share events must be the same"
    with pytest.raises(ValueError, match=match):
        SequenceImputer(strategy).fit(prefixes)
    imputer = SequenceImputer(strategy, order=(0, 0, 0)).fit(X)
    with pytest.raises(ValueError, match=match):
        imputer.transform(prefixes)
    imputer.transform(X[[0, 1, 0]])  # the same row twice


def test_ffill_respects_where_rows_start():
    X = as_sequences([np.array([[1.0], [NAN], [5.0]])])
    last = X.last(2)
    imputer = SequenceImputer("ffill").fit(X)
    assert imputer.transform(X).context["a"].tolist() == [1, 1, 5]
    assert imputer.transform(last).context["a"].tolist() == [3, 5]
    shared = Sequences(
        X.codes, [0, 1], [3, 3], vocabulary=X.vocabulary, context=X.context
    )
    with pytest.raises(ValueError, match="must share their start"):
        imputer.transform(shared)


def test_empty_rows_of_sequences_stay_empty():
    X = as_sequences([np.array([[1.0]]), np.array([[NAN], [2.0]])]).drop_last()
    for strategy in EVERY:
        imputer = SequenceImputer(strategy, order=(0, 0, 0))
        filled = imputer.fit(as_sequences([np.array([[1.0], [2.0]])])).transform(X)
        assert filled.lengths.tolist() == [0, 1]
        assert np.isfinite(filled.context["a"]).all()


# ------------------------------------------------------------------------ arima
def test_arima_finds_the_coefficient_of_the_rows():
    X = with_holes(3 + 2 * autoregression(40, 40))
    imputer = SequenceImputer("arima").fit(X)
    assert imputer.arima_params_.shape == (1, 2)
    assert imputer.arima_params_[0, 0] == pytest.approx(0.9, abs=0.05)


def test_arima_fills_with_the_expectation_given_the_row():
    X = autoregression(20, 30)
    imputer = SequenceImputer("arima").fit(X)
    coefficient, mean = imputer.arima_params_[0, 0], imputer.fill_values_[0]
    row = np.full(30, NAN)
    row[[10, 12]] = 1.0 + mean, 2.0 + mean
    filled = imputer.transform(row[None])[0] - mean
    between = coefficient * (1.0 + 2.0) / (1 + coefficient**2)
    assert filled[11] == pytest.approx(between, rel=1e-6)
    np.testing.assert_allclose(
        filled[13:], 2.0 * coefficient ** np.arange(1, 18), rtol=1e-6
    )
    np.testing.assert_allclose(
        filled[:10], coefficient ** np.arange(10, 0, -1.0), rtol=1e-6
    )


def test_arima_beats_the_mean_on_an_ordered_series_only():
    def error(truth, strategy):
        X = with_holes(truth)
        found = SequenceImputer(strategy).fit_transform(X)
        return np.abs(found - truth)[np.isnan(X)].mean()

    ordered = autoregression(20, 40)
    shuffled = np.random.default_rng(2).permuted(ordered.ravel()).reshape(20, 40)
    assert error(ordered, "arima") < 0.6 * error(ordered, "mean")
    assert error(shuffled, "arima") > 0.95 * error(shuffled, "mean")


@pytest.mark.parametrize(
    ("order", "seasonal_order"),
    [((0, 1, 1), (0, 0, 0, 0)), ((0, 0, 0), (0, 1, 0, 4)), ((1, 0, 0), (1, 0, 0, 4))],
)
def test_arima_takes_differences_and_seasons(order, seasonal_order):
    season = np.tile([0.0, 5.0, 1.0, -4.0], 8)
    noise = np.random.default_rng(0).normal(size=(5, 32))
    truth = season + 0.1 * noise if seasonal_order[3] else noise.cumsum(axis=1)
    X = with_holes(truth, share=0.15)
    imputer = SequenceImputer("arima", order=order, seasonal_order=seasonal_order)
    found = imputer.fit_transform(X)
    error = np.abs(found - truth)[np.isnan(X)].mean()
    assert error < 0.5 * np.abs(truth - np.nanmean(X))[np.isnan(X)].mean()


def test_arima_joins_the_likelihoods_of_rows_without_carrying_over():
    rows = [row - row.mean() for row in autoregression(10, 12)]
    params = _state_space.fit_sarima(rows, (1, 0, 0), (0, 0, 0, 0))
    backwards = _state_space.fit_sarima(rows[::-1], (1, 0, 0), (0, 0, 0, 0))
    np.testing.assert_allclose(params, backwards, rtol=1e-3)


def test_arima_takes_rows_spread_over_all(monkeypatch):
    monkeypatch.setattr(_state_space, "MAX_EVENTS", 9)
    rows = [np.full(3, number) for number in range(7)]
    taken = _state_space._spread_rows(rows)
    assert [row[0] for row in taken] == [0, 3, 6]
    assert len(_state_space._spread_rows([np.zeros(99)])) == 1


def test_arima_fills_a_constant_channel_and_a_missing_row_with_the_mean():
    X = autoregression(4, 10)[:, :, None] * [1.0, 0.0] + [0.0, 5.0]
    X[0, 3:5], X[1] = NAN, NAN
    imputer = SequenceImputer("arima").fit(X)
    found = imputer.transform(X)
    assert np.isnan(imputer.arima_params_[1]).all()
    assert (found[:, :, 1] == 5).all()
    np.testing.assert_allclose(found[1, :, 0], imputer.fill_values_[0])


def test_arima_of_differences_fills_a_missing_row_with_the_mean():
    X = autoregression(4, 10).cumsum(axis=1)
    X[0, 3:5], X[1] = NAN, NAN
    imputer = SequenceImputer("arima", order=(0, 1, 0)).fit(X)
    np.testing.assert_allclose(imputer.transform(X)[1], imputer.fill_values_[0])


def test_arima_that_does_not_converge_warns(monkeypatch):
    minimize = _state_space.minimize
    monkeypatch.setattr(
        _state_space,
        "minimize",
        lambda *args, **kwargs: minimize(*args, **kwargs, options={"maxiter": 1}),
    )
    with pytest.warns(ConvergenceWarning, match="did not converge in 1 steps"):
        SequenceImputer("arima").fit(autoregression(3, 20))


def test_arima_without_statsmodels_names_the_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.statespace.sarimax", None)
    with pytest.raises(ImportError, match=r"pip install 'seqrec\[timeseries\]'"):
        SequenceImputer("arima").fit([[1.0, 2.0, NAN]])
    SequenceImputer("linear").fit([[1.0, 2.0, NAN]])


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"order": (1, 0)}, r"'order' .* \(p, d, q\). Got \(1, 0\)"),
        ({"order": (1, 0, -1)}, r"'order' .* Got \(1, 0, -1\)"),
        ({"order": (1, 0, 0.5)}, r"'order' .* Got \(1, 0, 0.5\)"),
        ({"seasonal_order": (1, 0, 0)}, r"'seasonal_order' .* four .* Got \(1, 0, 0\)"),
        ({"seasonal_order": (1, 0, 0, 1)}, "'seasonal_order' .* period of 2 or more"),
        ({"strategy": "arima", "order": (1, 2, 0)}, "at least 4 known values"),
    ],
)
def test_wrong_orders_are_clear_errors(params, match):
    with pytest.raises(ValueError, match=match):
        SequenceImputer(**params).fit([[1.0, NAN, 2.0], [NAN, 2.0, 3.0]])


# ----------------------------------------------------------------------- errors
def test_infinite_values_are_an_error_that_names_the_place():
    imputer = SequenceImputer()
    with pytest.raises(ValueError, match="2 infinite values, first in row 1, time 0"):
        imputer.fit([[1.0, 2.0], [np.inf, -np.inf]])
    with pytest.raises(ValueError, match="1 infinite values, first in row 1, time 1"):
        imputer.fit([np.array([1.0]), np.array([2.0, np.inf])])
    X = as_sequences([np.array([[1.0, NAN], [2.0, np.inf]])])
    with pytest.raises(ValueError, match="row 0, time 1, channel 'b'"):
        imputer.fit(X)
    imputer.fit([[1.0, 2.0]])
    with pytest.raises(ValueError, match="infinite"):
        imputer.transform([[1.0, np.inf]])


@each_strategy
def test_a_channel_that_is_all_missing_has_no_mean(strategy):
    X = np.array([[[1.0, NAN], [2.0, NAN], [1.0, NAN]]])
    if strategy == "constant":
        assert np.isfinite(SequenceImputer(strategy).fit_transform(X)).all()
        return
    with pytest.raises(ValueError, match=r"no known value in channels \[1\]"):
        SequenceImputer(strategy).fit(X)
    with pytest.raises(ValueError, match=r"no known value in channels \['b'\]"):
        SequenceImputer(strategy).fit(as_sequences(list(X)))


def test_another_kind_or_other_channels_than_in_fit_are_errors():
    flat, cube = np.ones((2, 3)), np.ones((2, 3, 2))
    sequences = as_sequences(list(cube))
    imputer = SequenceImputer().fit(flat)
    with pytest.raises(ValueError, match="X has 2 features, but SequenceImputer"):
        imputer.transform(flat[:, :2])
    with pytest.raises(TypeError, match=r"fitted on a 2-D array. Got a 3-D array or"):
        imputer.transform(cube)
    imputer.fit(cube)
    with pytest.raises(TypeError, match=r"or a list of arrays. Got an array of shape"):
        imputer.transform(flat)
    with pytest.raises(ValueError, match=r"fitted on: 2. Got 1"):
        imputer.transform(cube[:, :, :1])
    imputer.fit(sequences)
    assert imputer.channels_ == ("a", "b")
    with pytest.raises(TypeError, match=r"fitted on Sequences. Got a 3-D array"):
        imputer.transform(cube)
    with pytest.raises(ValueError, match=r"on: \('a', 'b'\). Got \('a',\)"):
        imputer.transform(as_sequences(list(cube[:, :, :1])))


@pytest.mark.parametrize(
    ("X", "match"),
    [
        ([np.ones(2), np.ones((2, 1))], r"Got shapes \(2,\), \(2, 1\)"),
        ([np.ones((2, 1)), np.ones((2, 3))], r"same d. Got shapes \(2, 1\), \(2, 3\)"),
        ([np.ones((2, 0))], "list of arrays that are all"),
        ([np.array(1.0)], r"Got shapes \(\)"),
        (np.ones((2, 3, 0)), r"one channel or more. Got shape \(2, 3, 0\)"),
        (np.ones((0, 3, 1)), "0 sample"),
        (Sequences.from_lists([["a"]]), "these sequences have none"),
        (as_sequences([np.ones((1, 1))])[:0], "one row or more"),
    ],
)
def test_data_without_rows_of_numbers_are_clear_errors(X, match):
    with pytest.raises(ValueError, match=match):
        SequenceImputer().fit(X)


def test_a_name_that_the_indicator_would_take_is_an_error():
    X = as_sequences([np.ones((2, 1))])
    X.context["a_missing"] = X.context["a"]
    with pytest.raises(ValueError, match="channel 'a_missing' already"):
        SequenceImputer(add_indicator=True).fit_transform(X)


def test_transform_before_fit_is_an_error():
    with pytest.raises(NotFittedError):
        SequenceImputer().transform([[1.0, NAN]])


# ----------------------------------------------------------------- scikit-learn
def test_pipelines_search_over_strategies():
    series = with_holes(np.sin(np.arange(200) / 5), share=0.2)
    X, y, _ = make_windows(series, 8)
    known = ~np.isnan(y)
    search = GridSearchCV(
        make_pipeline(SequenceImputer(), Ridge(1e-3)),
        {"sequenceimputer__strategy": ["mean", "linear"]},
        cv=3,
    ).fit(X[known], y[known])
    assert search.best_params_ == {"sequenceimputer__strategy": "linear"}


@each_strategy
def test_pickle_and_clone_give_the_same(strategy):
    X = with_holes(autoregression(4, 12))
    imputer = SequenceImputer(strategy).fit(X)
    again = pickle.loads(pickle.dumps(imputer))
    np.testing.assert_array_equal(again.transform(X), imputer.transform(X))
    assert clone(imputer).get_params() == imputer.get_params()
    np.testing.assert_array_equal(clone(imputer).fit_transform(X), again.transform(X))


def test_fit_with_another_strategy_forgets_the_model():
    X = with_holes(autoregression(4, 12))
    imputer = SequenceImputer("arima").fit(X)
    assert imputer.set_params(strategy="mean").fit(X).arima_params_ is None


def test_a_season_longer_than_the_rows_is_refused_at_once():
    imputer = SequenceImputer("arima", seasonal_order=(1, 0, 0, 8))
    with pytest.raises(
        ValueError, match="a period of 8 events, but the longest row ha"
    ):
        imputer.fit(np.arange(24.0).reshape(3, 8))
