"""Mixup: a section's images, randomized and mixed; the equation is in ``pellucid.equations.mixup``.

``to[n] = share[n] image[n] + (1 - share[n]) image[N - 1 - n]``

The images enter one after another, through the op by which they enter a chunk, and lie then as
floats in memory of their own, ``[image, channel, row, column]``; the section goes on with these. An
image's share is drawn from its own key, so it is the same whoever works on the section, and its
partner follows from the section, which the configuration cuts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pellucid.kernels.compiling.addresses import call, pointer
from pellucid.kernels.compiling.compile import compile_function, compile_part
from pellucid.kernels.compiling.elementary import cosine_and_sine, exp, log
from pellucid.kernels.entering.randomize import image_key, uniform
from pellucid.kernels.execute import (
    CHANNELS,
    COLUMNS,
    INDEX,
    NUMBER,
    PASS,
    PITCH,
    ROWS,
    SEED,
    STAGING,
    TO,
)

__all__ = ["SHARE", "mix_section"]

SHARE = 20
"""Where in an image's key the two numbers are of which its share is made."""

_LEAST = 1e-300
"""What keeps a share a number where a power has become 0."""


@compile_function
def mix_section(
    entering: Any, indices: Any, identities: Any, arena: Any, layout: Any, alpha: float,
    mixed: Any, shares: Any,
) -> None:  # fmt: skip
    """Fill ``mixed`` with a section's images, randomized and mixed, and ``shares``.

    Parameters
    ----------
    entering : ndarray of int64
        From :func:`pellucid.kernels.execute.enter_op`; changed here.
    indices, identities : ndarray of int64
        Which images, and what their randomizing is keyed by; as for ``run_section``.
    arena, layout : ndarray
        Of a plan with the images' shape; images pass through its staging.
    alpha : float
        The shares are from ``Beta(alpha, alpha)``.
    mixed : ndarray of shape (n, C * H * W), float32
    shares : ndarray of shape (n,), float64
        What is kept of each, as float32 has it.
    """
    memory = pointer(arena)
    lines, columns = layout[CHANNELS] * layout[ROWS], layout[COLUMNS]
    staging, pitch = layout[STAGING], layout[PITCH]
    for at in range(indices.size):
        entering[INDEX], entering[TO] = indices[at], staging
        entering[PASS], entering[NUMBER] = identities[at, 0], identities[at, 1]
        call(pointer(entering), 0, memory, memory, memory)
        for line in range(lines):
            for x in range(columns):
                mixed[at, line * columns + x] = arena[staging + line * pitch + x]
        key = image_key(entering[SEED], identities[at, 0], identities[at, 1])
        shares[at] = np.float64(np.float32(_share(key, alpha)))
    for at in range(indices.size // 2):
        _mix_pair(mixed, shares, at, indices.size - 1 - at)


@compile_part
def _share(key: Any, alpha: float) -> float:
    """Return a draw of Beta(alpha, alpha), as :func:`pellucid.images.drawing.beta` has it."""
    first = 1.0 - uniform(key, SHARE, 0.0, 1.0)
    side, _ = cosine_and_sine(uniform(key, SHARE + 1, 0.0, 1.0))
    left = max(exp(log(first) / alpha), _LEAST)
    spread = (1.0 - left) * side * side
    return 0.5 + 0.5 * math.copysign(math.sqrt(spread / (left + spread)), side)


@compile_part
def _mix_pair(mixed: Any, shares: Any, one: int, other: int) -> None:
    """Mix two images with each other, each by its own share."""
    own, others = np.float32(shares[one]), np.float32(shares[other])
    for k in range(mixed.shape[1]):
        a, b = mixed[one, k], mixed[other, k]
        mixed[one, k] = own * a + (np.float32(1.0) - own) * b
        mixed[other, k] = others * b + (np.float32(1.0) - others) * a
