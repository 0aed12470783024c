import pytest
from sklearn.base import clone

from seqrec import AttentionSequenceRecommender, recipes
from tests.histories import SMALL, ordered_histories


def test_every_recipe_is_listed_once():
    assert sorted(recipes.RECIPES) == sorted(set(recipes.__all__) - {"RECIPES"})
    for name, recipe in recipes.RECIPES.items():
        assert getattr(recipes, name) is recipe


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_a_recipe_sets_parameters_and_fits(name):
    recipe = recipes.RECIPES[name]
    small = {"max_epochs": 1, "device": "cpu", "random_state": 0}
    model = clone(AttentionSequenceRecommender(**small).set_params(**recipe))
    for parameter, value in recipe.items():
        assert getattr(model, parameter) == value
    assert model.fit(ordered_histories()).predict([[101, 102]]).shape == (1, 10)


def test_published_models_have_none_of_what_seqrec_adds():
    for name in recipes.RECIPES:
        model = AttentionSequenceRecommender(**SMALL)
        model.set_params(**{**recipes.RECIPES[name], "max_epochs": 1})
        model.fit(ordered_histories())
        assert model.memories_ == {}
        assert not model.net_.module_.residual
        assert not model.channels_.features
