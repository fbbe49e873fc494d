"""The settings of CNNClassifier: looked at, and made into a network and an augmentation."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pellucid.arguments import flag, is_whole, share, whole
from pellucid.errors import ConfigurationError, NetworkError
from pellucid.estimators.classes import check_class_weight
from pellucid.estimators.rows import image_shape_of
from pellucid.images.augmentation import Augmentation
from pellucid.images.pixel_range import check_pixel_range, is_auto
from pellucid.network import presets
from pellucid.network.layers import Dense, Layer
from pellucid.network.network import Network
from pellucid.training import Adam

__all__ = [
    "build_augmentation",
    "build_network",
    "check_jobs",
    "check_settings",
    "check_unchanged",
]


def check_settings(classifier: Any) -> None:
    """Refuse a parameter of the classifier that can't be used.

    Raises
    ------
    ConfigurationError
        The message names the parameter, its value and what it must be.
    """
    whole("n_iter_no_change", classifier.n_iter_no_change, least=1)
    for name in ("max_iter", "batch_size"):
        value = getattr(classifier, name)
        if not is_auto(value):
            whole(name, value, least=1, hint=", or 'auto'")
    share("validation_fraction", classifier.validation_fraction)
    try:
        Adam(classifier.learning_rate, classifier.beta1, classifier.beta2, classifier.epsilon)
    except ConfigurationError as error:  # which calls epsilon eps
        raise ConfigurationError(re.sub(r"^eps\b", "epsilon", str(error))) from None
    wanted = classifier.augmentation
    if not (isinstance(wanted, Augmentation | None) or is_auto(wanted)):
        raise ConfigurationError(
            f"augmentation is {wanted!r}; it must be 'auto', None, or an Augmentation, for example "
            "Augmentation()."
        )
    check_class_weight(classifier.class_weight)
    check_jobs(classifier.n_jobs)
    for name in ("early_stopping", "warm_start"):
        flag(name, getattr(classifier, name))
    flag("verbose", classifier.verbose, also_whole=True)
    if not is_auto(classifier.pixel_range):
        check_pixel_range(classifier.pixel_range)
    callbacks = classifier.callbacks
    if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
        raise ConfigurationError(
            f"callbacks is {callbacks!r}; it must be a list of functions that take an Epoch."
        )


def check_jobs(jobs: Any) -> None:
    """Refuse an ``n_jobs`` that can't be used; raise ConfigurationError."""
    if jobs is not None and (not is_whole(jobs) or jobs == 0):
        raise ConfigurationError(
            f"n_jobs is {jobs!r}; it must be a whole number but 0, or None: -1 is one thread on "
            "each processor."
        )


def check_unchanged(classifier: Any) -> None:
    """Refuse a parameter that was changed after a training that is to go on.

    Raises
    ------
    ConfigurationError
        ``network``, ``image_shape`` or ``pixel_range`` is not what the classifier was trained with.
    """
    network, anew = classifier.network_, "set it back, or train anew with warm_start=False"
    if build_network(classifier.network, network.input_shape, network.classes) != network:
        raise NetworkError(f"network is not the one that was trained, network_; {anew}.")
    wanted = classifier.image_shape
    if wanted is not None:
        found = image_shape_of((math.prod(network.input_shape),), wanted)
        if found != network.input_shape:
            raise ConfigurationError(
                f"image_shape is {wanted!r}, but training had images of shape "
                f"{network.input_shape} (channels, height, width); {anew}."
            )
    wanted, known = classifier.pixel_range, classifier.pixel_range_
    if not is_auto(wanted) and check_pixel_range(wanted) != known:
        raise ConfigurationError(f"pixel_range is {wanted!r}, but training had {known}; {anew}.")


def build_network(
    wanted: Network | Iterable[Layer] | None, image_shape: tuple[int, ...], classes: int
) -> Network:
    """Return the network to train: the user's, or one that fits.

    A list of layers that does not end in Dense is followed by ``Dense(classes)``.

    Raises
    ------
    NetworkError
        The user's network takes other images, or gives another number of classes.
    """
    if wanted is None:
        return presets.default(image_shape, classes)
    if isinstance(wanted, str) or not isinstance(wanted, Network | Iterable):
        raise NetworkError(
            f"network is {wanted!r}; it must be a list of layers, a Network, or None."
        )
    if isinstance(wanted, Network):
        network = wanted
    else:
        layers = list(wanted)
        is_open = layers and not isinstance(layers[-1], Dense)
        network = Network([*layers, Dense(classes)] if is_open else layers, image_shape)
    if network.input_shape != image_shape:
        raise NetworkError(
            f"The network takes images of shape {network.input_shape} (channels, height, width), "
            f"but X holds images of shape {image_shape}; set image_shape, or change the network."
        )
    if network.classes != classes:
        raise NetworkError(
            f"The network ends in {network.classes} outputs, but y has {classes} classes; end it "
            f"with Dense({classes})."
        )
    return network


def build_augmentation(
    wanted: Augmentation | str | None, input_shape: tuple[int, ...]
) -> Augmentation | None:
    """Return how to randomize: what the user wants, or something mild that fits the images.

    Examples
    --------
    >>> build_augmentation("auto", (1, 28, 28)).shift
    (-2.8, 2.8)
    >>> build_augmentation("auto", (1, 1, 30)) is None
    True
    """
    if not isinstance(wanted, str):
        return wanted
    side = min(input_shape[1:])
    if side < 8:
        return None
    shift = round(0.1 * side, 3)
    return Augmentation(
        scale=(0.9, 1.1),
        rotation=(-15.0, 15.0),
        shift=(-shift, shift),
        noise_probability=(0.0, 0.0),
    )
