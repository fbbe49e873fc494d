"""Values of another library's graph, as pieces of a network here.

What a library does beside its layers is not done at once but kept with a value: how its numbers are
turned round (channels last, rows of numbers), scaled and shifted, padded. The next layer takes it
in: orders go into its weights, scales into the weights before it, pads into its padding.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError, NetworkError
from pellucid.export.from_graph import IMAGE, Piece
from pellucid.network.layers import (
    BatchNorm1D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    GroupNorm,
    Layer,
    Shape,
)

__all__ = ["Affine", "Builder", "Value", "folded"]

MOST_NUMBERS = 2**25
"""Numbers that one value may have."""

MOST_WORK = 2**31
"""Numbers that are moved in all, beside those of weights."""

PADDED = "reads what was padded, which only a convolution or a pool may here"

MOST_WEIGHTS = 2**28

Numbers = NDArray[np.float64]
Pads = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Affine:
    """``(x - mean) * scale + shift``, number by number."""

    mean: Numbers
    scale: Numbers
    shift: Numbers

    @classmethod
    def none(cls, size: int) -> Affine:
        """Return what changes nothing."""
        return cls(np.zeros(size), np.ones(size), np.zeros(size))

    def plus(self, values: Numbers) -> Affine:
        """Return it with something added after it."""
        return dataclasses.replace(self, shift=self.shift + values)

    def minus(self, values: Numbers) -> Affine:
        """Return it with something taken away after it; what goes first of all is a mean."""
        if (self.scale == 1).all() and (self.shift == 0).all():
            return dataclasses.replace(self, mean=self.mean + values)
        return self.plus(-values)

    def times(self, values: Numbers) -> Affine:
        """Return it with something multiplied after it."""
        return Affine(self.mean, self.scale * values, self.shift * values)

    def of(self, low: float, high: float) -> Affine:
        """Return it for numbers from 0 to 1 that stand for those from low to high."""
        span = high - low
        return Affine((self.mean - low) / span, self.scale * span, self.shift)

    @property
    def changes(self) -> bool:
        """Whether it does more than rounding."""
        offset = self.shift - self.mean * self.scale
        return bool(np.abs(self.scale - 1).max() > 1e-6 or np.abs(offset).max() > 1e-6)


@dataclass(frozen=True, eq=False)
class Value:
    """What a node gives.

    Attributes
    ----------
    piece : str
        The piece that gives these numbers.
    shape : tuple of int
        Of what the piece gives; of the image, before a layer reads it, as the file has it.
    dims : tuple of int
        As the other library has it; the batch, 1, comes first.
    order : ndarray of int, or None
        Which of the piece's numbers lies at each place; None if they lie as they do there.
    affine : Affine or None
        What has been done to each number, in the piece's order.
    pads : ((int, int), (int, int)) or None
        Rows and columns of zeros around it.
    is_unit, is_entered : bool
        Of the image: whether its pixels are held from 0 to 1, and whether it is the network's.
    erf_of : Value or None
        Where it is the error function of another value, a part of GELU.
    end : str
        The softmax that it went through, "" if none.
    """

    piece: str
    shape: Shape
    dims: Shape
    order: NDArray[np.int64] | None = None
    affine: Affine | None = None
    pads: Pads | None = None
    is_unit: bool = False
    is_entered: bool = False
    erf_of: Value | None = None
    end: str = ""

    def but(self, **changes: Any) -> Value:
        """Return it with some changes."""
        return dataclasses.replace(self, **changes)


def folded(piece: Piece, affine: Affine) -> Piece | None:
    """Return a piece that does, too, what comes after it for each channel; None if it can't.

    Examples
    --------
    >>> one = np.ones(1, np.float32)
    >>> dense = Piece("fc", ("",), Dense(1, bias=False), {"w": one.reshape(1, 1)})
    >>> piece = folded(dense, Affine(np.zeros(1), np.full(1, 3.0), np.full(1, 2.0)))
    >>> piece.arrays["w"].tolist(), piece.arrays["b"].tolist()
    ([[3.0]], [2.0])
    """
    layer = piece.layer
    if not isinstance(layer, Conv2D | Dense | GroupNorm):
        return None
    letter = {Conv2D: "f", Dense: "w", GroupNorm: "g"}[type(layer)]
    weights = piece.arrays[letter].astype(np.float64)
    scale = affine.scale.reshape(-1, *[1] * (weights.ndim - 1))
    bias = (piece.arrays.get("b", 0.0) - affine.mean) * affine.scale + affine.shift
    arrays = {letter: (weights * scale).astype(np.float32)}
    if "b" in piece.arrays or bias.any():
        arrays["b"] = bias.astype(np.float32)
        if not isinstance(layer, GroupNorm) and layer.bias is None:
            layer = dataclasses.replace(layer, bias=0.0)
    return Piece(piece.name, piece.inputs, layer, arrays)


class Builder:
    """Pieces in the making.

    Parameters
    ----------
    dims : tuple of int
        The shape of the images that the graph takes, the batch (1) first.
    input_shape : (int, int, int) or None
        What the images are, for a graph that takes rows of numbers.
    ends : (float, float) or None
        The pixels that stand for 0 and 1; None to find out.
    usual : (float, float) or None
        What these are where the graph does not say it; None to guess.

    Attributes
    ----------
    pieces : dict of str to Piece
        Those so far.
    order : ndarray of int or None
        Which of the graph's pixels lies at each place of the network's image.
    input_shape : (int, int, int) or None
        ``(channels, height, width)``, once that is known.
    ends : (float, float) or None
        The pixels that stand for 0 and 1, once that is known.
    are_guessed : bool
        Whether nobody said these, neither the graph.
    """

    def __init__(
        self,
        dims: Shape,
        input_shape: Shape | None,
        ends: tuple[float, float] | None,
        usual: tuple[float, float] | None = None,
    ) -> None:
        self.pieces: dict[str, Piece] = {}
        self.order: NDArray[np.int64] | None = None
        self.input_shape: Shape | None = None
        self.ends, self.are_guessed = ends, False
        self._wanted, self._dims, self._usual = input_shape, dims, usual
        self._work = self._weights = 0
        self._shared: set[str] = set()
        self._places: NDArray[np.int64] | None = None

    def image(self) -> Value:
        """Return the graph's image."""
        self._spend(self._dims)
        return Value(IMAGE, self._dims[1:], self._dims)

    def share(self, value: Value) -> None:
        """Note that a value is read more than once, so its piece stays as it is."""
        self._shared.add(value.piece)

    # What is done to places.

    def reshaped(self, value: Value, dims: Sequence[int]) -> Value:
        """Return a value in another shape; raise ExportError if images would be mixed."""
        wanted = tuple(int(side) for side in dims)
        if math.prod(wanted) != math.prod(value.dims) or (wanted and wanted[0] != 1):
            raise ExportError(
                f"makes {_size(wanted)} of {_size(value.dims)}, which mixes images or numbers"
            )
        return value.but(dims=wanted)

    def transposed(self, value: Value, axes: Sequence[int]) -> Value:
        """Return a value with its axes in another order."""
        if sorted(axes) != list(range(len(value.dims))) or axes[0] != 0:
            raise ExportError(f"turns the axes to {list(axes)!r:.100}, which mixes images")
        places = self._places_of(value).reshape(value.dims).transpose(axes)
        return value.but(dims=places.shape, order=_in_order(places.ravel()))

    def _places_of(self, value: Value) -> NDArray[np.int64]:
        self._spend(value.dims)
        if value.order is None:
            return np.arange(math.prod(value.dims))
        return value.order

    def _spend(self, dims: Sequence[int]) -> None:
        size = math.prod(dims)
        self._work += size
        if size > MOST_NUMBERS or self._work > MOST_WORK:
            raise ExportError(f"makes {size:,} numbers of an image, more than can be taken")

    # What is done to numbers.

    def spread(self, value: Value, constant: NDArray[Any]) -> Numbers:
        """Return a constant as one number for each of the piece's numbers, in its order."""
        self._spend(value.dims)
        if not _spreads(constant.shape, value.dims):
            raise ExportError(
                f"has a constant of shape {constant.shape!r:.100}, which does not fit "
                f"{_size(value.dims)}"
            )
        numbers = np.broadcast_to(constant.astype(np.float64), value.dims).ravel()
        if not np.isfinite(numbers).all():
            raise ExportError("has a constant that is NaN or infinite")
        if value.order is None:
            return numbers
        own = np.empty(numbers.size)
        own[value.order] = numbers
        return own

    def affine(self, value: Value) -> Affine:
        """Return what has been done to each number so far."""
        if value.pads is not None:
            raise ExportError(PADDED)
        return value.affine or Affine.none(math.prod(value.dims))

    def to_unit(self, value: Value) -> Value:
        """Return pixels that are held from 0 to 1; raise ExportError if they are none."""
        affine = self.affine(value)
        if value.piece != IMAGE or value.is_entered or not (affine.scale > 0).all():
            raise ExportError("holds values between two ends that are no pixels of the image")
        low = affine.mean - affine.shift / affine.scale
        span = 1 / affine.scale
        ends = float(np.float32(low[0])), float(np.float32(low[0] + span[0]))
        if max(np.ptp(low), np.ptp(span)) > 1e-6 * span[0]:
            raise ExportError("holds pixels between ends that differ from channel to channel")
        if value.is_unit and ends != (0.0, 1.0):
            raise ExportError("holds pixels between two ends for a second time")
        if not value.is_unit:
            if self.ends not in (None, ends):
                raise ExportError(
                    f"holds pixels from {ends[0]:g} to {ends[1]:g}, not those that pixel_range says"
                )
            self.ends = ends
        return value.but(affine=None, is_unit=True)

    # What the next layer needs.

    def settled(self, name: str, value: Value, *, as_it_is: bool = True) -> Value:
        """Return a value with which nothing is kept but its order.

        Parameters
        ----------
        name : str
            What the value is called in the graph.
        value : Value
        as_it_is : bool, default True
            Whether four axes of the image are channels, rows and columns; else they may be the
            other way round, as their sizes suggest.
        """
        if value.pads is not None:
            raise ExportError(PADDED)
        if value.erf_of is not None:
            raise ExportError("reads an error function, which is a part of GELU alone here")
        if value.end:
            raise ExportError(f"reads a {value.end}, which only comes last here")
        if value.piece == IMAGE and not value.is_entered:
            value = self._entered(value, as_it_is)
        affine, plain = value.affine, value.but(affine=None)
        if affine is None or not affine.changes:
            return plain
        channels = Affine(*(_by_channel(a, value.shape) for a in
                            (affine.mean, affine.scale, affine.shift)))  # fmt: skip
        before = self.pieces.get(value.piece)
        merged = None
        if before is not None and value.piece not in self._shared:
            merged = folded(before, channels)
        if merged is not None:
            self.pieces[value.piece] = merged
            return plain
        kind = BatchNorm2D if len(value.shape) == 3 else BatchNorm1D
        arrays = {
            "g": channels.scale, "b": channels.shift, "m": channels.mean,
            "v": np.ones(value.shape[0]),
        }  # fmt: skip
        norm = f"{name} (norm)"
        self._put(norm, (value.piece,), kind(eps=1e-12), arrays)
        return plain.but(piece=norm)

    def _entered(self, value: Value, as_it_is: bool) -> Value:
        """Return the image as the network takes it; the first that is read says how."""
        if self.order is None:
            self._enter(value, as_it_is)
        assert self.order is not None
        assert self.input_shape is not None
        if self._places is None:
            self._places = np.empty(self.order.size, np.int64)
            self._places[self.order] = np.arange(self.order.size)
        order = _in_order(self._places[self._places_of(value)])
        affine = value.affine
        if not value.is_unit:
            if self.ends is None:
                is_large = affine is not None and np.abs(affine.scale).max() < 0.1
                guess = 0.0, 255.0 if is_large else 1.0
                self.ends, self.are_guessed = self._usual or guess, self._usual is None
            affine = (affine or Affine.none(self.order.size)).of(*self.ends)
        elif affine is None:
            affine = Affine.none(self.order.size)
        turned = Affine(*(a[self.order] for a in (affine.mean, affine.scale, affine.shift)))
        return value.but(shape=self.input_shape, order=order, affine=turned, is_entered=True)

    def _enter(self, value: Value, as_it_is: bool) -> None:
        places = np.arange(math.prod(self._dims))
        sides = self._dims[1:]
        shape: Shape
        if len(value.dims) == 4 and as_it_is:
            shape, places = value.dims[1:], self._places_of(value)
        elif self._wanted is not None:
            shape = self._wanted
        elif len(sides) == 3 and sides[0] > 4 >= sides[2]:
            places = places.reshape(sides).transpose(2, 0, 1).ravel()
            shape = (sides[2], *sides[:2])
        elif len(sides) == 1:
            raise ExportError(
                f"reads rows of {sides[0]} numbers; say by input_shape (--size) what images "
                "they are"
            )
        else:
            shape = sides if len(sides) == 3 else (1, *sides)
        if self._wanted is not None and shape != self._wanted:
            raise ExportError(f"reads images of {_size(shape)}, not of {_size(self._wanted)}")
        if math.prod(shape) != places.size:
            raise ExportError(f"reads {places.size} numbers, not an image of {_size(shape)}")
        self.order, self.input_shape = places, shape

    def add(
        self, name: str, value: Value, layer: Layer, arrays: dict[str, NDArray[Any]] | None = None
    ) -> Value:
        """Add a layer that reads a settled value number by number; return what it gives."""
        self._put(name, (value.piece,), layer, arrays or {})
        return value.but(piece=name)

    def windows(
        self, name: str, value: Value, layer: Layer, arrays: dict[str, NDArray[Any]] | None = None
    ) -> Value:
        """Add a layer that reads a settled image; return what it gives."""
        _need_image(value)
        try:
            shape = layer.output_shape(value.shape)
        except NetworkError as error:
            raise ExportError(f"does not fit: {error}".rstrip(".")) from error
        self._spend(shape)
        self._put(name, (value.piece,), layer, arrays or {})
        return Value(name, shape, (1, *shape))

    def over_planes(
        self, name: str, value: Value, layer: Layer, axes: Sequence[int], *, keep: bool
    ) -> Value:
        """Add a layer that makes one number of each channel of a settled value."""
        if len(value.shape) != 3:
            raise ExportError("makes one number of what are no channels of an image")
        channels, plane = value.shape[0], math.prod(value.shape[1:])
        wanted = tuple(sorted(axis % len(value.dims) for axis in axes))
        of = (self._places_of(value) // plane).reshape(value.dims)
        first = of.min(axis=wanted, keepdims=keep)
        whole = math.prod(value.dims[axis] for axis in wanted) == plane
        if not whole or (of.max(axis=wanted, keepdims=keep) != first).any():
            raise ExportError("makes one number of other axes than rows and columns")
        self._put(name, (value.piece,), layer, {})
        return Value(name, (channels,), first.shape, _in_order(first.ravel()))

    def dense(
        self, name: str, value: Value, weights: NDArray[Any], bias: NDArray[Any] | None
    ) -> Value:
        """Add a dense layer, after a Flatten where a settled value is an image."""
        size = math.prod(value.dims)
        if weights.shape[1] != size or value.dims[0] != 1:
            raise ExportError(f"has weights for {weights.shape[1]:,} numbers, and reads {size:,}")
        flat = self.flat(name, value)
        arrays = {"w": weights}
        if value.order is not None:
            arrays["w"] = np.empty_like(weights)
            arrays["w"][:, value.order] = weights
        if bias is not None:
            arrays["b"] = bias
        outputs = len(weights)
        self._spend((outputs,))
        layer = Dense(outputs, bias=False if bias is None else 0.0)
        self._put(name, (flat.piece,), layer, arrays)
        return Value(name, (outputs,), (1, outputs))

    def flat(self, name: str, value: Value) -> Value:
        """Return a settled value of a layer that gives no image, after a Flatten if need be."""
        if len(value.shape) == 1:
            return value
        flatten = f"{name} (flatten)"
        self._put(flatten, (value.piece,), Flatten(), {})
        return value.but(piece=flatten, shape=(math.prod(value.shape),))

    def total(self, name: str, first: Value, second: Value) -> Value:
        """Add a sum of two settled values."""
        a, b = (np.zeros(0) if v.order is None else v.order for v in (first, second))
        if (first.shape, first.dims) != (second.shape, second.dims) or not np.array_equal(a, b):
            raise ExportError(
                f"adds {_size(first.dims)} and {_size(second.dims)}, which are not alike"
            )
        self.pieces[name] = Piece(name, (first.piece, second.piece), None)
        return first.but(piece=name)

    def _put(
        self, name: str, inputs: tuple[str, ...], layer: Layer, arrays: dict[str, NDArray[Any]]
    ) -> None:
        held = {letter: np.asarray(array, np.float32) for letter, array in arrays.items()}
        self._weights += sum(array.size for array in held.values())
        if self._weights > MOST_WEIGHTS:
            raise ExportError(f"makes {self._weights:,} weights, more than can be taken")
        self.pieces[name] = Piece(name, inputs, layer, held)


def _spreads(shape: Shape, dims: Shape) -> bool:
    """Return whether an array of a shape can be spread over some axes."""
    with_ones = (1,) * (len(dims) - len(shape)) + tuple(shape)
    return len(with_ones) == len(dims) and all(
        own in (1, side) for own, side in zip(with_ones, dims, strict=True)
    )


def _need_image(value: Value) -> None:
    if len(value.shape) != 3 or value.dims != (1, *value.shape) or value.order is not None:
        raise ExportError(
            f"reads {_size(value.dims)}, which are no channels, rows and columns in their order"
        )


def _in_order(places: NDArray[np.int64]) -> NDArray[np.int64] | None:
    return None if np.array_equal(places, np.arange(places.size)) else places


def _by_channel(numbers: Numbers, shape: Shape) -> Numbers:
    of = numbers.reshape(shape[0], -1)
    if (of != of[:, :1]).any():
        raise ExportError("reads what was scaled or shifted differently from pixel to pixel")
    return of[:, 0]


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"
