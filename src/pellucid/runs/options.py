"""The settings of a run as options: each described once, for whoever lets a person choose them.

To add a setting, give :class:`RunSettings` (or one of the parts it holds) a field and ``OPTIONS``
an entry. The option of ``pellucid train``, its type and its default come from the two.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from pellucid.images.augmentation import Augmentation
from pellucid.recipes.options import KINDS, part_from_options, part_to_options, settings_of_kinds
from pellucid.recipes.randomizing import STEPS, Randomize, from_words, to_words, told_default
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


def _step(name: str, help: str, **more: str) -> Option:
    return _randomizing(name, help, default=told_default(name), **more)


def _range(name: str, help: str) -> Option:
    return _step(name, help, values="LOW HIGH")


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
        "validation_share",
        "Part of each class of the training images to hold back, and to measure on while training; "
        "0 measures nothing.",
        default="the data's own images to validate, if there are such",
    ),
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
    _training(
        "recipe",
        "What to train and how, by name (see 'pellucid recipes') or from a .toml or .json file; "
        "options given beside it go before it.",
        default="reference with mnist and digits, else auto",
    ),
    _training(
        "network",
        "Layers of a network of your own, such as 'Conv2D(16, 3), ReLU, MaxPool2D(2), Flatten, "
        "Dense(64), ReLU', or a file of them.",
        values="LAYERS",
        default="the recipe's",
    ),
    _training("epochs", "Passes over the training images.", default="the recipe's"),
    _training(
        "time",
        "Train as well as can be within so much time, such as 30s or 2min.",
        default="as long as the recipe takes",
    ),
    _training(
        "patience",
        "End early: once the accuracy on the images to validate has not risen for so many passes, "
        "let the learning rate fall, and keep what was best. Without images to validate a tenth of "
        "the training images is held back.",
        values="PASSES",
        default="never; all images are drawn",
    ),
    _training(
        "class_weight",
        "What an image of each class counts: balanced, so that rare classes count as much as "
        "common ones, or some classes by name, as in cat=2,dog=0.5.",
        values="balanced|NAME=WEIGHT,...",
        default="every image counts alike",
    ),
    _training(
        "start_from",
        "Begin with what a model has learned, in place of initial values: its file, or a run's "
        "folder. Classes may be added.",
        values="MODEL",
        default="initial values",
    ),
    _training(
        "images",
        "Training images to draw in all, again and again if need be.",
        default="the recipe's; 81000 of reference",
    ),
    _training("batch_size", "Images in each update.", default="the recipe's; 1024 of reference"),
    _training("optimizer", "What takes the steps."),
    _training("learning_rate", "The optimizer's step size."),
    _training("beta1", "How much of the gradient's mean Adam keeps from update to update."),
    _training("beta2", "How much of the squared gradient's mean Adam keeps."),
    _training("eps", "What keeps Adam from dividing by zero."),
    _training("momentum", "How much of the running sum of gradients SGD keeps.", default="0"),
    _training("nesterov", "Let SGD's steps look ahead, as Nesterov's do."),
    _training(
        "weight_decay",
        "How much filters and weights shrink, with adamw and sgd.",
        default="0.01 of adamw, 0 of sgd",
    ),
    _training(
        "clip_norm", "The largest norm of a batch's mean gradient.", default="gradients as they are"
    ),
    _training("schedule", "How the learning rate changes."),
    _training("warmup", "Share of the updates in which the learning rate rises."),
    _training("cooldown", "Share of the updates in which it falls, if linear."),
    _training("final_factor", "What the rate falls to, as a part of it, if cosine.", default="0"),
    _training("div_factor", "The largest rate over the first, if one-cycle.", default="25"),
    _training("final_div_factor", "The first rate over the last, if one-cycle.", default="10000"),
    _training("step_size", "Share of the updates in a step, if step.", default="0.3"),
    _training("gamma", "What the rate is multiplied by at each step, if step.", default="0.1"),
    _training("average", "Average of the weights that predicts in place of the last ones."),
    _training("average_decay", "How much an exponential average keeps.", default="0.99"),
    _training(
        "average_start",
        "Share of the updates after which the average begins.",
        default="0 of exponential, 0.75 of mean",
    ),
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
    _randomizing(
        "randomize",
        "How training images are randomized: as suits digits, as suits photos, or not at all. "
        "The options below change single steps.",
    ),
    _range("scale", "Factor of the size."),
    _range("rotation", "Angle in degrees, counter-clockwise."),
    _range("shift", "Shift in x and in y, in pixels."),
    _range("noise_probability", "Share of the pixels that get noise."),
    _range("noise", "What is added to them, where 0 is black and 1 is white."),
    _step("mirror", "Probability that left and right change sides."),
    _step(
        "border",
        "What comes in from outside an image: zeros, its outermost pixels again (repeat), or the "
        "image reflected at them (reflect).",
    ),
    _step("whole_shift", "Shift by whole pixels, which leaves images as sharp as they are."),
    _range("crop", "Share of the image's area that is made the whole of it."),
    _range("crop_aspect", "Its ratio of width to height, over the image's own."),
    _range("brightness", "Factor of all pixels."),
    _range("contrast", "Factor of their distance to the image's mean gray."),
    _range("saturation", "Factor of their distance to their own gray."),
    _range("hue", "How far the circle of colors is turned, from -0.5 to 0.5."),
    _step("erase", "Probability that a rectangle is erased."),
    _range("erase_area", "Share of the image's area that it takes."),
    _range("erase_aspect", "Its ratio of width to height, over the image's own."),
    _step(
        "mixup",
        "How much images are mixed with others: 0.2 a little, 1 evenly (shares are drawn from "
        "Beta(mixup, mixup)).",
    ),
)
"""Every option of a run, in the order a person reads them."""


def to_options(settings: RunSettings) -> dict[str, Any]:
    """Return the settings by the names of their options, those of the parts among them.

    What a part of another kind would have is None, or False: not set.
    """
    options: dict[str, Any] = {}
    for name, value in vars(settings).items():
        if name in KINDS:
            options |= part_to_options(name, value)
        elif name == "augmentation":
            options |= to_words(value)
        else:
            options[name] = value
    return options


def from_options(options: dict[str, Any]) -> RunSettings:
    """Return the settings for options as :func:`to_options` names them.

    Raises
    ------
    ConfigurationError
        An option is out of bounds, or of another kind of optimizer, schedule or average.
    """

    def given(kind: Any) -> dict[str, Any]:
        names = [field.name for field in dataclasses.fields(kind)]
        return {name: options[name] for name in names if name in options}

    parts = {part: part_from_options(part, options, DEFAULTS.items()) for part in KINDS}
    parts["augmentation"] = from_words(options)
    return RunSettings(**{**given(RunSettings), **parts})


DEFAULTS = to_options(RunSettings())
"""The default of every option, by its name; None, or False, for what is not set."""


def _types() -> dict[str, Any]:
    types: dict[str, Any] = {"randomize": Randomize}
    types |= {name: kind for name, kind in get_type_hints(RunSettings).items() if name in DEFAULTS}
    types |= {name: get_type_hints(Augmentation)[name] | None for name in STEPS}
    for part, kinds in KINDS.items():
        types[part] = Literal[tuple(kinds)]
        for name, field in settings_of_kinds(part).items():
            kind = type(field.default)
            types[name] = kind if DEFAULTS[name] is not None else kind | None
    return types


TYPES = _types()
"""The type of every option, by its name."""
