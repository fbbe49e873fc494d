"""The backward half of a plan: from the gradient of the logits to that of every parameter.

Stages are gone through last to first. Each finds the gradient of what it gave, ``dz``, where its
reader put it. For a convolution that must pass a gradient on, that place has a border of zeros, so
that the gradient of its input is the forward kernel once more, with flipped filters.

A value that several stages read gets a gradient from each, in arrays of their own, which are added
up in the order of the stages.
"""

from __future__ import annotations

from typing import Any

from pellucid.kernels.layers import add, relu
from pellucid.kernels.program.arena import Shared, View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import ops_of
from pellucid.kernels.program.ops import elementwise
from pellucid.kernels.program.stages import NO_BORDER, Stage, Sums

__all__ = ["allocate_sums", "copied", "emit_backward"]


def allocate_sums(draft: Draft) -> None:
    """Lay out where the gradients of each stage's parameters are summed over the chunks.

    All of it is cleared when a section begins.
    """
    for stage in draft.stages:
        if ops_of(stage.layer).takes_over(draft, stage):
            draft.taken_over.add(stage.number)
        sums = ops_of(stage.layer).sums(draft, stage)
        if sums is not None:
            draft.sums[stage.number] = Sums(*map(Shared, sums))


def emit_backward(draft: Draft, delta: View, image_gradient: bool) -> View | None:
    """Emit the ops from the last stage to the first.

    Parameters
    ----------
    draft : Draft
        With its forward ops emitted. A stage that has no sums gets no gradient.
    delta : View
        The gradient of the logits.
    image_gradient : bool
        Whether to go on to the gradient of the images.

    Returns
    -------
    View or None
        Where the gradient of the images appears.
    """
    backward = _Backward(draft, image_gradient)
    backward.parts[len(draft.stages)] = [delta]
    for stage in reversed(draft.stages):
        backward.emit(stage)
    return backward.gradient(0) if image_gradient else None


def copied(x: View, z: View, gate: View | None = None) -> list[int]:
    """Return an op that copies an array, closed where ``gate`` is not positive."""
    return elementwise(relu.backward(), x, z, gate or everywhere(z.shape))


class _Backward:
    """The gradients of the values, as far as the walk from last to first has come."""

    def __init__(self, draft: Draft, image_gradient: bool) -> None:
        self.draft = draft
        self.image_gradient = image_gradient
        self.parts: dict[int, list[View]] = {}
        """What readers gave to values that several read, last reader first."""
        self.whole: dict[int, View] = {}
        """The gradients of values, where whoever computes them wants them."""

    def emit(self, stage: Stage[Any]) -> None:
        """Emit the gradients of a stage's parameters and of what it reads."""
        if any(value - 1 in self.draft.taken_over for value in stage.inputs):
            return  # what gave its input takes the gradient of its output as it is
        if stage.number in self.draft.taken_over:
            reader = self.draft.only_reader(stage.number + 1)
            assert reader is not None
            self._emit_over(stage, self.gradient(reader.number + 1))
            return
        dz = self.gradient(stage.number + 1)
        if stage.number in self.draft.sums:
            ops_of(stage.layer).parameter_gradient(self.draft, stage, dz)
        for value in reversed(stage.inputs):
            if self._is_wanted(value):
                self._emit_input(stage, value, dz)

    def gradient(self, value: int) -> View:
        """Return the whole gradient of a value, its parts added up in the order of the readers."""
        if value not in self.whole:
            *others, first = self.parts.pop(value)
            self.whole[value] = self._sum(value, [first, *reversed(others)])
        return self.whole[value]

    def _is_wanted(self, value: int) -> bool:
        return value > 0 or self.image_gradient

    def _sum(self, value: int, parts: list[View]) -> View:
        program = self.draft.program
        if len(parts) == 1:
            (part,) = parts
            if self._border(value) == NO_BORDER and part.is_contiguous:
                return part.shaped(self.draft.shape(value))
            to = self._array(value)
            program.backward.append(copied(part.shaped(self.draft.shape(value)), to))
            return to
        to = self._array(value)
        total = parts[0]
        for part in parts[1:]:
            total, shape = total.shaped(self.draft.shape(value)), self.draft.shape(value)
            program.backward.append(elementwise(add.add(), total, to, part.shaped(shape), None))
            total = to
        return to

    def _emit_input(self, stage: Stage[Any], value: int, dz: View) -> None:
        """Emit the gradient of one value that a stage reads."""
        if ops_of(stage.layer).is_sum:
            self.parts.setdefault(value, []).append(dz)
        elif self.draft.only_reader(value) is None:
            part = self.draft.memory.array(self.draft.shape(value))
            ops_of(stage.layer).input_gradient(self.draft, stage, dz, stage.as_taken(part), None)
            self.parts.setdefault(value, []).append(part)
        else:
            self.whole[value] = self._emit_into(stage, value, dz)

    def _emit_into(self, stage: Stage[Any], value: int, dz: View) -> View:
        """Emit the gradient of a value that nobody else reads; return where it is wanted."""
        draft = self.draft
        to, gate = self._array(value), self._gate(value)
        if stage.takes == draft.shape(value) or to.is_contiguous:
            ops_of(stage.layer).input_gradient(draft, stage, dz, stage.as_taken(to), gate)
            return to
        # A flat gradient can't be written into a border: it takes a detour over a plain array.
        plain = draft.memory.array(draft.shape(value))
        ops_of(stage.layer).input_gradient(draft, stage, dz, plain.flat(), None)
        draft.program.backward.append(copied(plain, to, gate))
        return to

    def _emit_over(self, stage: Stage[Any], dp: View) -> None:
        """Emit both gradients of a stage from that of its reader's output."""
        (value,) = stage.inputs
        if not self._is_wanted(value):
            ops_of(stage.layer).backward_over(self.draft, stage, dp, None, None)
        elif self.draft.only_reader(value) is None:
            part = self.draft.memory.array(self.draft.shape(value))
            ops_of(stage.layer).backward_over(self.draft, stage, dp, part, None)
            self.parts.setdefault(value, []).append(part)
        else:
            self.whole[value] = to = self._array(value)
            ops_of(stage.layer).backward_over(self.draft, stage, dp, to, self._gate(value))

    def _gate(self, value: int) -> View | None:
        """Return what closes the gradient of a value: the value, where it took in a ReLU."""
        has_relu = value > 0 and self.draft.stages[value - 1].has_relu
        return self.draft.values[value] if has_relu else None

    def _array(self, value: int) -> View:
        """Return new memory for the gradient of a value, as whoever computes the value wants it."""
        return self.draft.memory.array(self.draft.shape(value), self._border(value))

    def _border(self, value: int) -> tuple[int, int, int, int]:
        if value == 0:
            return NO_BORDER
        stage = self.draft.stages[value - 1]
        # Where it goes through survivors, it needs no gradient of its output.
        passes_on = any(map(self._is_wanted, stage.inputs))
        is_asked = passes_on and stage.number not in self.draft.taken_over
        return ops_of(stage.layer).gradient_border(stage) if is_asked else NO_BORDER
