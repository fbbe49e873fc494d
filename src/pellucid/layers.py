"""Frozen descriptions of layers: what they are, never what they have learned.

A layer knows its settings and computes shapes: from the shape of what goes in, the shape of what
comes out and the shapes of its parameters. Its mathematics is in the file of the same name in
:mod:`pellucid.equations`, its compiled form in :mod:`pellucid.kernels`.

Shapes are those of one image, without the batch: ``(channels, height, width)`` before
:class:`Flatten`, ``(features,)`` after it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pellucid.arguments import is_number, is_whole
from pellucid.errors import NetworkError, did_you_mean

__all__ = [
    "Conv2D",
    "Dense",
    "Flatten",
    "Layer",
    "MaxPool2D",
    "ReLU",
    "Sigmoid",
    "layer_from_dict",
    "layer_to_dict",
]

Shape = tuple[int, ...]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """What every layer description offers; not a layer itself."""

    parameter_names: ClassVar[tuple[str, ...]] = ()
    """The letters of the parameters in the equations: ``("f", "b")`` or ``("w", "b")``."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one output for one input; raise NetworkError if it can't be."""
        raise NotImplementedError

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shape of each parameter, by its letter, in the order they are stored."""
        return {}

    def initial_std(self, name: str, shape: Shape) -> float:
        """Return the standard deviation that the parameter ``name`` is drawn with at the start."""
        return 0.0

    def initial_mean(self, name: str) -> float:
        """Return what the parameter ``name`` is drawn around at the start."""
        return 0.0


@dataclass(frozen=True)
class Conv2D(Layer):
    """A bank of filters, cross-correlated with the image, plus a bias per filter.

    ``z[k, y, x] = b[k] + sum_{c, i, j} f[k, c, i, j] * x_padded[c, y*s + i, x*s + j]``

    Parameters
    ----------
    filters : int
        How many filters, and so how many output channels.
    kernel_size : int or (int, int)
        Height and width of a filter, in pixels.
    stride : int or (int, int), default 1
        Pixels from one position of the filter to the next.
    padding : {"valid", "same"}, int or (int, int), default "valid"
        Zeros put around the image: none; as many as keep ``ceil(size / stride)`` pixels (where
        that is an odd number, the extra zero goes to the bottom and right); or a number of rows
        and columns on each side.
    scale : float, default 1.0
        Filters start as ``N(0, s)``, s = scale / sqrt(product of the filter array's shape).

    Raises
    ------
    NetworkError
        A setting that can't be, or an input too small for the filter.

    Examples
    --------
    >>> Conv2D(5, 5).output_shape((1, 28, 28))
    (5, 24, 24)
    >>> Conv2D(8, 3, stride=2, padding="same").parameter_shapes((3, 28, 28))
    {'f': (8, 3, 3, 3), 'b': (8,)}
    """

    parameter_names: ClassVar[tuple[str, ...]] = ("f", "b")

    filters: int
    kernel_size: Pair | int
    stride: Pair | int = 1
    padding: Literal["valid", "same"] | Pair | int = "valid"
    scale: float = 1.0

    def __post_init__(self) -> None:
        _set(self, "filters", _count(self, "filters", self.filters))
        _set(self, "kernel_size", _pair(self, "kernel_size", self.kernel_size, least=1))
        _set(self, "stride", _pair(self, "stride", self.stride, least=1))
        if isinstance(self.padding, str):
            if self.padding not in ("valid", "same"):
                raise NetworkError(
                    f"Conv2D padding is {self.padding!r}; it must be 'valid', 'same' or a number "
                    f"of pixels.{did_you_mean(self.padding, ['valid', 'same'])}"
                )
        else:
            _set(self, "padding", _pair(self, "padding", self.padding, least=0))
        _set(self, "scale", _positive(self, "scale", self.scale))

    @property
    def kernel_pair(self) -> Pair:
        """Height and width of a filter."""
        return _as_pair(self.kernel_size)

    @property
    def stride_pair(self) -> Pair:
        """Vertical and horizontal stride."""
        return _as_pair(self.stride)

    def pads(self, input_shape: Shape) -> tuple[Pair, Pair]:
        """Return the zeros added as ``((top, bottom), (left, right))``.

        Examples
        --------
        >>> Conv2D(1, 4, padding="same").pads((1, 28, 28))
        ((1, 2), (1, 2))
        """
        sides = []
        for axis in range(2):
            size, kernel = input_shape[1 + axis], self.kernel_pair[axis]
            stride = self.stride_pair[axis]
            if self.padding == "valid":
                before = after = 0
            elif self.padding == "same":
                total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
                before, after = total // 2, total - total // 2
            else:
                assert not isinstance(self.padding, str)
                before = after = _as_pair(self.padding)[axis]
            sides.append((before, after))
        return sides[0], sides[1]

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(filters, height, width)`` of the output."""
        _need_image(self, input_shape)
        sizes = []
        for axis, pad in enumerate(self.pads(input_shape)):
            padded = input_shape[1 + axis] + sum(pad)
            kernel = self.kernel_pair[axis]
            if padded < kernel:
                raise NetworkError(
                    f"{self} is larger than its input {input_shape}: the "
                    f"{('height', 'width')[axis]} is {padded} with padding, the filter needs "
                    f"{kernel}; use a smaller kernel_size, padding='same', or one layer less "
                    "before it."
                )
            sizes.append((padded - kernel) // self.stride_pair[axis] + 1)
        return (self.filters, *sizes)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the filters ``f`` and of the bias ``b``."""
        return {"f": (self.filters, input_shape[0], *self.kernel_pair), "b": (self.filters,)}

    def initial_std(self, name: str, shape: Shape) -> float:
        """Return ``scale / sqrt(product of the shape)`` for ``f``; the bias starts at 0."""
        # The equations import layers, so they can't be imported above.
        from pellucid.equations.initializers import filter_std

        return filter_std(shape, self.scale) if name == "f" else 0.0


@dataclass(frozen=True)
class MaxPool2D(Layer):
    """The largest value under each position of a window; ties go to the first, row by row.

    Parameters
    ----------
    pool_size : int or (int, int), default 2
        Height and width of the window, in pixels.
    stride : int, (int, int) or None, default None
        Pixels from one window to the next; None takes ``pool_size``, so that they don't overlap.

    Raises
    ------
    NetworkError
        A setting that can't be, or an input smaller than the window.

    Examples
    --------
    >>> MaxPool2D(2).output_shape((5, 20, 20))
    (5, 10, 10)
    >>> MaxPool2D(3, stride=2).output_shape((5, 20, 20))
    (5, 9, 9)
    """

    pool_size: Pair | int = 2
    stride: Pair | int | None = None

    def __post_init__(self) -> None:
        _set(self, "pool_size", _pair(self, "pool_size", self.pool_size, least=1))
        stride = self.pool_size if self.stride is None else self.stride
        _set(self, "stride", _pair(self, "stride", stride, least=1))

    @property
    def pool_pair(self) -> Pair:
        """Height and width of the window."""
        return _as_pair(self.pool_size)

    @property
    def stride_pair(self) -> Pair:
        """Vertical and horizontal stride."""
        assert self.stride is not None
        return _as_pair(self.stride)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the output's shape; a rest narrower than the window is left out."""
        _need_image(self, input_shape)
        sizes = []
        for axis in range(2):
            size, pool = input_shape[1 + axis], self.pool_pair[axis]
            if size < pool:
                raise NetworkError(
                    f"{self} is larger than its input {input_shape}: the "
                    f"{('height', 'width')[axis]} is {size}, the window needs {pool}; use a "
                    "smaller pool_size or leave this layer out."
                )
            sizes.append((size - pool) // self.stride_pair[axis] + 1)
        return (input_shape[0], *sizes)


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer, ``z = w x + b``.

    Parameters
    ----------
    units : int
        How many outputs.
    std : float, default 0.1
        Weights start as N(0, std), std the standard deviation. 0.1 is the square root of the
        variance 0.01.
    bias : float, default 0.0
        What every bias starts as. A little above 0 keeps the units of a small hidden layer from
        being switched off by their ReLU at the start.

    Raises
    ------
    NetworkError
        A setting that can't be, or an input that is still an image.

    Examples
    --------
    >>> Dense(10).parameter_shapes((500,))
    {'w': (10, 500), 'b': (10,)}
    """

    parameter_names: ClassVar[tuple[str, ...]] = ("w", "b")

    units: int
    std: float = 0.1
    bias: float = 0.0

    def __post_init__(self) -> None:
        _set(self, "units", _count(self, "units", self.units))
        _set(self, "std", _positive(self, "std", self.std))
        _set(self, "bias", _finite(self, "bias", self.bias))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(units,)``."""
        if len(input_shape) != 1:
            raise NetworkError(
                f"{self} needs a flat input, not an image of shape {input_shape}; put Flatten() "
                "before it."
            )
        return (self.units,)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the weights ``w`` and of the bias ``b``."""
        return {"w": (self.units, input_shape[0]), "b": (self.units,)}

    def initial_std(self, name: str, shape: Shape) -> float:
        """Return ``std`` for ``w``; every bias starts at the same value."""
        return self.std if name == "w" else 0.0

    def initial_mean(self, name: str) -> float:
        """Return ``bias`` for ``b``, 0 for ``w``."""
        return self.bias if name == "b" else 0.0


@dataclass(frozen=True)
class ReLU(Layer):
    """``max(0, z)``, element by element."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape


@dataclass(frozen=True)
class Sigmoid(Layer):
    """``1 / (1 + exp(-z))``, element by element."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return input_shape


@dataclass(frozen=True)
class Flatten(Layer):
    """``(channels, height, width)`` as one row, channel by channel and row by row.

    Examples
    --------
    >>> Flatten().output_shape((5, 10, 10))
    (500,)
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(channels * height * width,)``."""
        return (math.prod(input_shape),)


_KINDS: dict[str, type[Layer]] = {
    kind.__name__: kind for kind in (Conv2D, MaxPool2D, Dense, ReLU, Sigmoid, Flatten)
}


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """Return a layer as JSON-ready values.

    Examples
    --------
    >>> layer_to_dict(Dense(10))
    {'layer': 'Dense', 'units': 10, 'std': 0.1, 'bias': 0.0}
    """
    return {"layer": type(layer).__name__, **dataclasses.asdict(layer)}


def layer_from_dict(values: dict[str, Any]) -> Layer:
    """Return the layer that :func:`layer_to_dict` described.

    Raises
    ------
    NetworkError
        An unknown kind of layer, or settings it does not have.

    Examples
    --------
    >>> layer_from_dict({"layer": "MaxPool2D", "pool_size": [2, 2], "stride": [2, 2]})
    MaxPool2D(pool_size=(2, 2), stride=(2, 2))
    """
    if not isinstance(values, dict):
        raise NetworkError(f"A layer is described by a dictionary, not {values!r}.")
    settings = dict(values)
    name = settings.pop("layer", None)
    if not isinstance(name, str) or name not in _KINDS:
        hint = did_you_mean(str(name), _KINDS)
        raise NetworkError(f"Unknown layer {name!r}; known: {', '.join(_KINDS)}.{hint}")
    settings = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()}
    known = [field.name for field in dataclasses.fields(_KINDS[name])]
    for key in settings:
        if key not in known:
            raise NetworkError(f"{name} has no setting {key!r}.{did_you_mean(str(key), known)}")
    try:
        return _KINDS[name](**settings)
    except TypeError as error:
        raise NetworkError(f"{name} lacks a setting; it needs {', '.join(known)}.") from error


def _set(layer: Layer, name: str, value: object) -> None:
    object.__setattr__(layer, name, value)


def _as_pair(value: Pair | int) -> Pair:
    return (value, value) if isinstance(value, int) else value


def _pair(layer: Layer, name: str, value: Any, *, least: int) -> Pair:
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2 or not all(is_whole(v) and v >= least for v in both):
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a whole number of at least "
            f"{least}, or a pair of them (height, width)."
        )
    return int(both[0]), int(both[1])


def _count(layer: Layer, name: str, value: Any) -> int:
    if not is_whole(value) or value < 1:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a whole number of at least 1."
        )
    return int(value)


def _finite(layer: Layer, name: str, value: Any) -> float:
    if not is_number(value) or not -math.inf < value < math.inf:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a finite number."
        )
    return float(value)


def _positive(layer: Layer, name: str, value: Any) -> float:
    if not is_number(value) or not 0 < value < math.inf:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a finite number above 0."
        )
    return float(value)


def _need_image(layer: Layer, input_shape: Shape) -> None:
    if len(input_shape) != 3:
        raise NetworkError(
            f"{layer} needs an image (channels, height, width), but its input is flat, "
            f"{input_shape}; put it before Flatten()."
        )
