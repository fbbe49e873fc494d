"""Model files: arrays and JSON in the safetensors format, never a pickle.

A model file carries everything that prediction needs: the parameters as named tensors, and as
JSON in the metadata the network, the preprocessing, the classes, the configuration it was trained
with, and the versions of what trained it. A SHA-256 over all of it is verified on loading.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, ModelFileError
from pellucid.files import atomic_write
from pellucid.network import Network
from pellucid.preprocessing import Preprocessing

__all__ = ["FORMAT_VERSION", "Model", "current_versions", "load_model", "save_model"]

_FORMAT = "pellucid-model"
FORMAT_VERSION = 1
"""The newest version of the format that this Pellucid writes and reads."""

_ENTRIES = ("network", "preprocessing", "classes", "configuration", "versions")
_MOST_PARAMETERS = 1_000_000_000


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
        The name of each class, one for each of the network's outputs.
    configuration : dict
        How it was trained, as JSON-ready values.
    versions : dict
        What trained it; :func:`current_versions` by default.

    Raises
    ------
    ConfigurationError
        Parameters, preprocessing or classes don't fit the network.
    """

    network: Network
    parameters: NDArray[np.float32]
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    configuration: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=lambda: current_versions())

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


def current_versions() -> dict[str, str]:
    """Return the versions of Pellucid, NumPy, Numba and Python, and the kind of machine.

    Examples
    --------
    >>> list(current_versions())
    ['pellucid', 'numpy', 'numba', 'python', 'machine']
    """
    versions = {}
    for name in ("pellucid", "numpy", "numba"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "unknown"
    machine = f"{platform.system()} {platform.machine()}"
    return versions | {"python": platform.python_version(), "machine": machine}


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
    """
    if not np.isfinite(model.parameters).all():
        raise ModelFileError(
            f"The model is not written to {path}: its parameters hold NaN or infinity."
        )
    try:
        metadata = _metadata(model)
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(
            f"The model is not written to {path}: its configuration or versions can't be JSON "
            f"({error})."
        ) from error
    vector = np.ascontiguousarray(model.parameters)
    data = safetensors.numpy.save(model.network.views(vector), metadata)
    try:
        atomic_write(path, data)
    except OSError as error:
        raise ModelFileError(
            f"The model can't be written to {path}: {error.strerror or error}."
        ) from error


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
    """
    file = Path(path)
    try:
        _check_file(file)
        with safetensors.safe_open(file, framework="np") as opened:
            return _read(opened)
    except _RefusedError as error:
        raise ModelFileError(f"Can't load the model {path}: {error}.") from error.__cause__
    except safetensors.SafetensorError as error:
        raise ModelFileError(
            f"Can't load the model {path}: it is damaged, cut off, or no safetensors file "
            f"({_short(error)})."
        ) from error
    except Exception as error:
        # What is left: no permission, I/O errors, no memory for the tensors.
        reason = getattr(error, "strerror", None) or _short(error)
        raise ModelFileError(f"Can't load the model {path}: {reason}.") from error


class _RefusedError(Exception):
    """What is wrong with a model file, to be put behind its name."""


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise _RefusedError("it is a folder")
    if not path.exists():
        raise _RefusedError("there is no such file")
    if not path.is_file():
        raise _RefusedError("it is not a regular file")
    if path.stat().st_size == 0:
        raise _RefusedError("it is empty (0 bytes)")


def _metadata(model: Model) -> dict[str, str]:
    values = {
        "network": model.network.to_dict(),
        "preprocessing": model.preprocessing.to_dict(),
        "classes": list(model.classes),
        "configuration": model.configuration,
        "versions": model.versions,
    }
    metadata = {"format": _FORMAT, "format_version": str(FORMAT_VERSION)}
    metadata |= {key: json.dumps(value, allow_nan=False) for key, value in values.items()}
    return metadata | {"sha256": _digest(metadata, model.parameters)}


def _digest(metadata: Mapping[str, str], parameters: NDArray[np.float32]) -> str:
    """Return the SHA-256 over the metadata (its own entry left out) and the parameters' bytes."""
    entries = {key: value for key, value in metadata.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(entries, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(parameters, "<f4").data)
    return digest.hexdigest()


def _read(opened: Any) -> Model:
    metadata = opened.metadata() or {}
    _check_format(metadata)
    values = {entry: _entry(metadata, entry) for entry in _ENTRIES}
    network = _network(values["network"])
    parameters = _parameters(opened, network)
    if metadata.get("sha256") != _digest(metadata, parameters):
        raise _RefusedError("it is damaged: its content does not have the SHA-256 that it names")
    if not np.isfinite(parameters).all():
        raise _RefusedError("its parameters hold NaN or infinity")
    try:
        return Model(
            network,
            parameters,
            Preprocessing.from_dict(values["preprocessing"]),
            tuple(values["classes"]),
            dict(values["configuration"]),
            dict(values["versions"]),
        )
    except Exception as error:
        raise _RefusedError(f"its description is not valid ({_short(error)})") from error


def _check_format(metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != _FORMAT:
        raise _RefusedError("it is a safetensors file, but not a Pellucid model")
    version = metadata.get("format_version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise _RefusedError(f"its format version is {version[:40]!r}, which is none")
    if int(version) > FORMAT_VERSION:
        raise _RefusedError(
            f"it has format version {version}, this Pellucid reads up to {FORMAT_VERSION}; update "
            "Pellucid"
        )
    if int(version) < 1:
        raise _RefusedError(f"its format version is {version!r}, which is none")


def _entry(metadata: Mapping[str, str], entry: str) -> Any:
    if entry not in metadata:
        raise _RefusedError(f"its metadata lack the entry {entry!r}")
    try:
        value = json.loads(metadata[entry])
    except (ValueError, RecursionError) as error:
        raise _RefusedError(f"its entry {entry!r} is not JSON ({_short(error)})") from error
    kind = list if entry == "classes" else dict
    if not isinstance(value, kind):
        raise _RefusedError(f"its entry {entry!r} is {type(value).__name__}, not {kind.__name__}")
    return value


def _network(values: Any) -> Network:
    try:
        network = Network.from_dict(values)
        size = network.size
    except Exception as error:
        # A hostile description can break anywhere in the layers, with any kind of error.
        raise _RefusedError(f"its network is not valid ({_short(error)})") from error
    if size > _MOST_PARAMETERS:
        raise _RefusedError(
            f"its network would have {size:.3g} parameters, more than {_MOST_PARAMETERS:,}"
        )
    return network


def _parameters(opened: Any, network: Network) -> NDArray[np.float32]:
    """Return the flat vector, after every tensor's name, dtype and shape has been compared."""
    held, expected = set(opened.keys()), {p.name: p for p in network.parameters}
    for problem, names in (("lacks", expected.keys() - held), ("has", held - expected.keys())):
        if names:
            extra = " that its network does not know" if problem == "has" else ""
            raise _RefusedError(f"it {problem} the tensor {_short(min(names))!r}{extra}")
    for name, parameter in expected.items():
        part = opened.get_slice(name)
        shape, dtype = tuple(part.get_shape()), part.get_dtype()
        if shape != parameter.shape:
            raise _RefusedError(
                f"its tensor {name!r} has shape {shape}, its network needs {parameter.shape}"
            )
        if dtype != "F32":
            raise _RefusedError(f"its tensor {name!r} has dtype {dtype}, not F32")
    vector = np.empty(network.size, np.float32)
    for name, view in network.views(vector).items():
        view[...] = opened.get_tensor(name)
    return vector


def _short(error: object) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:200] + "..."
