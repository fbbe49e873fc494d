"""The recipes that there are, by name; each is a function of what is known of the images."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from pellucid.errors import ConfigurationError, did_you_mean
from pellucid.images.augmentation import Augmentation
from pellucid.network import presets
from pellucid.network.network import Network
from pellucid.recipes.brief import Brief
from pellucid.recipes.recipe import Recipe
from pellucid.recipes.sizes import (
    batch_size_for,
    object_passes_for,
    passes_for,
    plain_passes_for,
    sections_for,
)
from pellucid.training import SGD, Adam, Schedule

__all__ = ["RECIPES", "augmentation_for", "named", "randomizing_for"]

LEAST_SIDE = 8
"""Pixels below which images are not randomized, and have no residual network."""

MANY = 20_000
"""Drawings from which on there is so much to learn from that they are randomized less, and objects
from which on the residual network is worth its time."""

OBJECT_SHIFT = 1.5 / 28
"""How far objects are shifted, of their side."""

RATE, FULL = 0.1, 128
"""The learning rate of SGD, and the batch below which it is smaller in proportion."""


def auto(brief: Brief) -> Recipe:
    """What suits the images: residual for photographs, signal for signals, plain for drawings."""
    chosen = residual if _is_deep(brief) else signal if _is_long(brief) else plain
    what = {
        "drawings": "drawings on a plain ground",
        "objects": "things on a plain ground, with shades",
        "photos": "photographs",
        "signals": "rows of values that go on from one to the next",
        "rows": "too small for pictures, or no pictures",
    }[brief.kind]
    made = chosen(brief)
    why = f"The images are {what}, so the recipe is {made.name}."
    return dataclasses.replace(made, reasons=(why, *made.reasons))


def plain(brief: Brief) -> Recipe:
    """Convolutions of 16 to 64 filters, and one hidden layer; Adam."""
    augmentation, reasons = randomizing_for(brief)
    return _recipe(
        brief, "plain", plain_passes_for(brief.images),
        network=presets.default(brief.input_shape, brief.outputs, brief.loss),
        optimizer=Adam(learning_rate=0.003, eps=1e-8),
        schedule=Schedule(warmup=0.1, cooldown=0.5),
        augmentation=augmentation, reasons=reasons,
    )  # fmt: skip


def signal(brief: Brief) -> Recipe:
    """Convolutions along a row of values; Adam."""
    made = plain(brief)
    network = presets.signal(brief.input_shape, brief.outputs, brief.loss)
    return dataclasses.replace(made, name="signal", network=network)


def residual(brief: Brief) -> Recipe:
    """Residual blocks with batch normalization, for photographs; SGD with Nesterov's momentum."""
    augmentation, reasons = randomizing_for(brief)
    is_object = brief.kind == "objects"
    passes = object_passes_for(brief.images) if is_object else passes_for(brief.images)
    rate = RATE * min(1.0, batch_size_for(brief.images) / FULL)
    return _recipe(
        brief, "residual", passes,
        network=presets.residual(brief.input_shape, brief.outputs, brief.loss),
        optimizer=SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-4),
        schedule=Schedule(warmup=0.2, cooldown=0.8),
        augmentation=augmentation, reasons=reasons,
    )  # fmt: skip


def reference(brief: Brief) -> Recipe:
    """The network that Pellucid began with, 5,880 parameters; 81,000 images in batches of 1,024."""
    layers = presets.reference(brief.input_shape, brief.outputs).layers
    return Recipe(
        name="reference",
        network=Network(layers, brief.input_shape, brief.loss),
        optimizer=Adam(learning_rate=0.05),
        schedule=Schedule(warmup=0.3, cooldown=0.3),
        augmentation=Augmentation(),
        images=81_000,
        batch_size=1024,
    )


RECIPES: dict[str, Callable[[Brief], Recipe]] = {
    "auto": auto,
    "plain": plain,
    "residual": residual,
    "signal": signal,
    "reference": reference,
}
"""Every recipe, by its name."""


def named(name: str, brief: Brief) -> Recipe:
    """Return a recipe for some images.

    Raises
    ------
    ConfigurationError
        There is none of that name.
    NetworkError
        Its network does not suit the images.

    Examples
    --------
    >>> named("auto", Brief((3, 32, 32), 10, 50_000, "photos")).name
    'residual'
    """
    if name not in RECIPES:
        raise ConfigurationError(
            f"recipe is {name!r}; it must be one of {', '.join(RECIPES)}, or a file of one."
            f"{did_you_mean(name, RECIPES)}",
            argument="recipe",
        )
    return RECIPES[name](brief)


def randomizing_for(brief: Brief) -> tuple[Augmentation | None, tuple[str, ...]]:
    """Return how to randomize images of a kind, and why.

    Examples
    --------
    >>> randomizing_for(Brief((3, 32, 32), 10, 500, "photos", False))[0].mirror
    0.0
    """
    kind = brief.kind if brief.kind in ("objects", "photos") else "drawings"
    made = augmentation_for(kind, brief.input_shape, brief.images)
    if made is None or brief.kind != "photos":
        return made, ()
    if brief.is_mirrored_alike is False:
        made = dataclasses.replace(made, mirror=0.0)
        return made, ("The classes are one-sided, so images are shifted but not mirrored.",)
    why = "left and right are alike in them" if brief.is_mirrored_alike else "photographs may be"
    return made, (f"Images are shifted, and half of them mirrored, for {why}.",)


def augmentation_for(kind: str, input_shape: tuple[int, ...], images: int) -> Augmentation | None:
    """Return how to randomize photographs, objects or drawings, None where they are small.

    Of few drawings much is made, for else they are learned by heart: turned by up to 15 degrees and
    shifted by a tenth of their side. Where there are many, that costs more than it brings; and
    things that were photographed mostly stand upright in the middle, so they are turned by up to 5
    degrees.

    Examples
    --------
    >>> augmentation_for("drawings", (1, 28, 28), 1000).shift
    (-2.8, 2.8)
    >>> augmentation_for("drawings", (1, 28, 28), 60_000).shift
    (-1.4, 1.4)
    >>> augmentation_for("objects", (1, 28, 28), 1000).shift
    (-1.5, 1.5)
    >>> augmentation_for("photos", (3, 64, 64), 1000).shift
    (-8.0, 8.0)
    >>> augmentation_for("drawings", (1, 1, 30), 1000) is None
    True
    """
    side = min(input_shape[1:])
    if kind == "photos":
        return Augmentation.photos(side)
    if side < LEAST_SIDE:
        return None
    part, turned, scaled = (0.1, 15.0, 0.1) if images < MANY else (0.05, 10.0, 0.1)
    if kind == "objects":
        part, turned, scaled = OBJECT_SHIFT, 5.0, 0.05
    shift = round(part * side, 3)
    return Augmentation(
        scale=(1 - scaled, 1 + scaled),
        rotation=(-turned, turned),
        shift=(-shift, shift),
        noise_probability=(0.0, 0.0),
    )


def _is_deep(brief: Brief) -> bool:
    is_much = brief.kind == "objects" and brief.images >= MANY
    return (brief.kind == "photos" or is_much) and min(brief.input_shape[1:]) >= LEAST_SIDE


def _is_long(brief: Brief) -> bool:
    lower, longer = sorted(brief.input_shape[1:])
    return brief.kind == "signals" and lower == 1 and longer >= presets.LEAST_LENGTH


def _recipe(brief: Brief, name: str, passes: int, network: Network, **parts: object) -> Recipe:
    """Return a recipe with the sizes that a number of images asks for."""
    batch_size = batch_size_for(brief.images)
    made: Callable[..., Recipe] = Recipe
    return made(
        name=name,
        images=brief.images * passes,
        batch_size=batch_size,
        sections=sections_for(batch_size),
        network=network,
        **parts,
    )
