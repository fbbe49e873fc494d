"""Model files: arrays and JSON in the safetensors format, never a pickle.

A model file carries everything that prediction needs: the parameters as named tensors, and as
JSON in the metadata the network, the preprocessing, the classes, the configuration it was trained
with, and the versions of what trained it. A SHA-256 over all of it is verified on loading.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import some
from pellucid.errors import ConfigurationError, ModelFileError
from pellucid.files.atomic import atomic_write
from pellucid.files.known_arrays import KNOWN_ARRAYS, known_arrays, read_known
from pellucid.files.tensor_file import (
    RefusedError,
    check_digest,
    check_format,
    check_names,
    json_entry,
    pack,
    read_file,
    short,
    tensor,
)
from pellucid.files.versions import current_versions
from pellucid.images.known import Known
from pellucid.images.looks import Looks
from pellucid.images.preprocessing import Preprocessing
from pellucid.network.network import Network

__all__ = [
    "FORMAT_VERSION",
    "Model",
    "check_sizes",
    "load_model",
    "model_bytes",
    "read_network",
    "save_model",
]

_FORMAT = "pellucid-model"
FORMAT_VERSION = 2
"""The newest version of the format that this Pellucid reads, and writes where it must.

Version 2 has tensors beside the parameters: what tells unknown images.
"""

_ENTRIES = {
    "network": dict,
    "preprocessing": dict,
    "classes": list,
    "configuration": dict,
    "versions": dict,
}
_MOST_PARAMETERS = 1_000_000_000
_MOST_VALUES = 32_000_000  # of an image and of all that the layers make of one


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network with all that belongs to it.

    Parameters
    ----------
    network : Network
        The architecture.
    parameters : ndarray of shape (network.size,), float32
        The flat vector of what was learned.
    preprocessing : Preprocessing
        What turns a picture into the network's input.
    classes : tuple of str
        The name of each class, one for each of the network's outputs; or of each label or number.
    configuration : dict
        How it was trained, as JSON-ready values.
    versions : dict
        What trained it; :func:`pellucid.files.versions.current_versions` by default.
    known : Known, optional
        What tells images that are unlike all that was trained on.

    Raises
    ------
    ConfigurationError
        Parameters, preprocessing or classes don't fit the network.

    Examples
    --------
    >>> from pellucid import Dense, Flatten
    >>> network = Network([Flatten(), Dense(2)], (8, 8))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("no", "yes"))
    >>> model.classes, model.configuration
    (('no', 'yes'), {})
    """

    network: Network
    parameters: NDArray[np.float32]
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    configuration: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=current_versions)
    known: Known | None = None

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.network.input_shape))
        return (
            f"<Model of {self.network.trained_size:,} parameters for images of {shape}, "
            f"{len(self.classes)} {self.network.loss.targets}: {some(self.classes)}>"
        )

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        if self.parameters.shape != (self.network.size,) or self.parameters.dtype != np.float32:
            raise ConfigurationError(
                f"The parameters have shape {self.parameters.shape} and dtype "
                f"{self.parameters.dtype}; this network needs ({self.network.size},), float32."
            )
        if len(self.classes) != self.network.classes:
            raise ConfigurationError(
                f"There are {len(self.classes)} class names, but the network has "
                f"{self.network.classes} outputs."
            )
        if not all(isinstance(name, str) for name in self.classes):
            raise ConfigurationError(f"The class names must be text, not {self.classes!r}.")
        if self.preprocessing.input_shape != self.network.input_shape:
            raise ConfigurationError(
                f"The preprocessing gives images of shape {self.preprocessing.input_shape}, but "
                f"the network takes {self.network.input_shape}."
            )

    @property
    def looks(self) -> Looks | None:
        """What the pictures of the training look like; None where that is not known.

        Raises
        ------
        ValueError
            The configuration says something that can't be.
        """
        described = self.configuration.get("looks")
        return None if described is None else Looks.from_dict(described)

    @property
    def preprocessing_is_guessed(self) -> bool:
        """Whether nobody said what was done to the pictures of the training.

        Older files of classifiers don't say it, and mostly nobody had.
        """
        known = "estimator" in self.configuration
        return bool(self.configuration.get("preprocessing_is_guessed", known))


def save_model(path: str | os.PathLike[str], model: Model) -> None:
    """Write a model file: all of it or nothing.

    Parameters
    ----------
    path : path-like
        The file, usually ``model.safetensors``; an existing one is replaced.
    model : Model
        What to write.

    Raises
    ------
    ModelFileError
        The parameters hold NaN or infinity, the configuration is not JSON-ready, or the file
        can't be written.

    Examples
    --------
    See :func:`load_model`.
    """
    data = _checked(model, f" to {path}")
    try:
        atomic_write(path, data)
    except OSError as error:
        raise ModelFileError(
            f"The model can't be written to {path}: {error.strerror or error}."
        ) from error


def model_bytes(model: Model) -> bytes:
    """Return what :func:`save_model` writes.

    Raises
    ------
    ModelFileError
        The parameters hold NaN or infinity, or the configuration is not JSON-ready.
    """
    return _checked(model, "")


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model file, and trust nothing in it.

    Parameters
    ----------
    path : path-like
        A file that :func:`save_model` wrote.

    Returns
    -------
    Model
        Equal to what was saved; tuples in the configuration come back as lists.

    Raises
    ------
    ModelFileError
        The file is missing, damaged, no Pellucid model, or of a newer format. No other exception
        comes out of a bad file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pellucid import Dense, Flatten
    >>> network = Network([Flatten(), Dense(2)], (8, 8))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("no", "yes"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "model.safetensors")
    ...     save_model(path, model)
    ...     again = load_model(path)
    >>> again.classes, np.array_equal(again.parameters, model.parameters)
    (('no', 'yes'), True)
    """
    return read_file(path, "model", ModelFileError, _read)


def _checked(model: Model, where: str) -> bytes:
    """Return a model's file; refuse what can't be one, and say where it is not written."""
    if not np.isfinite(model.parameters).all():
        raise ModelFileError(
            f"The model is not written{where}: its parameters hold NaN or infinity."
        )
    try:
        return _packed(model)
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(
            f"The model is not written{where}: its configuration or versions can't be JSON "
            f"({error})."
        ) from error


def _packed(model: Model) -> bytes:
    values = {
        "network": model.network.to_dict(),
        "preprocessing": model.preprocessing.to_dict(),
        "classes": list(model.classes),
        "configuration": model.configuration,
        "versions": model.versions,
    }
    # Its SHA-256 is that of the flat vector: the arrays follow one another as they do there.
    arrays = model.network.views(np.ascontiguousarray(model.parameters))
    if model.known is None:
        return pack(_FORMAT, 1, values, arrays)
    values["known"] = {"false_alarms": model.known.false_alarms}
    return pack(_FORMAT, FORMAT_VERSION, values, {**arrays, **known_arrays(model.known)})


def _read(opened: Any) -> Model:
    metadata = opened.metadata() or {}
    check_format(metadata, _FORMAT, FORMAT_VERSION, "model")
    values = {entry: json_entry(metadata, entry, kind) for entry, kind in _ENTRIES.items()}
    network = read_network(values["network"])
    parameters = _parameters(opened, network, KNOWN_ARRAYS if "known" in metadata else ())
    known = None
    if "known" in metadata:
        known = read_known(opened, json_entry(metadata, "known", dict), network)
    check_digest(metadata, parameters, *(known_arrays(known).values() if known else ()))
    if not np.isfinite(parameters).all():
        raise RefusedError("its parameters hold NaN or infinity")
    try:
        return Model(
            network,
            parameters,
            Preprocessing.from_dict(values["preprocessing"]),
            tuple(values["classes"]),
            dict(values["configuration"]),
            dict(values["versions"]),
            known,
        )
    except Exception as error:
        raise RefusedError(f"its description is not valid ({short(error)})") from error


def read_network(values: Any) -> Network:
    """Return the network that a file describes; raise RefusedError if it is none."""
    try:
        network = Network.from_dict(values)
    except Exception as error:
        # A hostile description can break anywhere in the layers, with any kind of error.
        raise RefusedError(f"its network is not valid ({short(error)})") from error
    check_sizes(network)
    return network


def check_sizes(network: Network) -> None:
    """Raise RefusedError if a network of a file would need more memory than one that is meant."""
    if (size := network.size) > _MOST_PARAMETERS:
        raise RefusedError(
            f"its network would have {size:.3g} parameters, more than {_MOST_PARAMETERS:,}"
        )
    values = sum(map(math.prod, network.shapes))
    if values > _MOST_VALUES:
        raise RefusedError(
            f"its network would make {values:,} values of an image, more than {_MOST_VALUES:,}"
        )


def _parameters(opened: Any, network: Network, beside: Sequence[str]) -> NDArray[np.float32]:
    """Return the flat vector, after every tensor's name, dtype and shape has been compared."""
    check_names(opened, (*(p.name for p in network.parameters), *beside), "network")
    vector = np.empty(network.size, np.float32)
    for name, view in network.views(vector).items():
        view[...] = tensor(opened, name, view.shape, "F32", "network")
    for p in network.parameters:
        if not p.is_trained and p.name[0] == "v" and vector[p.offset : p.offset + p.size].min() < 0:
            raise RefusedError(f"its {p.name} are running variances, and some are below 0")
    return vector
