"""Gradients clipped by norm: one that is too long is shortened, and keeps its direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["clip"]


def clip(g: ArrayLike, *, batch_size: float, clip_norm: float) -> NDArray[np.float64]:
    """Return a gradient whose mean over the batch has the norm ``clip_norm`` at most.

    - ``norm = sqrt(sum_i (g_i / batch_size)**2)``, over all parameters
    - ``g = g * min(1, clip_norm / norm)``

    Parameters
    ----------
    g : array_like of any shape
        Gradient of all parameters, SUMMED over the images of the batch.
    batch_size : float
        How many images g is the sum of.
    clip_norm : float
        The largest norm that its mean may have, above 0.

    Returns
    -------
    ndarray of the same shape, float64
        A new array, still summed over the batch.

    Notes
    -----
    Training only, between the gradient and the optimizer's step. PyTorch's ``clip_grad_norm_`` adds
    1e-6 to the norm. Source: "Clipping" in docs/equations.md; R. Pascanu, T. Mikolov, Y. Bengio,
    "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1.

    Examples
    --------
    >>> clip([0.0, -8.0], batch_size=2, clip_norm=1.0).tolist()
    [0.0, -2.0]
    """
    g = np.asarray(g, dtype=np.float64)
    norm = float(np.sqrt(np.sum((g / batch_size) ** 2)))
    return g * (clip_norm / norm if norm > clip_norm else 1.0)
