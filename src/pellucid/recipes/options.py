"""The parts of a recipe as options with names, and a recipe with some of them changed.

The command line, recipe files and the settings of a run share these names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from pellucid.errors import Argument, ConfigurationError
from pellucid.images.augmentation import Augmentation
from pellucid.network.layers import Dense
from pellucid.network.network import Network
from pellucid.network.text import layers_from_text
from pellucid.recipes.brief import Brief
from pellucid.recipes.randomizing import STEPS, from_words, suited
from pellucid.recipes.recipe import Recipe
from pellucid.recipes.sizes import sections_for
from pellucid.training import (
    SGD,
    Adam,
    AdamW,
    CosineSchedule,
    ExponentialAverage,
    MeanAverage,
    OneCycleSchedule,
    Schedule,
    StepSchedule,
)

__all__ = [
    "KINDS",
    "changed",
    "names_of",
    "part_from_options",
    "part_to_options",
    "settings_of_kinds",
]

KINDS: dict[str, dict[str, Any]] = {
    "optimizer": {"adam": Adam, "adamw": AdamW, "sgd": SGD},
    "schedule": {
        "linear": Schedule,
        "cosine": CosineSchedule,
        "one-cycle": OneCycleSchedule,
        "step": StepSchedule,
    },
    "average": {"none": None, "exponential": ExponentialAverage, "mean": MeanAverage},
}
"""The parts that are settings of one kind or another: what each kind is called, and is."""

_SPELLED = {"final": "final_factor", "decay": "average_decay", "start": "average_start"}
"""The settings of kinds whose names would say too little among all options."""

_NUMBERS = ("batch_size", "sections", "clip_norm", "images")

_NOTHING = Augmentation(
    scale=(1.0, 1.0), rotation=(0.0, 0.0), shift=(0.0, 0.0), noise_probability=(0.0, 0.0)
)
"""What leaves an image as it is."""


def names_of(kind: Any) -> dict[str, dataclasses.Field[Any]]:
    """Return the fields of a kind by the names of their options."""
    fields = () if kind is None else dataclasses.fields(kind)
    return {_SPELLED.get(field.name, field.name): field for field in fields}


def settings_of_kinds(part: str) -> dict[str, dataclasses.Field[Any]]:
    """Return the fields that any kind of a part has, by the names of their options."""
    return {
        name: field for kind in KINDS[part].values() for name, field in names_of(kind).items()
    }  # fmt: skip


def part_to_options(part: str, value: Any) -> dict[str, Any]:
    """Return what a part is called, its settings, and those of other kinds as not set."""
    unset = {
        name: False if isinstance(field.default, bool) else None
        for name, field in settings_of_kinds(part).items()
    }
    own = {name: getattr(value, field.name) for name, field in names_of(value).items()}
    (word,) = (word for word, kind in KINDS[part].items() if kind is (value and type(value)))
    return {part: word} | unset | own


def part_from_options(
    part: str, options: Mapping[str, Any], unset: Collection[tuple[str, Any]] = ()
) -> Any:
    """Return a part; refuse what is set of another kind.

    ``unset`` are names with values that are no wish: somebody's defaults.
    """
    word = options[part]
    kind = KINDS[part][word]
    own = names_of(kind)
    for name in settings_of_kinds(part):
        value = options.get(name)
        if name not in own and value not in (None, False) and (name, value) not in unset:
            others = [other for other, one in KINDS[part].items() if name in names_of(one)]
            raise ConfigurationError(
                Argument(name), f" is {value!r}, but ", Argument(part),
                f" is {word}, which has none; leave it out, or give ", Argument(part),
                f" {' or '.join(others)}.",
            )  # fmt: skip
    values = {field.name: options.get(name) for name, field in own.items()}
    try:
        made = {name: value for name, value in values.items() if value is not None}
        return None if kind is None else kind(**made)
    except ConfigurationError as error:
        raise error.named(lambda name: _SPELLED.get(name, name)) from None


def changed(recipe: Recipe, given: Mapping[str, Any], brief: Brief) -> Recipe:
    """Return a recipe with some options in place of its own.

    Parameters
    ----------
    recipe : Recipe
        What holds where nothing is given.
    given : mapping of str to object
        Options by their names: parts of :data:`KINDS` and their settings, ``randomize`` and what it
        does, ``batch_size``, ``sections``, ``clip_norm``, ``images``, ``epochs``, and ``network``,
        layers as a text. Others don't matter.
    brief : Brief
        What the recipe was made for.

    Returns
    -------
    Recipe

    Raises
    ------
    ConfigurationError, NetworkError
        An option is out of bounds, or of another kind of optimizer, schedule or average.
    """
    parts: dict[str, Any] = {name: given[name] for name in _NUMBERS if name in given}
    if given.get("epochs") is not None:
        parts["images"] = _drawn(given, brief)
    if given.get("network") is not None:
        parts["network"] = _network(given["network"], brief)
    for part in KINDS:
        parts[part] = _part(part, recipe, given)
    parts["augmentation"] = _augmentation(recipe.augmentation, given, brief)
    made = dataclasses.replace(recipe, **parts)
    if "sections" in given or "batch_size" not in given:
        return made
    return dataclasses.replace(made, sections=sections_for(made.batch_size))


def _drawn(given: Mapping[str, Any], brief: Brief) -> int:
    epochs: float = given["epochs"]
    if given.get("images") is not None:
        raise ConfigurationError(
            Argument("epochs"), f" is {epochs:g} and ", Argument("images"),
            f" is {given['images']}, and either says how much to train; leave one out.",
        )  # fmt: skip
    if not 0 < epochs <= 1e9:
        raise ConfigurationError(
            f"epochs is {epochs!r}; it must be a number of passes above 0, such as 10.",
            argument="epochs",
        )
    return max(1, round(epochs * brief.images))


def _network(text: str, brief: Brief) -> Network:
    """Return the network of a text; where it does not end in Dense, one for the classes follows."""
    layers = layers_from_text(text)
    if not isinstance(layers[-1], Dense):
        layers.append(Dense(brief.outputs))
    network = Network(layers, brief.input_shape, brief.loss)
    if network.classes != brief.outputs:
        raise ConfigurationError(
            Argument("network"), f" ends in {layers[-1]}, but there are {brief.outputs} classes; "
            f"end it with Dense({brief.outputs}), or leave the last Dense out.",
        )  # fmt: skip
    return network


def _part(part: str, recipe: Recipe, given: Mapping[str, Any]) -> Any:
    """Return a part with what is given; of another kind, what is not given is its default.

    But the reference run's learning rate holds for any optimizer, and its warmup for any schedule.
    """
    value = getattr(recipe, part)
    wished = {name: given[name] for name in (part, *settings_of_kinds(part)) if name in given}
    own = part_to_options(part, value)
    if wished.get(part, own[part]) != own[part]:
        shared = names_of(KINDS[part][wished[part]]) if recipe.name == "reference" else ()
        own = {name: own[name] for name in shared}
    return part_from_options(part, own | wished) if wished else value


def _augmentation(
    value: Augmentation | None, given: Mapping[str, Any], brief: Brief
) -> Augmentation | None:
    """Return how to randomize; steps that are given change the recipe's, or what a word says."""
    steps = {name: given[name] for name in STEPS if given.get(name) is not None}
    word = given.get("randomize")
    if word is not None:
        return suited(from_words({"randomize": word, **steps}), brief.input_shape)
    return dataclasses.replace(value or _NOTHING, **steps) if steps else value
