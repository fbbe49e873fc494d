"""A graph of ONNX, gone through from its image to its output, node by node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError, PellucidError
from pellucid.export.graph_values import Builder, Value
from pellucid.export.onnx_constants import FOLDED
from pellucid.export.onnx_reading import OnnxGraph, attributes, named

if TYPE_CHECKING:
    import onnx

__all__ = ["At", "Operator", "Walk"]

MOST_BYTES = 2**32
"""Of constants that are read, each as often as it is."""


Operator = Callable[["At"], Value]
"""Takes a node, and returns what it gives."""

_SPARE = ("Dropout", "BatchNormalization", "MaxPool")
"""Operators with outputs that a file may name though nobody reads them."""


class Walk:
    """A graph, gone through from its image to its output.

    Parameters
    ----------
    graph : OnnxGraph
    builder : Builder
        What the values become.
    operators : mapping of str to callable
        What reads each operator.
    """

    def __init__(
        self, graph: OnnxGraph, builder: Builder, operators: Mapping[str, Operator]
    ) -> None:
        self.graph, self.builder, self._operators = graph, builder, operators
        self.values: dict[str, Value] = {graph.image: builder.image()}
        self.constants: dict[str, NDArray[Any]] = {}
        self._bytes = 0

    def go(self) -> None:
        """Go through all nodes; raise ExportError that names the one that can't be taken."""
        for node in self.graph.nodes:
            try:
                self._one(node)
            except PellucidError as error:
                text = str(error).rstrip(".")
                if text.startswith(("Node ", "The constant ")):
                    raise
                raise ExportError(f"{named(node)} {text}.") from error
            except Exception as error:  # whatever a damaged file breaks
                reason = " ".join(str(error).split())[:200] or type(error).__name__
                raise ExportError(f"{named(node)} is damaged: {reason}.") from error

    def _one(self, node: onnx.NodeProto) -> None:
        reads = [name for name in node.input if name]
        has_values = any(name in self.values for name in reads)
        at = At(self, node)
        if node.op_type == "Shape" and has_values:
            dims = np.array(at.value(0).dims, np.int64)
            self.constants[node.output[0]] = dims[at.setting("start", 0) : at.setting("end", None)]
        elif has_values:
            if node.op_type not in self._operators:
                raise ExportError("is what no layer here does")
            value = self._operators[node.op_type](at)
            name = node.output[0]
            if self.graph.uses[name] > 1 and value.affine is not None:
                value = self.builder.settled(name, value)
            if self.graph.uses[name] > 1:
                self.builder.share(value)
            self.values[name] = value
        elif node.op_type in FOLDED:
            inputs = [self.constant(name) if name else None for name in node.input]
            settings = {
                key: self.graph.array(value) if hasattr(value, "data_type") else value
                for key, value in at.settings.items()
            }
            found = FOLDED[node.op_type](inputs, settings)
            self._count(found)
            self.constants[node.output[0]] = found
        else:
            raise ExportError("makes a constant in a way that is not followed here")

    def constant(self, name: str) -> NDArray[Any]:
        """Return a constant by its name."""
        found = self.constants.get(name)
        if found is None:
            found = self.graph.stored(name)
        if found is None:
            raise ExportError(
                f"reads {name!r:.200}, which is no constant of the file, and no node before it "
                "gives it"
            )
        self._count(found)
        return found

    def _count(self, constant: NDArray[Any]) -> None:
        self._bytes += constant.nbytes
        if self._bytes > MOST_BYTES:
            raise ExportError("reads more constants, again and again, than can be taken")


class At:
    """A node, and what it reads."""

    def __init__(self, walk: Walk, node: onnx.NodeProto) -> None:
        self.walk, self.node = walk, node
        self.builder, self.name = walk.builder, next(iter(node.output), "")
        self.settings = attributes(node)
        if not self.name or (any(node.output[1:]) and node.op_type not in _SPARE):
            raise ExportError("gives something else than one value")

    def has(self, place: int) -> bool:
        """Return whether there is an input."""
        return place < len(self.node.input) and self.node.input[place] != ""

    def is_value(self, place: int) -> bool:
        """Return whether an input depends on the image."""
        return self.has(place) and self.node.input[place] in self.walk.values

    def value(self, place: int = 0) -> Value:
        """Return an input that depends on the image, with what is kept with it."""
        if not self.is_value(place):
            raise ExportError("reads constants where an image is expected")
        return self.walk.values[self.node.input[place]]

    def settled(self, place: int = 0) -> Value:
        """Return an input with which nothing is kept; whoever reads it later finds it so."""
        name = self.node.input[place] if self.has(place) else ""
        found = self.builder.settled(name, self.value(place))
        self.walk.values[name] = found
        return found

    def constant(self, place: int) -> NDArray[Any]:
        """Return an input that is a constant."""
        if not self.has(place) or self.is_value(place):
            raise ExportError(f"needs a constant as its input {place + 1}")
        return self.walk.constant(self.node.input[place])

    def setting(self, name: str, default: Any) -> Any:
        """Return a setting."""
        return self.settings.get(name, default)

    def whole(self, name: str, place: int, default: Sequence[int] | None) -> list[int] | None:
        """Return whole numbers, which older opsets have as a setting, newer ones as an input."""
        if name in self.settings:
            return [int(one) for one in self.settings[name]]
        if not self.has(place):
            return None if default is None else list(default)
        return [int(one) for one in self.constant(place).ravel().tolist()]

    def pair(self, name: str, default: int) -> tuple[int, int]:
        """Return a setting of two whole numbers, rows and columns."""
        found = self.setting(name, [default, default])
        if len(found) != 2:
            raise ExportError(f"has {name} {found!r:.100}; images have two sides")
        return int(found[0]), int(found[1])
