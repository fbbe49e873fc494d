"""A recipe in a file, TOML or JSON: a name, and what is to be other than in the recipe of it.

Files are read, never executed. Their entries are the options of ``pellucid train``.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tomllib
from pathlib import Path
from typing import Any, get_args

from pellucid.arguments import is_number, is_whole
from pellucid.errors import ConfigurationError, did_you_mean
from pellucid.images.augmentation import Augmentation
from pellucid.network.text import layers_to_text
from pellucid.recipes.named import RECIPES
from pellucid.recipes.options import KINDS, names_of, part_to_options, settings_of_kinds
from pellucid.recipes.randomizing import Randomize, to_words
from pellucid.recipes.recipe import Recipe

__all__ = ["OPTIONS", "is_recipe_file", "read_recipe", "recipe_to_toml"]

LARGEST = 1_000_000
"""Bytes of a file that is read."""

_OF_KINDS = {
    name: field.default for part in KINDS for name, field in settings_of_kinds(part).items()
}
_RANDOMIZING = {field.name: field.default for field in dataclasses.fields(Augmentation)}
_WHOLE = ("images", "batch_size", "sections")

OPTIONS = (
    "recipe", "network", "epochs", *_WHOLE, "clip_norm", *KINDS, *_OF_KINDS, "randomize",
    *_RANDOMIZING,
)  # fmt: skip
"""The entries that a file may have."""


def is_recipe_file(name: str) -> bool:
    """Return whether this is the path of a recipe, and no recipe's name.

    Examples
    --------
    >>> is_recipe_file("auto"), is_recipe_file("mine.toml")
    (False, True)
    """
    return name.lower().endswith((".toml", ".json"))


def read_recipe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the entries of a recipe's file; ``recipe`` names the one that they change.

    Raises
    ------
    ConfigurationError
        The file can't be read, or has an entry that no recipe has.
    """
    values = _read(Path(path))
    for name, value in values.items():
        if name not in OPTIONS:
            hint = did_you_mean(name, OPTIONS)
            raise ConfigurationError(
                f"{os.fspath(path)} has the entry {name!r}, which no recipe has; see pellucid "
                f"recipes plain.{hint}"
            )
        values[name] = _checked(path, name, value)
    return values


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f"{path} is no recipe: it has more than {LARGEST:,} bytes.")
        text = path.read_text("utf-8")
        loaded = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(
            f"recipe is {os.fspath(path)!r}, which can't be read: {error.strerror}.",
            argument="recipe",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is no recipe that can be read: {error}.") from error
    if not isinstance(loaded, dict):
        raise ConfigurationError(f"{path} is no recipe: it holds no names with values.")
    return loaded


def _checked(path: str | os.PathLike[str], name: str, value: Any) -> Any:
    """Return an entry in the form that its option has, or refuse it."""
    example = _RANDOMIZING.get(name, _OF_KINDS.get(name))
    wanted = None
    if name in KINDS:
        wanted = None if value in KINDS[name] else f"one of {', '.join(KINDS[name])}"
    elif name == "recipe":
        wanted = None if value in RECIPES else f"one of {', '.join(RECIPES)}"
    elif name == "network" or isinstance(example, str):
        wanted = None if isinstance(value, str) else "a text"
    elif name == "randomize":
        words = get_args(Randomize)
        wanted = None if value in words else f"one of {', '.join(words)}"
    elif isinstance(example, bool):
        wanted = None if isinstance(value, bool) else "true or false"
    elif isinstance(example, tuple):
        is_pair = isinstance(value, list) and len(value) == 2 and all(map(is_number, value))
        wanted = None if is_pair else "two numbers, such as [0.9, 1.1]"
        value = tuple(value) if is_pair else value
    elif name in _WHOLE:
        wanted = None if is_whole(value) and value >= 1 else "a whole number of at least 1"
    elif not is_number(value):
        wanted = "a number"
    if wanted is not None:
        raise ConfigurationError(f"{os.fspath(path)} has {name} = {value!r}; it must be {wanted}.")
    return value


def recipe_to_toml(recipe: Recipe) -> str:
    """Return a recipe as a file that :func:`read_recipe` reads back.

    Examples
    --------
    >>> from pellucid.recipes.brief import Brief
    >>> from pellucid.recipes.named import named
    >>> print(recipe_to_toml(named("reference", Brief((1, 28, 28), 10, 60_000))).splitlines()[2])
    images = 81000
    """
    options: dict[str, Any] = {
        "network": layers_to_text(recipe.network.layers),
        **{name: getattr(recipe, name) for name in _WHOLE},
    }
    if recipe.clip_norm is not None:
        options["clip_norm"] = recipe.clip_norm
    for part in KINDS:
        options |= part_to_options(part, getattr(recipe, part))
    options |= to_words(recipe.augmentation)
    lines = [f"recipe = {json.dumps(recipe.name)}"]
    lines += [f"{name} = {_toml(value)}" for name, value in _set(options).items()]
    return "\n".join(lines) + "\n"


def _set(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options without those of other kinds, which are not set."""
    own = {name for part, kinds in KINDS.items() for name in names_of(kinds[options[part]])}
    return {
        name: value
        for name, value in options.items()
        if value is not None and (name not in _OF_KINDS or name in own)
    }


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    is_plain = isinstance(value, int | float) and not isinstance(value, bool)
    return repr(value) if is_plain else json.dumps(value, ensure_ascii=False)
