"""From a network to the program that computes it: which kernel runs when, on which memory.

The program is a list of ops. An op is a row of int64: the address of its kernel and then the
kernel's fields. A chunk of images goes through all layers forward and backward before the next
begins, so its arrays stay in the second-level cache. What saves memory traffic is decided here and
in :mod:`pellucid.kernels.plan_backward`, not in the kernels:

- zero padding is a border of zeros around the array that a convolution reads; whoever computes
  that array writes inside the border, which is never touched;
- a convolution may take fewer multiplications (:mod:`pellucid.kernels.plan_winograd`);
- a ReLU that follows a convolution or dense layer is that layer's floor at 0, and its backward the
  gate of the op that computes its gradient;
- flattening costs nothing: the array is read with other strides.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import NetworkError
from pellucid.kernels import conv2d, dense, maxpool2d, relu, sigmoid
from pellucid.kernels.arena import FLOOR_NONE, FLOOR_ZERO, Border, Memory, View, everywhere
from pellucid.kernels.compile import Kernel
from pellucid.kernels.vector import LANES
from pellucid.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU, Shape, Sigmoid
from pellucid.network import Network

__all__ = [
    "OP_WIDTH",
    "Draft",
    "Plan",
    "Program",
    "Stage",
    "border_of",
    "make_op",
    "no_kernel",
    "plan_for",
    "stages_of",
    "table",
]

OP_WIDTH = 25
"""Numbers in an op: the kernel's address and up to 24 fields."""


@dataclass(frozen=True)
class Staging:
    """Where the images of a chunk wait to be interleaved.

    Attributes
    ----------
    start : int
        Where they lie one after another.
    pitch : int
        The floats of a row of one: whole vectors.
    framed : int
        Where one lies in its frame, to be randomized.
    tile : int
        Where a square of LANES by LANES is turned over.
    """

    start: int
    pitch: int
    framed: int
    tile: int


@dataclass(frozen=True, eq=False)
class Plan:
    """The program of a network, and where its arrays lie.

    Attributes
    ----------
    network : Network
        What is computed.
    begin, forward, backward, end : ndarray of shape (ops, OP_WIDTH), int64
        The ops to run before a section's first chunk, for each chunk, and after its last.
    size : int
        Floats in an arena.
    sums : (int, int)
        The part of the arena that is set to zero when a section begins.
    image, logits, delta : View
        Where a chunk's images go, where its logits appear, and where their gradient is put.
    staging : Staging
        Where the images of a chunk lie one after another before they are interleaved.
    image_gradient : View or None
        Where the gradient of the images appears, in a plan that computes it.
    """

    network: Network
    begin: NDArray[np.int64]
    forward: NDArray[np.int64]
    backward: NDArray[np.int64]
    end: NDArray[np.int64]
    size: int
    sums: tuple[int, int]
    image: View
    logits: View
    delta: View
    staging: Staging
    image_gradient: View | None


@dataclass(frozen=True)
class Stage:
    """A layer that computes something, with the ReLU it takes in.

    Attributes
    ----------
    layer : Layer
        Never a Flatten.
    has_relu : bool
        Whether the layer's output is that of the ReLU after it.
    takes, gives : tuple of int
        Shapes of one input and one output. Where a Flatten stands before the layer, ``takes``
        is flat while the stage before gives an image.
    parameters : tuple of int
        Where the layer's parameters begin in the flat vector: weights and bias, or nothing.
    """

    layer: Layer
    has_relu: bool
    takes: Shape
    gives: Shape
    parameters: tuple[int, ...]

    def as_taken(self, view: View) -> View:
        """Return the array of the stage before as this one reads it."""
        return view.flat() if len(self.takes) == 1 else view


@dataclass
class Program:
    """The ops collected so far, phase by phase."""

    begin: list[list[int]] = field(default_factory=list)
    forward: list[list[int]] = field(default_factory=list)
    backward: list[list[int]] = field(default_factory=list)
    end: list[list[int]] = field(default_factory=list)


@dataclass
class Draft:
    """A plan in the making.

    ``values[k]`` is where stage k finds its input: ``values[0]`` the images, and ``values[k + 1]``
    what stage k gives. ``places[k]`` is where stage k, a pool, keeps its winners. ``survivors``
    are the convolutions whose backward goes through the survivors of the pool after them.
    """

    network: Network
    stages: list[Stage]
    memory: Memory
    program: Program
    values: list[View] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    survivors: set[int] = field(default_factory=set)

    def taken(self, k: int) -> View:
        """Return the input of stage k as it reads it."""
        return self.stages[k].as_taken(self.values[k])


def make_op(kernel: Kernel, **values: int) -> list[int]:
    """Return an op: the kernel's address and its fields in order; every field must be given."""
    assert set(values) == set(kernel.fields), (kernel.name, set(values) ^ set(kernel.fields))
    row = [kernel.address, *(values[name] for name in kernel.fields)]
    return row + [0] * (OP_WIDTH - len(row))


@functools.lru_cache(maxsize=32)
def plan_for(network: Network, training: bool = True, image_gradient: bool = False) -> Plan:
    """Return the plan of a network; the kernels it needs are compiled or loaded here.

    Parameters
    ----------
    network : Network
        What to compute.
    training : bool, default True
        False leaves out the backward ops and the memory they need.
    image_gradient : bool, default False
        Whether backward ends in the gradient of the images instead of the parameters'.
    """
    from pellucid.kernels.plan_backward import allocate_sums, emit_backward

    draft = Draft(network, stages_of(network), Memory(), Program())
    # The sums come first, so that they are one piece of memory to clear.
    begin_sums = draft.memory.used
    sums = allocate_sums(draft) if training and not image_gradient else {}
    end_sums = draft.memory.used
    _allocate_values(draft)
    for k in range(len(draft.stages)):
        _emit_forward(draft, k)
    delta = draft.memory.array(draft.stages[-1].gives)
    to_image = emit_backward(draft, delta, sums, image_gradient) if training else None
    staging = _staging(draft.memory, network.input_shape)
    return Plan(
        network=network,
        begin=table(draft.program.begin),
        forward=table(draft.program.forward),
        backward=table(draft.program.backward),
        end=table(draft.program.end),
        size=draft.memory.size,
        sums=(begin_sums, end_sums),
        image=draft.values[0],
        logits=draft.values[-1],
        delta=delta,
        staging=staging,
        image_gradient=to_image,
    )


def stages_of(network: Network) -> list[Stage]:
    """Return the layers that compute something, each with the ReLU that it takes in."""
    layers = network.layers
    stages = []
    for index, layer in enumerate(layers):
        if isinstance(layer, Flatten) or (isinstance(layer, ReLU) and _is_taken_in(layers, index)):
            continue
        starts = tuple(p.offset for p in network.parameters if p.layer == index)
        has_relu = index + 1 < len(layers) and _is_taken_in(layers, index + 1)
        takes, gives = network.shapes[index], network.shapes[index + 1]
        stages.append(Stage(layer, has_relu, takes, gives, starts))
    return stages


def _is_taken_in(layers: tuple[Layer, ...], index: int) -> bool:
    """Whether the layer at ``index`` is a ReLU that its neighbors compute on the way."""
    if not isinstance(layers[index], ReLU) or index == 0:
        return False
    after = [layer for layer in layers[index + 1 :] if not isinstance(layer, Flatten)]
    gates = isinstance(after[0], Conv2D | Dense | MaxPool2D) if after else False
    return isinstance(layers[index - 1], Conv2D | Dense) and gates


def _allocate_values(draft: Draft) -> None:
    borders = [border_of(stage) for stage in draft.stages]
    draft.values.append(draft.memory.array(draft.network.input_shape, borders[0]))
    for stage, border in zip(draft.stages, [*borders[1:], (0, 0, 0, 0)], strict=True):
        draft.values.append(draft.memory.array(stage.gives, border))


def border_of(stage: Stage) -> Border:
    """Return the zeros around what a stage reads: top, bottom, left, right."""
    if not isinstance(stage.layer, Conv2D):
        return 0, 0, 0, 0
    (top, bottom), (left, right) = stage.layer.pads(stage.takes)
    return top, bottom, left, right


def _staging(memory: Memory, shape: Shape) -> Staging:
    channels, rows, columns = shape
    pitch = -(-columns // LANES) * LANES
    return Staging(
        memory.take(LANES * channels * rows * pitch),
        pitch,
        memory.take(channels * (rows + 3) * (columns + 3)),
        memory.take(LANES * LANES),
    )


def _emit_forward(draft: Draft, k: int) -> None:
    from pellucid.kernels import plan_winograd

    stage, x, z = draft.stages[k], draft.taken(k), draft.values[k + 1]
    layer = stage.layer
    if isinstance(layer, Conv2D):
        has_fewer = plan_winograd.pays(stage)
        op = (plan_winograd.op_of if has_fewer else _conv2d)(draft, stage, layer, x, z)
    elif isinstance(layer, Dense):
        op = _dense(stage, x, z)
    elif isinstance(layer, MaxPool2D):
        draft.places[k] = draft.memory.take(math.prod(stage.gives) * LANES)
        op = make_op(
            maxpool2d.forward(), channels=z.shape[0], rows=z.shape[1], columns=z.shape[2],
            **pool_fields(layer, x, "x"), **z.fields("p"), place=draft.places[k],
        )  # fmt: skip
    elif isinstance(layer, ReLU | Sigmoid):
        kernel = relu.forward() if isinstance(layer, ReLU) else sigmoid.forward()
        op = elementwise(kernel, x, z, everywhere(x.shape))
    else:
        raise no_kernel(layer)
    draft.program.forward.append(op)


def no_kernel(layer: Layer) -> NetworkError:
    """Return the error of a layer that only its owner knows how to compute."""
    kind = type(layer).__name__
    return NetworkError(
        f"There is no kernel for {layer}; use Pellucid's own layers, or write one for {kind} as "
        "CONTRIBUTING.md says."
    )


def _conv2d(draft: Draft, stage: Stage, layer: Conv2D, x: View, z: View) -> list[int]:
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    weights, sums = pack_filters(
        draft, height, width, filters=filters, channels=channels, bias=stage.parameters[1],
        source=stage.parameters[0], source_filter=channels * height * width,
        source_channel=height * width, source_row=width, source_column=1,
    )  # fmt: skip
    block = conv2d.filter_block(filters)
    return make_op(
        conv2d.forward(layer.kernel_pair[1], block), **conv2d_source(stage, layer, x),
        channels=channels, height=layer.kernel_pair[0], blocks=conv2d.planes(filters) // block,
        weights=weights, sums=sums, rows=z.shape[1], columns=z.shape[2], **z.fields("z"),
        floor=FLOOR_ZERO if stage.has_relu else FLOOR_NONE, **everywhere(z.shape).fields("gate"),
        above=0, present=z.shape[1] + height,
    )  # fmt: skip


def _dense(stage: Stage, x: View, z: View) -> list[int]:
    w, bias = stage.parameters
    outputs, inputs = stage.gives[0], stage.takes[0]
    return make_op(
        dense.product(dense.PARTS), outputs=outputs, inputs=inputs, w=w, w_output=inputs, w_input=1,
        bias=bias, x=x.start, x_input=x.channel, z=z.start, z_output=z.channel,
        floor=FLOOR_ZERO if stage.has_relu else FLOOR_NONE, **gate_of_flat(None),
    )  # fmt: skip


def pack_filters(draft: Draft, height: int, width: int, **fields: int) -> tuple[int, int]:
    """Emit the op that lays filters out for the tiles; return where, and where the bias is."""
    count = conv2d.planes(fields["filters"])
    weights = draft.memory.take(count * fields["channels"] * height * width)
    sums = draft.memory.take(count)
    block = conv2d.filter_block(fields["filters"])
    op = make_op(
        conv2d.pack(), height=height, width=width, block=block, weights=weights, sums=sums, **fields
    )
    draft.program.begin.append(op)
    return weights, sums


def conv2d_source(stage: Stage, layer: Conv2D, x: View) -> dict[str, int]:
    """Return the fields for reading a convolution's input, from the corner of its border."""
    (top, _), (left, _) = layer.pads(stage.takes)
    step = layer.stride_pair
    return {
        "x": x.start - top * x.row - left * x.column,
        "x_channel": x.channel,
        "x_row": x.row,
        "x_step_row": step[0] * x.row,
        "x_step_column": step[1] * x.column,
    }


def pool_fields(layer: MaxPool2D, view: View, name: str) -> dict[str, int]:
    """Return the fields for the unpooled array of a pool."""
    step, pool = layer.stride_pair, layer.pool_pair
    return {
        "pool_rows": pool[0],
        "pool_columns": pool[1],
        **view.fields(name),
        f"{name}_step_row": step[0] * view.row,
        f"{name}_step_column": step[1] * view.column,
    }


def elementwise(kernel: Kernel, x: View, z: View, a: View) -> list[int]:
    """Return an op that goes over three arrays of one shape."""
    return make_op(
        kernel, channels=x.shape[0], rows=x.shape[1], columns=x.shape[2], **x.fields("x"),
        **z.fields("z"), **a.fields("a"),
    )  # fmt: skip


def gate_of_flat(gate: View | None) -> dict[str, int]:
    """Return the gate's fields of a dense op; None is a gate that is always open."""
    view = everywhere(()) if gate is None else gate.flat()
    return {"gate": view.start, "gate_output": view.channel}


def table(rows: list[list[int]]) -> NDArray[np.int64]:
    """Return ops as an array, also where there are none."""
    return np.array(rows, dtype=np.int64).reshape(-1, OP_WIDTH)
