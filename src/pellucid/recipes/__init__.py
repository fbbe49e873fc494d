"""Recipes: what to train and how, chosen from what is known of the images.

Comes in: a :class:`Brief`, the shape and number of the images and what they show. Goes out: a
:class:`Recipe`, network, optimizer, schedule, randomizing and how much of all. Command line and
estimators take theirs from here.
"""

from pellucid.recipes.brief import Brief
from pellucid.recipes.file import is_recipe_file, read_recipe, recipe_to_toml
from pellucid.recipes.named import RECIPES, named
from pellucid.recipes.options import changed
from pellucid.recipes.recipe import Recipe

__all__ = [
    "RECIPES",
    "Brief",
    "Recipe",
    "changed",
    "is_recipe_file",
    "named",
    "read_recipe",
    "recipe_to_toml",
]
