"""How each layer becomes ops, and which layers of a network are stages.

What is planned for a layer is in the file of its name in :mod:`pellucid.kernels.layers`, whose
``OPS`` are found here.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from pellucid.errors import NetworkError
from pellucid.kernels.program.arena import Border, View
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.stages import NO_BORDER, Stage, Sums
from pellucid.network.layers import COMPUTED, Layer
from pellucid.network.network import Network
from pellucid.network.twins import twin_of

__all__ = ["LayerOps", "ops_of", "stages_of"]

L = TypeVar("L", bound=Layer)


class LayerOps(Generic[L]):
    """How a kind of layer becomes ops; a layer must say ``forward`` and ``input_gradient``.

    All else saves time or memory, or is for layers with parameters.
    """

    is_view: ClassVar[bool] = False
    """Whether it computes nothing, as its input is read with other strides: Flatten."""
    is_view_in_inference: ClassVar[bool] = False
    """Whether it computes something in training alone: Dropout."""
    is_floor: ClassVar[bool] = False
    """Whether it is ReLU, which those with ``has_floor`` take in."""
    passes_floor: ClassVar[bool] = False
    """Whether a ReLU after it may as well stand before it: max pools, whose winners stay."""
    has_floor: ClassVar[bool] = False
    """Whether it can hold what it gives above 0, which a ReLU after it then need not do."""
    has_gate: ClassVar[bool] = False
    """Whether its ``input_gradient`` can be closed by the mask of a ReLU before it."""
    is_sum: ClassVar[bool] = False
    """Whether its gradient goes to each of its inputs as it is: Add."""
    reads_pixels: ClassVar[bool] = False
    """Whether it reads a single image pixel by pixel, so that pixels need not be whole vectors."""
    has_one_image: ClassVar[bool] = False
    """Whether ``one_image`` is there; else a few images go the way of many, to the same bits."""

    def fits_one_image(self, stage: Stage[L]) -> bool:
        """Return whether ``one_image`` is there for a stage."""
        return self.has_one_image

    def border(self, stage: Stage[L]) -> Border:
        """Return the zeros around what it reads: top, bottom, left, right."""
        return NO_BORDER

    def gradient_border(self, stage: Stage[L]) -> Border:
        """Return the zeros that it needs around ``dz``, to compute its input's gradient."""
        return NO_BORDER

    def forward(self, draft: Draft, stage: Stage[L]) -> None:
        """Emit the ops from ``draft.inputs(stage)`` to ``draft.output(stage)``."""
        raise NotImplementedError

    def sums(self, draft: Draft, stage: Stage[L]) -> Sums | None:
        """Return new memory for the sums of its parameters' gradients, which a section clears."""
        return None

    def parameter_gradient(self, draft: Draft, stage: Stage[L], dz: View) -> None:
        """Emit the ops that add up its parameters' gradients from ``dz``, and those that end it."""
        raise NotImplementedError

    def input_gradient(
        self, draft: Draft, stage: Stage[L], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit the ops from ``dz`` to ``dx``, closed where ``gate`` is not positive."""
        raise NotImplementedError

    def takes_over(self, draft: Draft, stage: Stage[L]) -> bool:
        """Return whether its backward should begin at the gradient of what its only reader gives.

        Then ``backward_over`` is asked for in place of the two above and of the reader's.
        """
        return False

    def backward_over(
        self, draft: Draft, stage: Stage[L], dp: View, to: View | None, gate: View | None
    ) -> None:
        """Emit both gradients from that of its reader's output; that of its input where wanted."""
        raise NotImplementedError

    def one_image(
        self, draft: OneImageDraft, stage: Stage[L], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit the ops for a single image, every sum in the order that ``forward`` has."""
        raise NotImplementedError


def ops_of(layer: Layer) -> LayerOps[Any]:
    """Return how a layer becomes ops.

    Raises
    ------
    NetworkError
        Only its owner knows how to compute it.
    """
    module = twin_of(layer, COMPUTED, "pellucid.kernels.layers")
    if module is None:
        raise NetworkError(
            f"There is no kernel for {layer}; use Pellucid's own layers, or write one for "
            f"{type(layer).__name__} as CONTRIBUTING.md says."
        )
    ops = module.OPS
    assert isinstance(ops, LayerOps)
    return ops


def stages_of(network: Network, *, is_training: bool = True) -> list[Stage[Any]]:
    """Return the layers that compute something, each with the ReLU that it takes in."""
    is_view = [_is_view(node.layer, is_training) for node in network.nodes]
    floors = _floors(network, is_view)
    taken_in = {*floors.values()}
    stages: list[Stage[Any]] = []
    number_of = [0]  # of each of the network's values, which of the stages' it is
    for index, node in enumerate(network.nodes):
        inputs = tuple(number_of[value] for value in node.inputs)
        if is_view[index] or index in taken_in:
            number_of.append(inputs[0])
            continue
        starts = tuple(p.offset for p in network.parameters if p.node == index)
        takes, gives = network.shapes[node.inputs[0]], network.shapes[index + 1]
        has_relu = index in floors
        stage = Stage(len(stages), node.layer, has_relu, inputs, takes, gives, starts, index)
        stages.append(stage)
        number_of.append(len(stages))
    return stages


def _is_view(layer: Layer, is_training: bool) -> bool:
    ops = ops_of(layer)
    return ops.is_view or (ops.is_view_in_inference and not is_training)


def _floors(network: Network, is_view: list[bool]) -> dict[int, int]:
    """Return the nodes that take in a ReLU, each with the node of it.

    The ReLU must be the only reader of what they give, over any Flatten and any max pool, and its
    mask must be the gate of the only reader on the way back: the first pool, or the ReLU's own.
    """
    nodes = network.nodes
    readers: list[list[int]] = [[] for _ in range(len(nodes) + 1)]
    for index, node in enumerate(nodes):
        for value in node.inputs:
            readers[value].append(index)
    floors: dict[int, int] = {}
    for index, node in enumerate(nodes):
        if not ops_of(node.layer).is_floor:
            continue
        reader, before = index, node.inputs[0] - 1
        while before >= 0 and readers[before + 1] == [reader]:
            if not (is_view[before] or ops_of(nodes[before].layer).passes_floor):
                break
            reader, before = before, nodes[before].inputs[0] - 1
        if (
            before < 0
            or readers[before + 1] != [reader]
            or not ops_of(nodes[before].layer).has_floor
        ):
            continue
        after = [reader]
        while len(after) == 1 and (is_view[after[0]] or after[0] == index):
            after = readers[after[0] + 1]
        if len(after) == 1 and ops_of(nodes[after[0]].layer).has_gate:
            floors[before] = index
    return floors
