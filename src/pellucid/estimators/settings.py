"""The settings of an estimator: its parameters, checked, and what they become for some images."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joblib import effective_n_jobs

from pellucid.arguments import flag, instance, is_whole, positive, seconds, share, whole
from pellucid.errors import ConfigurationError, NetworkError, did_you_mean
from pellucid.estimators.classes import check_class_weight
from pellucid.estimators.passes import Epoch
from pellucid.estimators.rows import image_shape_of
from pellucid.estimators.tasks import LOSSES_OF_NUMBERS
from pellucid.images.augmentation import Augmentation
from pellucid.images.pixel_range import check_pixel_range, is_auto
from pellucid.network import presets
from pellucid.network.layers import Dense, Layer, Shape
from pellucid.network.loss import IN_WORDS, CrossEntropy, Loss
from pellucid.network.network import Network
from pellucid.recipes import RECIPES, Brief, is_recipe_file, named, read_recipe
from pellucid.training import Adam
from pellucid.training.averages.base import BaseAverage
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule

__all__ = [
    "Settings",
    "Wanted",
    "as_parameter",
    "build_network",
    "parameters_of",
    "workers_for",
]

_NAMES = {"eps": "epsilon", "workers": "n_jobs"}


def as_parameter(name: str) -> str:
    """Return the parameter of an estimator that is an argument of what lies below it."""
    return _NAMES.get(name, name)


_CROSS_ENTROPY = CrossEntropy()


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that is a dataclass, by name and as they were given.

    An iterator of layers, which can be gone through only once, becomes a list, there too.
    """
    if hasattr(estimator.network, "__next__"):
        estimator.network = list(estimator.network)
    return {item.name: getattr(estimator, item.name) for item in dataclasses.fields(estimator)}


@dataclass(frozen=True)
class Wanted:
    """A recipe that somebody wants.

    Attributes
    ----------
    name : str
        Its name.
    changes : dict
        What a file has in place of what that recipe says.
    """

    name: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """What a call goes by: the parameters of an estimator, which mean the same and can be used.

    ``optimizer`` is the one that was given, Adam with ``learning_rate``, ``beta1``, ``beta2`` and
    ``epsilon`` where one of these was, or None for the recipe's; ``max_time`` is in seconds, and
    ``workers`` is the number of threads that ``n_jobs`` stands for.
    """

    network: Network | Iterable[Layer] | None
    image_shape: Shape | None
    pixel_range: Any
    max_iter: int | str
    batch_size: int | str
    optimizer: Optimizer | None
    augmentation: Augmentation | str | None
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    warm_start: bool
    workers: int
    random_state: Any
    verbose: bool | str
    callbacks: tuple[Callable[[Epoch], object], ...]
    unknown: float | None = None
    class_weight: Mapping[Any, float] | str | None = None
    loss: Loss | None = None
    clip_norm: float | None = None
    schedule: BaseSchedule | None = None
    average: BaseAverage | None = None
    recipe: Wanted = Wanted("auto", {})
    max_time: float | None = None

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
        checked["optimizer"] = _optimizer(parameters)
        checked["workers"] = workers_for(parameters["n_jobs"])
        names = {item.name for item in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in checked.items() if name in names})

    def check_unchanged(
        self, network: Network, pixel_range: tuple[float, float], loss: Loss, default: Network
    ) -> None:
        """Refuse a parameter that was changed after a training that is to go on.

        ``default`` is the network where none is given.

        Raises
        ------
        ConfigurationError
            ``network``, ``image_shape`` or ``pixel_range`` is not what was trained with.
        """
        anew = "set it back, or train anew with warm_start=False"
        if not isinstance(self.network, Network) and loss != network.loss:
            raise ConfigurationError(
                f"The loss would be {loss}, but training had {network.loss}; {anew}."
            )
        asked = default
        if self.network is not None:
            asked = build_network(self.network, network.input_shape, network.classes, loss)
        if not asked.computes_as(network):  # how it starts no longer matters
            raise NetworkError(f"network is not the one that was trained, network_; {anew}.")
        shape, (channels, *sides) = self.image_shape, network.input_shape
        if shape is not None and list(shape) not in ([*sides, channels], sides):
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


def _unknown(name: str, value: Any) -> float | None:
    hint = ", such as 0.05, or None"
    return None if value is None else share(name, value, hint)


def _augmentation(name: str, value: Any) -> Any:
    is_named = isinstance(value, str) and value in ("auto", "photos", "drawings")
    if not (isinstance(value, Augmentation | None) or is_named):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be 'auto', 'photos', 'drawings', None, or an "
            "Augmentation, for example Augmentation()."
        )
    return value


def _class_weight(name: str, value: Any) -> Any:
    check_class_weight(value)
    return value


def _verbose(name: str, value: Any) -> bool | str:
    if isinstance(value, str) and value == "bar":
        return value
    return flag(name, value, also_whole=True, hint=", or 'bar'")


def _loss(name: str, value: Any) -> Loss:
    if not isinstance(value, str) or value not in LOSSES_OF_NUMBERS:
        hint = did_you_mean(str(value), LOSSES_OF_NUMBERS)
        names = ", ".join(map(repr, LOSSES_OF_NUMBERS))
        raise ConfigurationError(f"{name} is {value!r}; it must be one of {names}.{hint}")
    return LOSSES_OF_NUMBERS[value]


def _callbacks(name: str, value: Any) -> tuple[Callable[[Epoch], object], ...]:
    if callable(value):
        return (value,)
    if not isinstance(value, Sequence) or not all(map(callable, value)):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a function that takes an Epoch, or a list of them."
        )
    return tuple(value)


def _schedule(name: str, value: Any) -> BaseSchedule | None:
    kind: Any = BaseSchedule  # which is abstract
    return None if value is None else instance(name, value, kind, "CosineSchedule(warmup=0.1)")


def _average(name: str, value: Any) -> BaseAverage | None:
    kind: Any = BaseAverage  # abstract too
    return None if value is None else instance(name, value, kind, "MeanAverage()")


def _clip_norm(name: str, value: Any) -> float | None:
    return None if value is None else positive(name, value, ", for example 1.0; None clips nothing")


ADAM = {"learning_rate": 0.003, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
"""The defaults of what is set of Adam, where no optimizer is given."""


def _optimizer(parameters: Mapping[str, Any]) -> Optimizer | None:
    """Return the optimizer that is given, if any; refuse settings of Adam beside another."""
    given = parameters.get("optimizer")
    if given is None:
        adam = _adam(parameters)
        is_given = any(parameters[name] != default for name, default in ADAM.items())
        return adam if is_given else None
    kind: Any = Optimizer  # abstract too
    instance("optimizer", given, kind, "AdamW(0.003, weight_decay=0.05)")
    for name, default in ADAM.items():
        if parameters[name] != default:
            raise ConfigurationError(
                f"{name} is {parameters[name]!r}, but optimizer is {given!r}, which has settings "
                f"of its own; give them to it, and leave {name} out.",
                argument=name,
            )
    return given  # type: ignore[no-any-return]  # instance has looked


def _adam(parameters: Mapping[str, Any]) -> Adam:
    values = [parameters[name] for name in ADAM]
    try:
        Adam(*values)
    except ConfigurationError as error:
        raise error.named(as_parameter) from None
    return Adam(*map(float, values))


def _recipe(name: str, value: Any) -> Wanted:
    if not isinstance(value, str | os.PathLike):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be one of {', '.join(map(repr, RECIPES))}, or the path "
            "of a recipe's file."
        )
    text = os.fspath(value)
    if is_recipe_file(text):
        changes = read_recipe(text)
        return Wanted(changes.pop("recipe", "auto"), changes)
    if text not in RECIPES:
        named(text, Brief((1, 28, 28), 2, 1))  # which refuses it
    return Wanted(text, {})


def _max_time(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, str):
        return seconds(name, value)
    return positive(name, value, ", in seconds, such as 60, or a text such as '2min'")


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "n_iter_no_change": lambda name, value: whole(name, value, least=1),
    "max_iter": _whole_or_auto,
    "batch_size": _whole_or_auto,
    "validation_fraction": _fraction,
    "augmentation": _augmentation,
    "class_weight": _class_weight,
    "early_stopping": flag,
    "unknown": _unknown,
    "warm_start": flag,
    "verbose": _verbose,
    "pixel_range": _pixel_range,
    "loss": _loss,
    "callbacks": _callbacks,
    "schedule": _schedule,
    "average": _average,
    "clip_norm": _clip_norm,
    "recipe": _recipe,
    "max_time": _max_time,
}
"""What refuses a parameter, or returns it as the settings have it.

``network``, ``image_shape`` and ``random_state`` are looked at where the images are known.
"""


def build_network(
    wanted: Network | Iterable[Layer] | None,
    image_shape: tuple[int, ...],
    classes: int,
    loss: Loss = _CROSS_ENTROPY,
) -> Network:
    """Return the network to train: the user's, or one that fits.

    A list of layers that does not end in Dense is followed by ``Dense(classes)``, and has the loss.
    A network of the user's has its own, of the same kind.

    Raises
    ------
    NetworkError
        The user's network takes other images, gives another number of classes, or has a loss of
        another kind.
    """
    if wanted is None:
        return presets.default(image_shape, classes, loss)
    if isinstance(wanted, str) or not isinstance(wanted, Network | Iterable):
        raise NetworkError(
            f"network is {wanted!r}; it must be a list of layers, a Network, or None."
        )
    if isinstance(wanted, Network):
        network = wanted
    else:
        layers = list(wanted)
        is_open = layers and not isinstance(layers[-1], Dense)
        network = Network([*layers, Dense(classes)] if is_open else layers, image_shape, loss)
    if network.input_shape != image_shape:
        raise NetworkError(
            f"The network takes images of shape {network.input_shape} (channels, height, width), "
            f"but X holds images of shape {image_shape}; set image_shape, or change the network."
        )
    if network.loss.targets != loss.targets:
        raise NetworkError(
            f"The network has the loss {network.loss}, but y holds {IN_WORDS[loss.targets]}; make "
            f"it Network(layers, input_shape, {loss})."
        )
    if network.classes != classes:
        what = {"classes": "classes", "labels": "labels", "numbers": "columns"}[loss.targets]
        raise NetworkError(
            f"The network ends in {network.classes} outputs, but y has {classes} {what}; end it "
            f"with Dense({classes})."
        )
    return network
