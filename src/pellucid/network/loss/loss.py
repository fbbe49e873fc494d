"""What every loss offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pellucid.errors import NetworkError
from pellucid.network.layers import Shape

__all__ = ["ColumnLoss", "Loss", "TargetKind"]

TargetKind = Literal["classes", "labels", "numbers"]
"""What an image is held to: the index of its class; a share from 0 to 1 of each of several labels;
or any numbers. The last two come in columns, one for each output."""


@dataclass(frozen=True)
class Loss:
    """What every description of a loss offers; not a loss itself."""

    targets: ClassVar[TargetKind] = "classes"
    """What it holds the outputs to."""

    @property
    def setting(self) -> float:
        """The one number that its equations have; 0 where they have none."""
        return 0.0

    def check_outputs(self, shape: Shape) -> None:
        """See that a network ends in something that the loss can be taken of.

        Parameters
        ----------
        shape : tuple of int
            What the last layer gives for one image.

        Raises
        ------
        NetworkError
            It ends in something else; the message says how to end it.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class ColumnLoss(Loss):
    """A loss that holds each output to a number of its own, and is the mean over them."""

    targets: ClassVar[TargetKind] = "numbers"

    def check_outputs(self, shape: Shape) -> None:
        """See that the outputs are flat; a single one will do."""
        if len(shape) != 1:
            what = "label" if self.targets == "labels" else "number"
            raise NetworkError(
                f"The network ends in shape {shape}, but must end in one output for each {what}; "
                f"end it with Flatten() and Dense({what}s)."
            )
