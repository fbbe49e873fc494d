import dataclasses

import pytest

from pellucid.recipes import RECIPES, Brief, named


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_value(name):
    shape = (1, 1, 200) if name == "signal" else (3, 32, 32)
    brief = Brief(shape, 10, 500, "photos", is_mirrored_alike=True)
    first, second = named(name, brief), named(name, brief)
    assert first == second
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.images = 1
