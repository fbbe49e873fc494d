"""What a run is to do, until its images are known: a recipe, and what goes before it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pellucid.arguments import seconds
from pellucid.console import Say
from pellucid.data import Dataset
from pellucid.errors import Argument, ConfigurationError, NetworkError, PellucidError
from pellucid.network import presets
from pellucid.network.network import Network
from pellucid.network.text import layers_from_text, layers_to_text
from pellucid.recipes import Brief, Recipe, changed, is_recipe_file, named, read_recipe
from pellucid.recipes.options import settings_of_kinds
from pellucid.runs.options import DEFAULTS, from_options
from pellucid.runs.settings import RunSettings
from pellucid.runs.start import Start
from pellucid.training import Schedule

__all__ = ["Plan", "network_of"]

_OF_DATA = frozenset(
    {
        "data", "size", "fit", "skip_bad", "test_share", "validation_share", "label", "pixel_range",
        "channels", "transpose", "follow_links", "workers", "executor", "seed", "patience",
        "class_weight", "start_from",
    }
)  # fmt: skip
"""The options that no recipe has."""

_SUPPOSED = (
    Brief((1, 32, 32), 10, 1000),
    Brief((3, 32, 32), 10, 1000, "photos"),
    Brief((3, 256, 256), 10, 1000, "photos"),
)
"""What images may turn out to be; options that suit none of them are wrong in any case."""


@dataclass(frozen=True)
class Plan:
    """Settings that a recipe completes once the images are known.

    Attributes
    ----------
    settings : RunSettings
        What holds whatever the images are; of the rest, what the reference recipe has.
    recipe : str
        The name of a recipe.
    given : mapping of str to object
        The options that go before it.
    start : Start or None
        The model to start from.
    """

    settings: RunSettings
    recipe: str
    given: Mapping[str, Any]
    start: Start | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Plan:
        """Return the plan for the options that somebody gave, by their names.

        Raises
        ------
        ConfigurationError, NetworkError
            An option is out of bounds, whatever the images are.
        """
        given = dict(options)
        recipe = given.pop("recipe", None)
        if recipe is not None and is_recipe_file(recipe):
            of_file = read_recipe(recipe)
            recipe = of_file.pop("recipe", None)
            if {"epochs", "images", "time"} & given.keys():
                of_file = {k: v for k, v in of_file.items() if k not in ("epochs", "images")}
            given = of_file | given
        if given.get("network") is not None:
            given["network"] = layers_to_text(layers_from_text(given["network"]))
        recipe = recipe or default_recipe(given.get("data"))
        start = None
        if given.get("start_from") is not None:
            start = _start(given)
            given = {"size": start.size, "fit": start.fit} | given
        own = {name: value for name, value in given.items() if name in _OF_DATA}
        settings = from_options(DEFAULTS | own)
        plan = cls(dataclasses.replace(settings, recipe=recipe), recipe, given, start)
        plan._check()
        return plan

    def _check(self) -> None:
        """Refuse what suits no images at all."""
        if self.given.get("time") is not None:
            seconds("time", self.given["time"])
            for name in ("epochs", "images"):
                if self.given.get(name) is not None:
                    raise ConfigurationError(
                        Argument("time"), f" is {self.given['time']} and ", Argument(name),
                        f" is {self.given[name]}, and either says how much to train; leave one "
                        "out.",
                    )  # fmt: skip
        first: PellucidError | None = None
        for supposed in _SUPPOSED:
            try:
                changed(named(self.recipe, supposed), self.given, supposed)
            except NetworkError:
                return  # the images will tell
            except ConfigurationError as error:
                if error.argument == "network":
                    return  # it has the number of classes of the images
                first = first or error
            else:
                return
        if first is not None:
            raise first

    def completed(self, dataset: Dataset, say: Say) -> RunSettings:
        """Return all settings for some data, and say what was decided from it."""
        start = self.start
        brief = Brief.of(dataset.train_images, dataset.train_labels, len(dataset.classes))
        given = dict(self.given)
        if start is not None:
            given["network"] = start.layers(dataset)
        recipe = changed(named(self.recipe, brief), given, brief)
        for reason in recipe.reasons:
            say(reason)
        if start is not None:
            say(start.told(dataset.classes))
        if self.settings.patience is not None and not _SCHEDULING & given.keys():
            recipe = dataclasses.replace(recipe, schedule=_level(recipe, brief))
        return self._settings(recipe)

    def settled(self) -> RunSettings | Plan:
        """Return all settings where they are the same for any images, else the plan."""
        if self.recipe != "reference" or _ASKS_THE_IMAGES & self.given.keys():
            return self
        return from_options({**DEFAULTS, **self.given, "recipe": self.recipe})

    def _settings(self, recipe: Recipe) -> RunSettings:
        is_own = self.recipe != "reference" or bool({"network", "start_from"} & self.given.keys())
        return dataclasses.replace(
            self.settings,
            network=layers_to_text(recipe.network.layers) if is_own else None,
            epochs=self.given.get("epochs"),
            time=self.given.get("time"),
            **{name: getattr(recipe, name) for name in _PARTS},
        )


def _start(given: Mapping[str, Any]) -> Start:
    """Return the model to start from; refuse layers beside it."""
    if given.get("network") is not None:
        raise ConfigurationError(
            Argument("network"), " and ", Argument("start_from"), " are both given, and either "
            "says what the layers are; leave one out.",
        )  # fmt: skip
    return Start.read(given["start_from"])


def _level(recipe: Recipe, brief: Brief) -> Schedule:
    """Return a schedule that stays level, so that patience says when the learning rate falls.

    It rises over the first pass, and if patience never runs out it falls over the last tenth.
    """
    return Schedule(warmup=min(0.1, brief.images / recipe.images), cooldown=0.1)


_SCHEDULING = {"schedule", *settings_of_kinds("schedule")}
"""The options that say how the learning rate changes."""

_ASKS_THE_IMAGES = {"network", "epochs", "time", "patience", "start_from"}
"""The options that mean something only once the images are known."""

_PARTS = (
    "images", "batch_size", "sections", "optimizer", "clip_norm", "schedule", "average",
    "augmentation",
)  # fmt: skip
"""What a recipe and the settings of a run both have."""


def default_recipe(data: str | None) -> str:
    """Return the recipe for data of a name where none was asked for.

    The bundled digits stand for MNIST where that is out of reach.

    Examples
    --------
    >>> default_recipe(None), default_recipe("mnist"), default_recipe("photos")
    ('reference', 'reference', 'auto')
    """
    return "reference" if data in (None, "mnist", "digits") else "auto"


def network_of(settings: RunSettings, input_shape: tuple[int, ...], classes: int) -> Network:
    """Return the network of settings that are complete.

    Raises
    ------
    NetworkError
        It does not suit the images.
    """
    if settings.network is None:
        return presets.reference(input_shape, classes)
    return Network(layers_from_text(settings.network), input_shape)


def told_apart(recorded: RunSettings, given: Mapping[str, Any]) -> str | None:
    """Return which of the options of a plan is not what a run recorded; None if all are."""
    for name in ("recipe", "network", "epochs", "time", "patience", "class_weight", "start_from"):
        value = given.get(name)
        if value is None:
            continue
        if name == "network":
            value = layers_to_text(layers_from_text(value))
        if value != getattr(recorded, name):
            return name
    return None
