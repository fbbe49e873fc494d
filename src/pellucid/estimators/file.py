"""A fitted estimator as a model file, and a model file as an estimator."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from pellucid.errors import ModelFileError
from pellucid.estimators.chosen import Chosen
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.settings import Settings, build_network, parameters_of
from pellucid.estimators.tasks import Scale
from pellucid.files.model_file import Model, load_model, save_model
from pellucid.images.augmentation import Augmentation
from pellucid.network.dictionary import layer_from_dict, layer_to_dict
from pellucid.network.layers import Layer
from pellucid.network.network import Network
from pellucid.recipes import RECIPES
from pellucid.recipes.looks import Kind
from pellucid.training import Adam, Trainer
from pellucid.training.averages.dictionary import average_from_dict
from pellucid.training.optimizers.dictionary import optimizer_from_dict
from pellucid.training.schedules.dictionary import schedule_from_dict

__all__ = ["load", "model_of", "save"]

T = TypeVar("T")

_KINDS = "biufUO"
"""The kinds of dtype that classes may have in a file."""


def save(path: str | os.PathLike[str], parameters: Mapping[str, Any], fitted: Fitted) -> None:
    """Write a fitted estimator; see :meth:`pellucid.CNNClassifier.save`."""
    # A file with settings that can't be used could not be loaded.
    Settings.of(parameters)
    network = fitted.network
    build_network(parameters["network"], network.input_shape, network.classes, network.loss)
    configuration: dict[str, Any] = {
        "estimator": _described(parameters, path),
        "classes": _plain_classes(fitted.classes, path),
        "classes_dtype": fitted.classes.dtype.str,
        "pixel_range": list(fitted.pixel_range),
        "preprocessing_is_guessed": fitted.is_guessed,
        "looks": fitted.looks and fitted.looks.to_dict(),
        "feature_names": _plain(fitted.feature_names),
        "seed": fitted.trainer.seed,
        "n_iter": fitted.n_iter,
        "loss_curve": _plain(fitted.loss_curve),
        "validation_scores": _measured(fitted.validation_scores),
        "validation_losses": _measured(fitted.validation_losses),
        "chosen": dataclasses.asdict(fitted.chosen),
    }
    if fitted.scale is not None:
        configuration["scale"] = _described_scale(fitted.scale)
    save_model(path, _model(fitted, configuration))


def model_of(fitted: Fitted) -> Model:
    """Return what an estimator has learned; see :meth:`pellucid.CNNClassifier.to_model`."""
    configuration: dict[str, Any] = {
        "estimator": {},
        "classes": fitted.classes.tolist(),
        "pixel_range": list(fitted.pixel_range),
        "preprocessing_is_guessed": fitted.is_guessed,
    }
    if fitted.scale is not None:
        configuration["scale"] = _described_scale(fitted.scale)
    return _model(fitted, configuration)


def _model(fitted: Fitted, configuration: dict[str, Any]) -> Model:
    return Model(
        network=fitted.network,
        parameters=fitted.parameters,
        # The user's own preprocessing can't know the range.
        preprocessing=dataclasses.replace(fitted.preprocessing, pixel_range=fitted.range_in_bytes),
        classes=tuple(str(name) for name in fitted.classes),
        known=fitted.known,
        configuration=configuration,
    )


def load(kind: type[T], path: str | os.PathLike[str]) -> tuple[T, Fitted]:
    """Return an estimator of some kind with its parameters, and what it has learned."""
    model = load_model(path)
    noun = "regressor" if issubclass(kind, RegressorMixin) else "classifier"
    holds = "regressor" if model.network.loss.targets == "numbers" else "classifier"
    if holds != noun:
        raise ModelFileError(
            f"{os.fspath(path)} holds a {holds}, so {kind.__name__} can't load it; use "
            f"CNN{holds.capitalize()}.load."
        )
    try:
        estimator = kind(**_parameters(kind, model))
        Settings.of(parameters_of(estimator))
        return estimator, _fitted(model)
    except Exception as error:
        # A hostile configuration can break anywhere, with any kind of error.
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(
            f"Can't load the {noun} {os.fspath(path)}: it holds a network, but settings that "
            f"are no {noun}'s ({type(error).__name__}: {reason})."
        ) from error


def _described(parameters: Mapping[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the parameters as JSON-ready values."""
    plain = [name for name in parameters if name not in (*_FORMS, *_NOT_KEPT)]
    described = {}
    for name in (*plain, *(name for name in _FORMS if name in parameters)):
        value = parameters[name]
        described[name] = _FORMS.get(name, _plain)(value)
        try:
            json.dumps(described[name])
        except (TypeError, ValueError) as error:
            raise ModelFileError(
                f"The estimator is not written to {os.fspath(path)}: its parameter {name} is "
                f"{value!r:.80}, which can't be JSON ({error}); use Python's own numbers, text "
                "and lists."
            ) from error
    return described


def _plain(value: Any) -> Any:
    """Return a value without NumPy's types."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _measured(values: list[float] | None) -> list[float | None] | None:
    """Return what was measured after every pass as JSON has it, which knows no NaN."""
    if values is None:
        return None
    return [None if math.isnan(value) else float(value) for value in values]


def _described_seed(seed: Any) -> int | None:
    return int(seed) if isinstance(seed, int | np.integer) else None


def _described_settings(settings: Any) -> Any:
    return settings and settings.to_dict()


def _described_augmentation(wanted: Augmentation | str | None) -> Any:
    return wanted.to_dict() if isinstance(wanted, Augmentation) else wanted


def _described_weights(weights: Mapping[Any, float] | str | None) -> Any:
    """Return a dictionary as pairs, for JSON's keys are strings."""
    if not isinstance(weights, Mapping):
        return weights
    return [[_plain(name), _plain(value)] for name, value in weights.items()]


def _described_scale(scale: Scale) -> dict[str, list[float]]:
    return {"mean": scale.mean.tolist(), "deviation": scale.deviation.tolist()}


def _chosen(stored: Any) -> Chosen:
    """Return what a training was chosen by; older files don't say, for there was no choice."""
    if stored is None:
        return Chosen()
    chosen = Chosen(**stored)
    if chosen.recipe not in RECIPES or chosen.kind not in get_args(Kind):
        raise ValueError(f"the recipe is {chosen}")
    return chosen


def _scale(model: Model) -> Scale | None:
    """Return how a regressor's numbers are scaled; None where none are learned."""
    if model.network.loss.targets != "numbers":
        return None
    stored = model.configuration["scale"]
    values = [np.array(stored[name], dtype=np.float64) for name in ("mean", "deviation")]
    scale = Scale(*values)
    count = (model.network.classes,)
    if any(v.shape != count or not np.isfinite(v).all() for v in values) or (values[1] <= 0).any():
        raise ValueError(f"the scale of y is {stored}")
    return scale


def _described_network(wanted: Network | Iterable[Layer] | None) -> Any:
    """Return the parameter ``network`` as it was given: None, a network, or a list of layers."""
    if wanted is None:
        return None
    if isinstance(wanted, Network):
        return wanted.to_dict()
    return [layer_to_dict(layer) for layer in wanted]


_FORMS: dict[str, Callable[[Any], Any]] = {
    "random_state": _described_seed,
    "augmentation": _described_augmentation,
    "class_weight": _described_weights,
    "network": _described_network,
    "optimizer": _described_settings,
    "schedule": _described_settings,
    "average": _described_settings,
    "recipe": os.fspath,
}
"""The parameters that JSON holds in another form; all others are as they are."""

_NOT_KEPT = ("callbacks",)
"""The parameters that a file does not hold."""

_NAMED: dict[str, Callable[[Any], Any]] = {
    "optimizer": optimizer_from_dict,
    "schedule": schedule_from_dict,
    "average": average_from_dict,
}
"""The parameters that are settings under a name, or None."""

_NEWER = (*_NAMED, "clip_norm", "unknown", "recipe", "max_time")
"""The parameters that older files lack, because there were none."""


def _plain_classes(classes: NDArray[Any], path: str | os.PathLike[str]) -> list[Any]:
    names: list[Any] = classes.tolist()
    is_plain = all(isinstance(name, str | int | float) for name in names)
    if classes.dtype.kind not in _KINDS or not is_plain:
        raise ModelFileError(
            f"The classifier is not written to {os.fspath(path)}: its classes have dtype "
            f"{classes.dtype}, but a file holds strings, numbers and booleans; name them so in y."
        )
    return names


def _fitted(model: Model) -> Fitted:
    configuration, network = model.configuration, model.network
    low, high = (float(value) for value in configuration.get("pixel_range", (0.0, 255.0)))
    if not (low < high and math.isfinite(high - low)):
        raise ValueError(f"the pixel range is {low:g} to {high:g}")
    names = configuration.get("feature_names")
    count = math.prod(network.input_shape)
    losses = [float(value) for value in configuration.get("loss_curve", [])]
    trainer = Trainer(network, seed=configuration.get("seed", 0))
    trainer.parameters = model.parameters
    return Fitted(
        trainer=trainer,
        classes=_classes(model, configuration),
        feature_names=None if names is None else _feature_names(names, count),
        pixel_range=(low, high),
        range_in_bytes=model.preprocessing.pixel_range,
        preprocessing=model.preprocessing,
        is_guessed=model.preprocessing_is_guessed,
        looks=model.looks,
        scale=_scale(model),
        known=model.known,
        loss_curve=losses,
        validation_scores=_scores(configuration.get("validation_scores"), len(losses)),
        validation_losses=_scores(configuration.get("validation_losses"), len(losses)),
        n_iter=int(configuration.get("n_iter", len(losses))),
        chosen=_chosen(configuration.get("chosen")),
    )


def _parameters(kind: Any, model: Model) -> dict[str, Any]:
    """Return the parameters of a classifier, or those that come nearest to a run's settings."""
    if "estimator" not in model.configuration:
        return _parameters_of_run(model.configuration, model.network)
    stored = model.configuration["estimator"]
    names = [item.name for item in dataclasses.fields(kind)]
    kept = [name for name in names if name in stored or name not in _NEWER]
    parameters = {name: stored[name] for name in kept if name not in (*_NOT_KEPT, "network")}
    for name, made in _NAMED.items():
        if parameters.get(name) is not None:
            parameters[name] = made(parameters[name])
    for name in ("image_shape", "pixel_range"):
        if isinstance(parameters[name], list):
            parameters[name] = tuple(parameters[name])
    ranges = stored["augmentation"]
    parameters["augmentation"] = Augmentation(**ranges) if isinstance(ranges, dict) else ranges
    if "class_weight" in parameters:
        weights = parameters["class_weight"]
        parameters["class_weight"] = dict(weights) if isinstance(weights, list) else weights
    parameters["network"] = _given_network(stored, model.network)
    return parameters


def _given_network(stored: dict[str, Any], network: Network) -> Network | list[Layer] | None:
    if "has_network" in stored:  # older files don't say whether it was a list
        return network if stored["has_network"] else None
    given = stored["network"]
    if isinstance(given, list):
        return [layer_from_dict(layer) for layer in given]
    return None if given is None else Network.from_dict(given)


def _parameters_of_run(stored: dict[str, Any], network: Network) -> dict[str, Any]:
    """Return the parameters that come nearest to a run of the command line."""
    settings: dict[str, Any] = {"network": network, "random_state": stored.get("seed")}
    if "batch_size" in stored:
        settings["batch_size"] = stored["batch_size"]
    for name in _NEWER:
        if name != "optimizer" and stored.get(name) is not None:
            settings[name] = _NAMED.get(name, _plain)(stored[name])
    adam = stored.get("optimizer", {})
    if adam.get("name", Adam.name) != Adam.name:
        settings["optimizer"], adam = optimizer_from_dict(adam), {}
    settings |= {name: adam[name] for name in ("learning_rate", "beta1", "beta2") if name in adam}
    if "eps" in adam:
        settings["epsilon"] = adam["eps"]
    ranges = stored.get("augmentation")
    settings["augmentation"] = None if ranges is None else Augmentation(**ranges)
    return settings


def _classes(model: Model, configuration: dict[str, Any]) -> NDArray[Any]:
    """Return the classes as they were in y; of a run, numbers where they are named 0, 1, 2 ..."""
    if "classes" not in configuration:
        if all(name == str(place) for place, name in enumerate(model.classes)):
            return np.arange(len(model.classes))
        return np.array(model.classes)
    names, dtype = configuration["classes"], np.dtype(str(configuration["classes_dtype"]))
    if dtype.kind not in _KINDS or not all(isinstance(name, str | int | float) for name in names):
        raise ValueError(f"the classes have dtype {dtype}")
    # The width of strings follows from the names, whatever the file says.
    classes = np.array(names, dtype=str if dtype.kind == "U" else dtype)
    if classes.tolist() != names or np.unique(classes).tolist() != names:
        raise ValueError("the classes are not sorted, or not of their dtype")
    if tuple(str(name) for name in classes) != model.classes:
        raise ValueError("the classes are not those of the network")
    return classes


def _scores(stored: list[Any] | None, passes: int) -> list[float] | None:
    """Return a score a pass, NaN where there is none; older files leave the first ones out."""
    if stored is None:
        return None
    scores = [math.nan if score is None else float(score) for score in stored]
    if len(scores) > passes:
        raise ValueError(f"there are {len(scores)} validation scores, but {passes} passes")
    return [math.nan] * (passes - len(scores)) + scores


def _feature_names(names: Any, count: int) -> NDArray[Any]:
    if not all(isinstance(name, str) for name in names) or len(names) != count:
        raise ValueError(f"the names of features are not {count} strings")
    return np.array(names, dtype=object)
