"""What every estimator and transformer of seqrec keeps, found from `__all__`."""

import inspect
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils._param_validation import (
    StrOptions,
    generate_invalid_param_val,
    make_constraint,
)

import seqrec
from seqrec import MarkovChainRecommender, SequentialRulesRecommender
from seqrec.estimators._base import BaseRecommender
from seqrec.exceptions import DataWarning
from tests.histories import SMALL, as_columns, ordered_histories

HISTORIES = ordered_histories(30)
EVENTS = pd.DataFrame(as_columns(HISTORIES))
EVERY = [
    getattr(seqrec, name)
    for name in seqrec.__all__
    if inspect.isclass(getattr(seqrec, name))
    and hasattr(getattr(seqrec, name), "get_params")
]
RECOMMENDERS = [cls for cls in EVERY if issubclass(cls, BaseRecommender)]
PREDICTORS = [
    cls for cls in EVERY if hasattr(cls, "predict") and cls not in RECOMMENDERS
]
TRANSFORMERS = [cls for cls in EVERY if not hasattr(cls, "predict")]
ARRAY = np.random.default_rng(0).normal(size=(20, 4))  # what SequenceImputer takes
ARRAY[::3, 1] = np.nan
REQUIRED = {  # arguments without a default
    "estimators": [
        ("chain", MarkovChainRecommender()),
        ("rules", SequentialRulesRecommender()),
    ]
}
every_class = pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)


def parameters(cls):
    return inspect.signature(cls).parameters


def make(cls, **params):
    """Make an estimator with its defaults, and what it cannot do without."""
    required = {name: REQUIRED[name] for name in parameters(cls) if name in REQUIRED}
    return cls(**{**required, **params})


def small(cls):
    """Make an estimator that fits in a moment."""
    return make(cls, **{name: SMALL[name] for name in parameters(cls) if name in SMALL})


def given(model):
    """Return what a model of this kind is fitted on."""
    if type(model) in RECOMMENDERS:
        return (HISTORIES,)
    if type(model) in PREDICTORS:
        X = np.nan_to_num(ARRAY)
        return X, (X[:, 0] > 0 if is_classifier(model) else X[:, 0])
    return (ARRAY if "fill_value" in parameters(type(model)) else EVENTS,)


def fit(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return model.fit(*given(model))


def answers(model):
    """Return what a fitted model says, as something to compare."""
    X = given(model)[0]
    if type(model) in RECOMMENDERS:
        return model.decision_function(X).tolist()
    if type(model) in PREDICTORS:
        return model.predict(X).tolist()
    found = model.transform(X)
    if isinstance(found, np.ndarray):
        return found.tolist()
    is_frame = isinstance(found, pd.DataFrame)
    return found.to_dict("list") if is_frame else found.to_lists()


def same(one, other):
    """Tell whether parameter values are equal, estimators and arrays apart."""
    return type(one) is type(other) and repr(one) == repr(other)


def test_classes_are_found():
    assert len(RECOMMENDERS) >= 5
    assert len(TRANSFORMERS) >= 4
    assert len(PREDICTORS) == 2


@every_class
def test_every_parameter_has_a_constraint_and_no_other_does(cls):
    assert set(cls._parameter_constraints) == set(parameters(cls))


@every_class
def test_defaults_meet_their_constraints(cls):
    for name, parameter in parameters(cls).items():
        default = REQUIRED.get(name, parameter.default)
        assert default is not inspect.Parameter.empty, name
        allowed = map(make_constraint, cls._parameter_constraints[name])
        assert any(one.is_satisfied_by(default) for one in allowed), name


@every_class
def test_few_parameters_are_positional(cls):
    kinds = [parameter.kind for parameter in parameters(cls).values()]
    assert kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD) <= 2
    assert set(kinds) <= {
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    }


def invalid_values():
    """Yield a class, a parameter and a value that no constraint of it allows."""
    for cls in EVERY:
        for name, constraints in cls._parameter_constraints.items():
            allowed = [make_constraint(constraint) for constraint in constraints]
            values = [object()]  # a kind that nothing takes
            for constraint in allowed:
                try:
                    values.append(generate_invalid_param_val(constraint))
                except NotImplementedError:
                    continue  # what is wrong of this kind is what object() is
            for place, value in enumerate(values):
                if not any(one.is_satisfied_by(value) for one in allowed):
                    case = f"{cls.__name__}-{name}-{place or 'type'}"
                    yield pytest.param(cls, name, value, id=case)


@pytest.mark.parametrize(("cls", "name", "value"), list(invalid_values()))
def test_a_wrong_value_gets_scikit_learns_sentence(cls, name, value):
    model = make(cls, **{name: value})
    sentence = f"The '{name}' parameter of {cls.__name__} must be .* instead"
    with pytest.raises(ValueError, match=sentence):
        model.fit(None, None)  # parameters come first


def near_options():
    """Yield a class, a parameter, an option of it and a misspelling of that."""
    for cls in EVERY:
        for name, constraints in cls._parameter_constraints.items():
            if str in constraints:
                continue  # any text is of the right kind
            for constraint in constraints:
                for option in sorted(getattr(constraint, "options", ())):
                    if isinstance(constraint, StrOptions) and len(option) > 2:
                        yield cls, name, option, option + option[-1]


@pytest.mark.parametrize(("cls", "name", "option", "near"), list(near_options()))
def test_a_misspelt_option_is_corrected(cls, name, option, near):
    with pytest.raises(ValueError, match=f"Did you mean '{option}'"):
        make(cls, **{name: near}).fit(None, None)


@every_class
def test_init_stores_its_arguments_and_nothing_else(cls):
    values = {name: object() for name in parameters(cls)}
    model = cls(**values)
    assert vars(model) == values
    assert all(vars(model)[name] is value for name, value in values.items())


@every_class
def test_parameters_go_in_and_out(cls):
    values = {name: f"value of {name}" for name in parameters(cls)}
    model = make(cls)
    assert model.set_params(**values) is model
    assert model.get_params() == values
    with pytest.raises(ValueError, match="Invalid parameter 'no_such_thing'"):
        model.set_params(no_such_thing=1)


@every_class
def test_clone_has_the_parameters_and_nothing_learned(cls):
    model = fit(small(cls))
    again = clone(model)
    assert vars(again).keys() == set(parameters(cls))
    for name, value in model.get_params().items():
        assert same(value, again.get_params()[name])


@every_class
def test_fit_leaves_the_parameters_alone(cls):
    model = small(cls)
    before = model.get_params()
    assert fit(model) is model
    for name, value in model.get_params().items():
        assert value is before[name]


@every_class
def test_what_is_learned_ends_in_an_underscore(cls):
    learned = set(vars(fit(small(cls)))) - set(parameters(cls))
    assert bool(learned) == get_tags(make(cls)).requires_fit
    assert all(name.endswith("_") or name.startswith("_") for name in learned)


@every_class
def test_repr_shows_what_was_changed(cls):
    if not REQUIRED.keys() & parameters(cls).keys():
        assert repr(cls()) == f"{cls.__name__}()"
    name = list(parameters(cls))[-1]
    assert f"{name}='abc'" in repr(make(cls, **{name: "abc"}))
    assert cls.__name__ in repr(fit(small(cls)))


@every_class
def test_answers_before_fit_are_an_error(cls):
    calls = ["transform"] if cls in TRANSFORMERS else ["predict"]
    if cls in RECOMMENDERS:
        calls += ["decision_function", "recommend", "score"]
    X = given(make(cls))[0]
    if not get_tags(make(cls)).requires_fit:
        assert answers(make(cls)) == answers(fit(make(cls)))
        return
    for call in calls:
        with pytest.raises(NotFittedError, match=f"This {cls.__name__} instance is no"):
            getattr(make(cls), call)(X)


@every_class
def test_pickle_works_before_and_after_fit(cls):
    model = pickle.loads(pickle.dumps(small(cls)))
    assert vars(model).keys() == set(parameters(cls))
    fit(model)
    again = pickle.loads(pickle.dumps(model))
    assert vars(again).keys() == vars(model).keys()
    assert answers(again) == answers(model)


@every_class
def test_refit_equals_fit(cls):
    model = fit(small(cls))
    before = answers(model)
    assert answers(fit(model)) == before
    assert answers(fit(clone(model))) == before


@every_class
def test_the_docstring_lists_every_parameter_in_order(cls):
    documented = [parameter.name for parameter in ClassDoc(cls)["Parameters"]]
    assert documented == list(parameters(cls))


@every_class
def test_the_docstring_gives_each_default(cls):
    for described in ClassDoc(cls)["Parameters"]:
        default = parameters(cls)[described.name].default
        if described.name in REQUIRED:
            assert "default=" not in described.type
            continue
        given = described.type.partition("default=")[2].replace('"', "'")
        if not given and default is None:
            continue  # "..., or None" says what None means
        value = eval(given) if given else None
        assert value == default, described


@every_class
def test_learned_attributes_are_documented(cls):
    documented = {attribute.name for attribute in ClassDoc(cls)["Attributes"]}
    missing = documented - {
        name for name in dir(fit(small(cls))) if not name.startswith("__")
    }
    assert missing == set()


@pytest.mark.parametrize("cls", RECOMMENDERS, ids=lambda cls: cls.__name__)
def test_recommenders_share_one_signature(cls):
    for method in ("fit", "predict", "decision_function", "recommend", "score"):
        names = list(inspect.signature(getattr(cls, method)).parameters)
        assert names == list(
            inspect.signature(getattr(RECOMMENDERS[0], method)).parameters
        )


@pytest.mark.parametrize("cls", RECOMMENDERS, ids=lambda cls: cls.__name__)
def test_every_recommender_scores_the_catalogue(cls):
    model = fit(small(cls))
    scores = model.decision_function(HISTORIES)
    assert scores.shape == (30, 15)
    assert np.isfinite(scores).all()
    assert 0 <= model.score(HISTORIES) <= 1
