"""What an exporter returns: where it wrote, and how that compares with Pellucid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.description import Description
from pellucid.export.int8_cost import Int8Cost
from pellucid.export.proof import Comparison, Predictor, compared
from pellucid.files.atomic import atomic_write

__all__ = ["Export", "write"]


@dataclass(frozen=True, eq=False)
class Export:
    """A model in another format.

    Attributes
    ----------
    format : "onnx", "c" or "torch"
        Which.
    paths : tuple of Path
        The files that were written.
    description : Description
        What was exported.
    bound : float
        How far its probabilities may be from Pellucid's.
    int8 : Int8Cost or None
        What whole numbers of 8 bits cost, where it computes in these; it is compared with what
        NumPy says of the same whole numbers.
    """

    format: str
    paths: tuple[Path, ...]
    description: Description
    bound: float
    _open: Callable[[], Predictor]
    int8: Int8Cost | None = None
    _ours: Predictor | None = None

    def __repr__(self) -> str:
        return f"<Export to {self.format}: {', '.join(map(str, self.paths))}>"

    def compare(self, X: Any = None) -> Comparison:
        """Run images through Pellucid and through what was written, and compare what they say.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W) or (n, H, W, C), optional
            Images, as an estimator takes them; by default the ten test vectors in the export.

        Returns
        -------
        Comparison

        Raises
        ------
        DataError
            Images of another shape, or that are no bytes where the export takes bytes.
        ExportError
            What runs the export is not installed, or fails.
        """
        if X is None:
            return self.compare_inputs(self.description.vectors.images)
        return self.compare_inputs(self.description.pixels.of_estimator(X))

    def compare_inputs(self, images: NDArray[Any]) -> Comparison:
        """Do the same with images (n, C, H, W), which are as the export's pixels already."""
        description, unit = self.description, None
        if description.kind == "numbers":
            unit = np.ones(description.outputs)
            unit = unit if description.deviation is None else description.deviation
        theirs = self._open()
        ours = self._ours or description.answer
        return compared(self.format, self.bound, ours, theirs, images, unit)


def write(files: dict[Path, bytes]) -> tuple[Path, ...]:
    """Write files, each of them whole or not at all; return their paths.

    Raises
    ------
    ExportError
        One can't be written.
    """
    for path, data in files.items():
        try:
            atomic_write(path, data)
        except OSError as error:
            raise ExportError(
                f"The export can't be written to {path}: {error.strerror or error}."
            ) from error
    return tuple(files)
