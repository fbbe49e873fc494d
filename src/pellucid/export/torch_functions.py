"""What a forward of PyTorch does beside its modules: to the pixels at first, and to channels."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.from_graph import Piece
from pellucid.export.graph_values import Affine, folded
from pellucid.network.layers import BatchNorm1D, BatchNorm2D

__all__ = ["Pixels", "with_constant"]

_SIGNS = {"add": 1.0, "iadd": 1.0, "add_": 1.0, "sub": -1.0, "isub": -1.0, "sub_": -1.0}
_FACTORS = ("mul", "imul", "mul_", "truediv", "div", "itruediv", "div_")


@dataclass
class Pixels:
    """What is done to pixels before the first layer, ``pixel * scale + shift``, held or not.

    Attributes
    ----------
    shape : tuple of int
        Of an image.
    scale, shift : float
        What was done so far.
    low, high : float or None
        The pixels that become 0 and 1, where the module holds them between these.
    """

    shape: tuple[int, ...]
    scale: float = 1.0
    shift: float = 0.0
    held: tuple[float, float] | None = None

    def take(self, name: str, more: tuple[Any, ...], settings: dict[str, Any]) -> bool:
        """Take in a function of the pixels; return False if it is none of those of pixels."""
        constant = more[0] if more and isinstance(more[0], int | float) else None
        if name in ("to", "float", "double"):
            return True
        if name in ("reshape", "view"):
            return tuple(more) == (-1, *self.shape)
        if name in ("clamp", "clip") and self.held is None:
            if tuple(more) != (0, 1) and settings != {"min": 0, "max": 1}:
                return False
            self.held = self._ends()
            self.scale, self.shift = 1.0, 0.0
            return True
        if constant is None or settings:
            return False
        if name in _SIGNS:
            self.shift += _SIGNS[name] * constant
        elif name in _FACTORS and constant:
            factor = constant if name.startswith(("mul", "imul")) else 1 / constant
            self.scale, self.shift = self.scale * factor, self.shift * factor
        else:
            return False
        return True

    def _ends(self) -> tuple[float, float]:
        return -self.shift / self.scale, (1 - self.shift) / self.scale

    @property
    def ends(self) -> tuple[float, float]:
        """The pixels that become 0 and 1.

        Raises
        ------
        ExportError
            They are shifted too, and not held, so that nobody knows.
        """
        low, high = self._ends()
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ExportError("The module scales its pixels so that nothing is left of them.")
        if self.held is not None and (self.scale, self.shift) == (1.0, 0.0):
            return self.held
        if self.shift or self.held is not None:
            raise ExportError(
                "The module shifts its pixels itself; let it take pixels from 0 to 1, and say what "
                "is done to them before by normalize."
            )
        return low, high


def with_constant(
    pieces: list[Piece], read: str, name: str, function: str, constant: NDArray[Any], *, alone: bool
) -> str | None:
    """Take in that something is added to, or multiplied with, each channel.

    Parameters
    ----------
    pieces : list of Piece
        Those so far; one may be changed, one may be added.
    read : str
        The piece whose channels they are.
    name : str
        What a new piece would be called.
    function : str
        Which.
    constant : ndarray of shape (channels,), (channels, 1, 1) or (1, channels, 1, 1)
    alone : bool
        Whether nobody else reads that piece.

    Returns
    -------
    str or None
        The piece that gives the result; None if it is no such function.
    """
    values = constant.ravel().astype(np.float64)
    rows = constant.ndim > 2
    if constant.ndim not in (1, 3, 4) or constant.size != max(constant.shape):
        return None
    affine = Affine.none(values.size)
    if function in _SIGNS:
        affine = affine.plus(values) if _SIGNS[function] > 0 else affine.minus(values)
    elif function in _FACTORS and values.all():
        affine = affine.times(values if function.startswith(("mul", "imul")) else 1 / values)
    else:
        return None
    place = next((k for k, piece in enumerate(pieces) if piece.name == read), None)
    if place is not None and alone:
        before = pieces[place]
        merged = _later(before, affine) or folded(before, affine)
        if merged is not None:
            pieces[place] = merged
            return read
    kind = BatchNorm2D if rows else BatchNorm1D
    arrays = {"g": affine.scale, "b": affine.shift, "m": affine.mean, "v": np.ones(values.size)}
    held = {letter: array.astype(np.float32) for letter, array in arrays.items()}
    pieces.append(Piece(name, (read,), kind(eps=EPS), held))
    return name


EPS = 1e-12
"""What marks a norm that was made of constants."""


def _later(piece: Piece, affine: Affine) -> Piece | None:
    """Return a norm that was made of constants with one more of them."""
    layer = piece.layer
    if not isinstance(layer, BatchNorm2D | BatchNorm1D) or layer.eps != EPS:
        return None
    own = {letter: array.astype(np.float64) for letter, array in piece.arrays.items()}
    scale, shift = affine.scale, affine.shift - affine.mean * affine.scale
    arrays = {**own, "g": own["g"] * scale, "b": own["b"] * scale + shift}
    held = {letter: array.astype(np.float32) for letter, array in arrays.items()}
    return dataclasses.replace(piece, arrays=held)
