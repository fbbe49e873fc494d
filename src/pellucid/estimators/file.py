"""A fitted classifier as a model file, and a model file as a classifier."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ModelFileError
from pellucid.estimators.settings import build_network, check_settings
from pellucid.files.model_file import Model, load_model, save_model
from pellucid.images.augmentation import Augmentation
from pellucid.network.dictionary import layer_from_dict, layer_to_dict
from pellucid.network.layers import Layer
from pellucid.network.network import Network
from pellucid.training import Trainer

__all__ = ["load", "save"]

_PLAIN = (
    "image_shape", "pixel_range", "max_iter", "batch_size", "learning_rate", "beta1", "beta2",
    "epsilon", "early_stopping", "validation_fraction", "n_iter_no_change", "warm_start", "n_jobs",
    "verbose",
)  # fmt: skip

_KINDS = "biufUO"
"""The kinds of dtype that classes may have in a file."""


def save(classifier: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted classifier; see :meth:`pellucid.CNNClassifier.save`."""
    # A file with settings that can't be used could not be loaded.
    check_settings(classifier)
    network = classifier.network_
    build_network(classifier.network, network.input_shape, network.classes)
    scores = classifier.validation_scores_
    model = Model(
        network=network,
        parameters=classifier.parameters_,
        # The user's own preprocessing can't know the range.
        preprocessing=dataclasses.replace(
            classifier.preprocessing_, pixel_range=classifier._range_in_bytes
        ),
        classes=tuple(str(name) for name in classifier.classes_),
        configuration={
            "estimator": _described(classifier, path),
            "classes": _plain_classes(classifier.classes_, path),
            "classes_dtype": classifier.classes_.dtype.str,
            "pixel_range": list(classifier.pixel_range_),
            "feature_names": _plain(getattr(classifier, "feature_names_in_", None)),
            "seed": classifier._trainer.seed,
            "n_iter": classifier.n_iter_,
            "loss_curve": _plain(classifier.loss_curve_),
            "validation_scores": scores and [None if math.isnan(s) else float(s) for s in scores],
        },
    )
    save_model(path, model)


def load(kind: Any, path: str | os.PathLike[str]) -> Any:
    """Return the classifier in a model file; see :meth:`pellucid.CNNClassifier.load`."""
    model = load_model(path)
    try:
        return _restored(kind, model)
    except Exception as error:
        # A hostile configuration can break anywhere, with any kind of error.
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(
            f"Can't load the classifier {os.fspath(path)}: it holds a network, but settings that "
            f"are no classifier's ({type(error).__name__}: {reason})."
        ) from error


def _described(classifier: Any, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the parameters as JSON-ready values."""
    settings = {name: _plain(getattr(classifier, name)) for name in _PLAIN}
    seed = classifier.random_state
    settings["random_state"] = int(seed) if isinstance(seed, int | np.integer) else None
    augmentation = classifier.augmentation
    is_set = isinstance(augmentation, Augmentation)
    settings["augmentation"] = augmentation.to_dict() if is_set else augmentation
    weights = classifier.class_weight
    if isinstance(weights, Mapping):
        # JSON's keys are strings, so pairs.
        weights = [[_plain(name), _plain(value)] for name, value in weights.items()]
    settings["class_weight"] = weights
    for name, value in settings.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise ModelFileError(
                f"The classifier is not written to {os.fspath(path)}: its parameter {name} is "
                f"{getattr(classifier, name)!r:.80}, which can't be JSON ({error}); use Python's "
                "own numbers, text and lists."
            ) from error
    return settings | {"network": _described_network(classifier.network)}


def _described_network(wanted: Network | Iterable[Layer] | None) -> Any:
    """Return the parameter ``network`` as it was given: None, a network, or a list of layers."""
    if wanted is None:
        return None
    if isinstance(wanted, Network):
        return wanted.to_dict()
    return [layer_to_dict(layer) for layer in wanted]


def _plain(value: Any) -> Any:
    """Return a value without NumPy's types."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _plain_classes(classes: NDArray[Any], path: str | os.PathLike[str]) -> list[Any]:
    names: list[Any] = classes.tolist()
    is_plain = all(isinstance(name, str | int | float) for name in names)
    if classes.dtype.kind not in _KINDS or not is_plain:
        raise ModelFileError(
            f"The classifier is not written to {os.fspath(path)}: its classes have dtype "
            f"{classes.dtype}, but a file holds strings, numbers and booleans; name them so in y."
        )
    return names


def _restored(kind: Any, model: Model) -> Any:
    configuration = model.configuration
    if "estimator" in configuration:
        settings = _settings(configuration["estimator"], model.network)
    else:
        settings = _settings_of_run(configuration, model.network)
    classifier = kind(**settings)
    check_settings(classifier)
    low, high = (float(value) for value in configuration.get("pixel_range", (0.0, 255.0)))
    if not (low < high and math.isfinite(high - low)):
        raise ValueError(f"the pixel range is {low:g} to {high:g}")
    classifier.pixel_range_ = low, high
    classifier.classes_ = _classes(model, configuration)
    classifier.network_ = model.network
    classifier.preprocessing_ = model.preprocessing
    classifier._range_in_bytes = model.preprocessing.pixel_range
    classifier.n_features_in_ = math.prod(model.network.input_shape)
    names = configuration.get("feature_names")
    if names is not None:
        classifier.feature_names_in_ = _feature_names(names, classifier.n_features_in_)
    losses, scores = configuration.get("loss_curve", []), configuration.get("validation_scores")
    classifier.loss_curve_ = [float(value) for value in losses]
    classifier.validation_scores_ = _scores(scores, len(classifier.loss_curve_))
    classifier.n_iter_ = int(configuration.get("n_iter", len(classifier.loss_curve_)))
    classifier._trainer = Trainer(model.network, seed=configuration.get("seed", 0))
    classifier._trainer.parameters = model.parameters
    return classifier


def _settings(stored: dict[str, Any], network: Network) -> dict[str, Any]:
    """Return the parameters of a classifier that :func:`save` described."""
    settings = {name: stored[name] for name in (*_PLAIN, "random_state")}
    for name in ("image_shape", "pixel_range"):
        if isinstance(settings[name], list):
            settings[name] = tuple(settings[name])
    ranges, weights = stored["augmentation"], stored["class_weight"]
    settings["augmentation"] = Augmentation(**ranges) if isinstance(ranges, dict) else ranges
    is_dict = isinstance(weights, list)
    settings["class_weight"] = dict(weights) if is_dict else weights
    settings["network"] = _given_network(stored, network)
    return settings


def _given_network(stored: dict[str, Any], network: Network) -> Network | list[Layer] | None:
    if "has_network" in stored:  # older files don't say whether it was a list
        return network if stored["has_network"] else None
    given = stored["network"]
    if isinstance(given, list):
        return [layer_from_dict(layer) for layer in given]
    return None if given is None else Network.from_dict(given)


def _settings_of_run(stored: dict[str, Any], network: Network) -> dict[str, Any]:
    """Return the parameters that come nearest to a run of the command line."""
    settings: dict[str, Any] = {"network": network, "random_state": stored.get("seed")}
    if "batch_size" in stored:
        settings["batch_size"] = stored["batch_size"]
    adam = stored.get("optimizer", {})
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
