"""What every loss offers."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.layers import Shape

__all__ = ["Loss"]


@dataclass(frozen=True)
class Loss:
    """What every description of a loss offers; not a loss itself."""

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
