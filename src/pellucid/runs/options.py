"""The settings of a run as options: each described once, for whoever lets a person choose them.

To add a setting, give :class:`RunSettings` (or one of the parts it holds) a field and ``OPTIONS``
an entry. The option of ``pellucid train``, its type and its default come from the two.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, get_type_hints

from pellucid.runs.settings import RunSettings

__all__ = ["DEFAULTS", "OPTIONS", "TYPES", "Option", "from_options", "to_options"]


@dataclass(frozen=True)
class Option:
    """How a person is told of a setting.

    Attributes
    ----------
    name : str
        The field's, in :class:`RunSettings` or a part of it.
    panel : str
        The group it stands in.
    help : str
        What it does, in a sentence.
    values : str or None
        What to give, where its type does not say it.
    default : str or None
        The default in words, where its value does not say it.
    """

    name: str
    panel: str
    help: str
    values: str | None = None
    default: str | None = None


def _data(name: str, help: str, **more: str) -> Option:
    return Option(name, "Data", help, **more)


def _training(name: str, help: str, **more: str) -> Option:
    return Option(name, "Training", help, **more)


def _randomizing(name: str, help: str, **more: str) -> Option:
    return Option(name, "Randomizing", help, **more)


def _range(name: str, help: str) -> Option:
    return _randomizing(name, help, values="LOW HIGH")


OPTIONS = (
    _data(
        "data",
        "A name from 'pellucid data list'; an .npz, .npy, .mat, .csv, .tsv, .csv.gz, .parquet or "
        "IDX file; a folder of IDX files, of train.csv, of arrays, of Parquet files, or with a "
        "subfolder of pictures for each class; or several of them joined with +, as in "
        "mnist+mine.csv.",
        default="mnist; where it is out of reach, digits",
    ),
    _data(
        "size",
        "Bring pictures to this size. Rows of a .csv file are images of it.",
        values="HEIGHT WIDTH",
        default="as they are",
    ),
    _data(
        "fit",
        "How pictures are brought to it: resize the whole, or as MNIST's digits are, the ink cut "
        "out and centered. The model does the same to what it is to predict.",
    ),
    _data("skip_bad", "Go on without bad files and rows, and say how many."),
    _data("test_share", "Part of each class to keep for the test, if there are no test images."),
    _data(
        "label",
        "Column of a .csv or .parquet file that holds the classes: its name, or its number from 0, "
        "where -1 is the last.",
        values="COLUMN",
        default="label, or what is like it",
    ),
    _data(
        "pixel_range",
        "Numbers in a .csv file or in arrays that are black and white.",
        values="LOW HIGH",
        default="as the first images tell",
    ),
    _data(
        "channels",
        "Order of colors in rows of numbers and in arrays: all reds, greens, blues (first), or of "
        "each pixel in turn (last).",
        default="as the first images tell",
    ),
    _data(
        "transpose",
        "Turn images upright whose rows and columns are exchanged; EMNIST's are known by name.",
    ),
    _data("follow_links", "Follow links that lead out of a folder of pictures."),
    _training("images", "Training images to draw in all, again and again if need be."),
    _training("batch_size", "Images in each update."),
    _training("learning_rate", "Adam's step size."),
    _training("warmup", "Share of the updates in which the learning rate rises."),
    _training("cooldown", "Share of the updates in which the learning rate falls."),
    _training("beta1", "How much of the gradient's mean Adam keeps from update to update."),
    _training("beta2", "How much of the squared gradient's mean Adam keeps."),
    _training("eps", "What keeps Adam from dividing by zero."),
    _training("seed", "Number that all randomness comes from."),
    _training("sections", "Parts of a batch that are worked on at the same time."),
    _training(
        "workers",
        "Threads or processes. They never change the result.",
        default="one on each processor",
    ),
    _training(
        "executor", "What works on the sections: threads, processes, dask://HOST:PORT or mpi."
    ),
    _randomizing("randomize", "Randomize the training images."),
    _range("scale", "Factor of the size."),
    _range("rotation", "Angle in degrees, counter-clockwise."),
    _range("shift", "Shift in x and in y, in pixels."),
    _range("noise_probability", "Share of the pixels that get noise."),
    _range("noise", "What is added to them, where 0 is black and 1 is white."),
    _randomizing("mirror", "Probability that left and right change sides."),
    _randomizing(
        "border",
        "What comes in from outside an image: zeros, its outermost pixels again (repeat), or the "
        "image reflected at them (reflect).",
    ),
    _randomizing("whole_shift", "Shift by whole pixels, which leaves images as sharp as they are."),
    _range("crop", "Share of the image's area that is made the whole of it."),
    _range("crop_aspect", "Its ratio of width to height, over the image's own."),
    _range("brightness", "Factor of all pixels."),
    _range("contrast", "Factor of their distance to the image's mean gray."),
    _range("saturation", "Factor of their distance to their own gray."),
    _range("hue", "How far the circle of colors is turned, from -0.5 to 0.5."),
    _randomizing("erase", "Probability that a rectangle is erased."),
    _range("erase_area", "Share of the image's area that it takes."),
    _range("erase_aspect", "Its ratio of width to height, over the image's own."),
)
"""Every option of a run, in the order a person reads them."""

_PARTS: dict[str, Any] = {
    name: value for name, value in vars(RunSettings()).items() if dataclasses.is_dataclass(value)
}
"""The fields that hold settings themselves, with their defaults: optimizer, schedule and so on."""


def to_options(settings: RunSettings) -> dict[str, Any]:
    """Return the settings by the names of their options, those of the parts among them."""
    options: dict[str, Any] = {}
    for name, value in vars(settings).items():
        if name in _PARTS:
            options |= vars(_PARTS[name] if value is None else value)
        else:
            options[name] = value
    return options | {"randomize": settings.augmentation is not None}


def from_options(options: dict[str, Any]) -> RunSettings:
    """Return the settings for options as :func:`to_options` names them."""

    def given(kind: Any) -> dict[str, Any]:
        names = [field.name for field in dataclasses.fields(kind)]
        return {name: options[name] for name in names if name in options}

    parts = {name: type(part)(**given(part)) for name, part in _PARTS.items()}
    if not options["randomize"]:
        del parts["augmentation"]
    return RunSettings(**{"augmentation": None, **given(RunSettings), **parts})


DEFAULTS = to_options(RunSettings())
"""The default of every option, by its name."""

TYPES: dict[str, Any] = {
    name: kind
    for holder in (RunSettings, *map(type, _PARTS.values()))
    for name, kind in get_type_hints(holder).items()
    if name in DEFAULTS
} | {"randomize": bool}
"""The type of every option, by its name."""
