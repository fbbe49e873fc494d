"""What an ONNX file computes of its constants alone, such as the shape that a value is to have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError

__all__ = ["FOLDED"]

LONGEST = 16
"""Numbers that may be joined or gathered: those of shapes."""

Array = NDArray[Any]
Inputs = Sequence[Array | None]
Settings = dict[str, Any]


def _needed(inputs: Inputs, place: int) -> Array:
    found = inputs[place] if place < len(inputs) else None
    if found is None:
        raise ExportError(f"lacks its input {place + 1}")
    return found


def _whole(inputs: Inputs, settings: Settings, name: str, place: int) -> list[int]:
    """Return whole numbers, which older opsets have as a setting, newer ones as an input."""
    if name in settings:
        return [int(one) for one in settings[name]]
    return [int(one) for one in _needed(inputs, place).ravel().tolist()]


def _constant(inputs: Inputs, settings: Settings) -> Array:
    kinds: dict[str, Any] = {
        "value_float": np.float32, "value_floats": np.float32, "value_int": np.int64,
        "value_ints": np.int64,
    }  # fmt: skip
    for name, kind in kinds.items():
        if name in settings:
            return np.array(settings[name], kind)
    value = settings.get("value")
    if not isinstance(value, np.ndarray):
        raise ExportError("is a constant of an odd kind")
    return value


def _concat(inputs: Inputs, settings: Settings) -> Array:
    parts = [_needed(inputs, place) for place in range(len(inputs))]
    if sum(part.size for part in parts) > LONGEST:
        raise ExportError("joins constants that are longer than shapes are")
    return np.concatenate(parts, axis=settings.get("axis", 0))


def _squeeze(inputs: Inputs, settings: Settings) -> Array:
    return np.squeeze(_needed(inputs, 0), tuple(_whole(inputs, settings, "axes", 1)))


def _unsqueeze(inputs: Inputs, settings: Settings) -> Array:
    return np.expand_dims(_needed(inputs, 0), tuple(_whole(inputs, settings, "axes", 1)))


def _gather(inputs: Inputs, settings: Settings) -> Array:
    values, places = _needed(inputs, 0), _needed(inputs, 1)
    if places.size > LONGEST or values.ndim != 1:
        raise ExportError("gathers constants that are no shape")
    return np.take(values, places.astype(np.int64), axis=settings.get("axis", 0))


def _slice(inputs: Inputs, settings: Settings) -> Array:
    values = _needed(inputs, 0)
    (start,), (end,) = (
        _whole(inputs, settings, name, place) for place, name in ((1, "starts"), (2, "ends"))
    )
    if values.ndim != 1 or (len(inputs) > 4 and _needed(inputs, 4).ravel().tolist() != [1]):
        raise ExportError("cuts out constants in an odd way")
    return values[start:end]


def _reshape(inputs: Inputs, settings: Settings) -> Array:
    return _needed(inputs, 0).reshape(_whole(inputs, settings, "shape", 1))


def _transpose(inputs: Inputs, settings: Settings) -> Array:
    return _needed(inputs, 0).transpose(settings.get("perm"))


def _cast(inputs: Inputs, settings: Settings) -> Array:
    from onnx import helper

    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(settings["to"]))
    if dtype.kind not in "iufb":
        raise ExportError("makes text or the like of constants")
    return _needed(inputs, 0).astype(dtype)


def _two(operation: Callable[..., Any]) -> Callable[[Inputs, Settings], Array]:
    def compute(inputs: Inputs, settings: Settings) -> Array:
        first, second = _needed(inputs, 0), _needed(inputs, 1)
        if np.broadcast_shapes(first.shape, second.shape) not in (first.shape, second.shape):
            raise ExportError("spreads constants over one another")
        with np.errstate(all="ignore"):
            return np.asarray(operation(first, second))

    return compute


FOLDED: dict[str, Callable[[Inputs, Settings], Array]] = {
    "Constant": _constant,
    "Identity": lambda inputs, settings: _needed(inputs, 0),
    "Concat": _concat,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Gather": _gather,
    "Slice": _slice,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Cast": _cast,
    "Add": _two(np.add),
    "Sub": _two(np.subtract),
    "Mul": _two(np.multiply),
}
"""What computes each operator; none makes more numbers than it reads, but for what is small."""
