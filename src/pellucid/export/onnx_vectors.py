"""The test vectors that a file of :func:`pellucid.export.to_onnx` carries."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.proof import Vectors
from pellucid.files.digests import little_endian

__all__ = ["stored_vectors", "vectors_stored"]


def vectors_stored(vectors: Vectors, images: NDArray[Any]) -> str:
    """Return test vectors as text; ``images`` as the graph takes them."""
    stored = {
        "dtype": little_endian(images).dtype.str,
        "shape": images.shape,
        "images": base64.b64encode(little_endian(images).tobytes()).decode(),
        "outputs": vectors.outputs.tolist(),
    }
    return json.dumps(stored)


def stored_vectors(text: str) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return images as the graph takes them, and what Pellucid said of them.

    Raises
    ------
    ExportError
        They are damaged.
    """
    try:
        stored = json.loads(text)
        if stored["dtype"] not in ("|u1", "<f4"):
            raise ValueError(stored["dtype"])
        images = np.frombuffer(base64.b64decode(stored["images"]), np.dtype(str(stored["dtype"])))
        return images.reshape(stored["shape"]), np.array(stored["outputs"], np.float64)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ExportError("The test vectors in the file are damaged.") from error
