"""What every layer offers, and the checks of its settings.

Each check returns the value as it is stored, or says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Layer", "Pair", "Shape"]

Shape = tuple[int, ...]

Pair = tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """What every layer description offers; not a layer itself."""

    parameter_names: ClassVar[tuple[str, ...]] = ()
    """The letters of the parameters in the equations: ``("f", "b")`` or ``("w", "b")``."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape that one image has after the layer.

        Parameters
        ----------
        input_shape : tuple of int
            ``(channels, height, width)``, or ``(features,)`` after Flatten.

        Returns
        -------
        tuple of int

        Raises
        ------
        NetworkError
            The input does not suit the layer; the message says what to change.
        """
        raise NotImplementedError

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shape of each parameter, by its letter, in the order they are stored.

        Parameters
        ----------
        input_shape : tuple of int
            As in :meth:`output_shape`.

        Returns
        -------
        dict of str to tuple of int
            Empty where there is nothing to learn.
        """
        return {}

    def initial_std(self, name: str, shape: Shape) -> float:
        """Return the standard deviation that a parameter is drawn with at the start.

        Parameters
        ----------
        name : str
            Its letter.
        shape : tuple of int
            Its shape, from :meth:`parameter_shapes`.

        Returns
        -------
        float
            0.0 where it is not drawn at random.
        """
        return 0.0

    def initial_mean(self, name: str) -> float:
        """Return what a parameter is drawn around at the start.

        Parameters
        ----------
        name : str
            Its letter.

        Returns
        -------
        float
        """
        return 0.0
