"""What tells unknown images as tensors of a model file, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import share
from pellucid.errors import ConfigurationError
from pellucid.files.tensor_file import RefusedError, tensor
from pellucid.images.known import KEPT, MOST_FEATURES, Known
from pellucid.network.network import Network

__all__ = ["KNOWN_ARRAYS", "known_arrays", "read_known"]

KNOWN_ARRAYS = ("known.factor", "known.centers", "known.distances")
"""The names of the tensors, which no layer gives its parameters."""


def known_arrays(known: Known) -> dict[str, NDArray[np.float32]]:
    """Return the tensors, by name."""
    values = (known.factor, known.centers, known.distances)
    return {
        name: np.ascontiguousarray(value, np.float32)
        for name, value in zip(KNOWN_ARRAYS, values, strict=True)
    }


def read_known(opened: Any, described: dict[str, Any], network: Network) -> Known:
    """Return what an opened file holds; raise RefusedError if it does not fit the network."""
    part = network.before_last()
    features = int(np.prod(network.input_shape if part is None else part.shapes[-1]))
    if features > MOST_FEATURES:
        raise RefusedError(f"its last layer sees {features:,} values, too many for its tensors")
    size = features + 1
    centers, count = (_rows(opened, name) for name in KNOWN_ARRAYS[1:])
    if not (1 <= centers <= network.classes and 1 <= count <= KEPT):
        raise RefusedError(f"it tells unknown images by {centers} classes and {count} distances")
    shapes = ((size, size), (centers, size), (count,))
    factor, means, distances = (
        tensor(opened, name, shape, "F32", "network")
        for name, shape in zip(KNOWN_ARRAYS, shapes, strict=True)
    )
    if not all(np.isfinite(array).all() for array in (factor, means, distances)):
        raise RefusedError("what tells unknown images holds NaN or infinity")
    if (np.diff(distances) < 0).any() or distances[0] < 0:
        raise RefusedError("the distances of its known images are not in order")
    try:
        rate = share("false_alarms", described.get("false_alarms"))
    except ConfigurationError as error:
        raise RefusedError(f"its {error}") from error
    return Known(factor, means, distances, rate)


def _rows(opened: Any, name: str) -> int:
    shape = opened.get_slice(name).get_shape()
    return int(shape[0]) if shape else 0
