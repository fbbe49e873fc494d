import dataclasses

import pytest

from pellucid.recipes import RECIPES, Brief, named


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_value(name):
    brief = Brief((3, 32, 32), 10, 500, "photos", is_mirrored_alike=True)
    first, second = named(name, brief), named(name, brief)
    assert first == second
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.images = 1
