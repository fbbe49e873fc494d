"""The settings of an estimator: its parameters, checked, and what they become for some images."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joblib import effective_n_jobs

from pellucid.arguments import flag, is_whole, share, whole
from pellucid.errors import ConfigurationError, NetworkError
from pellucid.estimators.classes import check_class_weight
from pellucid.estimators.passes import Epoch
from pellucid.estimators.rows import image_shape_of
from pellucid.images.augmentation import Augmentation
from pellucid.images.pixel_range import check_pixel_range, is_auto
from pellucid.network import presets
from pellucid.network.layers import Dense, Layer, Shape
from pellucid.network.network import Network
from pellucid.training import Adam

__all__ = ["Settings", "build_augmentation", "build_network", "parameters_of", "workers_for"]


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that is a dataclass, by name and as they were given.

    An iterator of layers, which can be gone through only once, becomes a list, there too.
    """
    if hasattr(estimator.network, "__next__"):
        estimator.network = list(estimator.network)
    return {item.name: getattr(estimator, item.name) for item in dataclasses.fields(estimator)}


@dataclass(frozen=True)
class Settings:
    """What a call goes by: the parameters of an estimator, which mean the same and can be used.

    ``optimizer`` holds ``learning_rate``, ``beta1``, ``beta2`` and ``epsilon``, and ``workers`` is
    the number of threads that ``n_jobs`` stands for.
    """

    network: Network | Iterable[Layer] | None
    image_shape: Shape | None
    pixel_range: Any
    max_iter: int | str
    batch_size: int | str
    optimizer: Adam
    augmentation: Augmentation | str | None
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    warm_start: bool
    workers: int
    random_state: Any
    verbose: bool | str
    callbacks: tuple[Callable[[Epoch], object], ...]
    class_weight: Mapping[Any, float] | str | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Settings:
        """Return the settings that parameters stand for, or refuse one that can't be used.

        Raises
        ------
        ConfigurationError
            The message names the parameter, its value and what it must be.
        """
        checked = dict(parameters)
        for name, check in _CHECKS.items():
            if name in checked:
                checked[name] = check(name, checked[name])
        checked["optimizer"] = _adam(parameters)
        checked["workers"] = workers_for(parameters["n_jobs"])
        names = {item.name for item in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in checked.items() if name in names})

    def check_unchanged(self, network: Network, pixel_range: tuple[float, float]) -> None:
        """Refuse a parameter that was changed after a training that is to go on.

        Raises
        ------
        ConfigurationError
            ``network``, ``image_shape`` or ``pixel_range`` is not what was trained with.
        """
        anew = "set it back, or train anew with warm_start=False"
        if build_network(self.network, network.input_shape, network.classes) != network:
            raise NetworkError(f"network is not the one that was trained, network_; {anew}.")
        shape, (channels, *sides) = self.image_shape, network.input_shape
        if shape is not None and list(shape) != [*sides, channels]:
            wanted = image_shape_of((math.prod(network.input_shape),), shape)
            if wanted != network.input_shape:
                raise ConfigurationError(
                    f"image_shape is {shape!r}, but training had images of shape "
                    f"{network.input_shape} (channels, height, width); {anew}."
                )
        bounds = self.pixel_range
        if not is_auto(bounds) and check_pixel_range(bounds) != pixel_range:
            raise ConfigurationError(
                f"pixel_range is {bounds!r}, but training had {pixel_range}; {anew}."
            )


def workers_for(jobs: Any) -> int:
    """Return the number of threads for an ``n_jobs``; raise ConfigurationError if it is none."""
    if jobs is not None and (not is_whole(jobs) or jobs == 0):
        raise ConfigurationError(
            f"n_jobs is {jobs!r}; it must be a whole number but 0, or None: -1 is one thread on "
            "each processor."
        )
    return int(effective_n_jobs(jobs))


def _whole_or_auto(name: str, value: Any) -> int | str:
    return "auto" if is_auto(value) else whole(name, value, least=1, hint=", or 'auto'")


def _pixel_range(name: str, value: Any) -> Any:
    if not is_auto(value):
        check_pixel_range(value, name)
    return value  # as it was given: messages name it


def _fraction(name: str, value: Any) -> Any:
    share(name, value)
    return value  # as it was given: a part of n in float32 is rounded as such


def _augmentation(name: str, value: Any) -> Any:
    is_named = is_auto(value) or (isinstance(value, str) and value == "photos")
    if not (isinstance(value, Augmentation | None) or is_named):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be 'auto', 'photos', None, or an Augmentation, for "
            "example Augmentation()."
        )
    return value


def _class_weight(name: str, value: Any) -> Any:
    check_class_weight(value)
    return value


def _verbose(name: str, value: Any) -> bool | str:
    if isinstance(value, str) and value == "bar":
        return value
    return flag(name, value, also_whole=True, hint=", or 'bar'")


def _callbacks(name: str, value: Any) -> tuple[Callable[[Epoch], object], ...]:
    if callable(value):
        return (value,)
    if not isinstance(value, Sequence) or not all(map(callable, value)):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a function that takes an Epoch, or a list of them."
        )
    return tuple(value)


def _adam(parameters: Mapping[str, Any]) -> Adam:
    values = [parameters[name] for name in ("learning_rate", "beta1", "beta2", "epsilon")]
    try:
        Adam(*values)
    except ConfigurationError as error:
        raise error.named(lambda name: "epsilon" if name == "eps" else name) from None
    return Adam(*map(float, values))


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "n_iter_no_change": lambda name, value: whole(name, value, least=1),
    "max_iter": _whole_or_auto,
    "batch_size": _whole_or_auto,
    "validation_fraction": _fraction,
    "augmentation": _augmentation,
    "class_weight": _class_weight,
    "early_stopping": flag,
    "warm_start": flag,
    "verbose": _verbose,
    "pixel_range": _pixel_range,
    "callbacks": _callbacks,
}
"""What refuses a parameter, or returns it as the settings have it.

``network``, ``image_shape`` and ``random_state`` are looked at where the images are known.
"""


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
    """Return how to randomize: what the user wants, or what fits the images, by name.

    Examples
    --------
    >>> build_augmentation("auto", (1, 28, 28)).shift
    (-2.8, 2.8)
    >>> build_augmentation("photos", (3, 64, 64)).shift
    (-8.0, 8.0)
    >>> build_augmentation("auto", (1, 1, 30)) is None
    True
    """
    if not isinstance(wanted, str):
        return wanted
    side = min(input_shape[1:])
    if wanted == "photos":
        return Augmentation.photos(side)
    if side < 8:
        return None
    shift = round(0.1 * side, 3)
    return Augmentation(
        scale=(0.9, 1.1),
        rotation=(-15.0, 15.0),
        shift=(-shift, shift),
        noise_probability=(0.0, 0.0),
    )
