"""Mixup in a section: its images mixed in pairs, and what the network's loss is to take of both."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.targets import Targets
from pellucid.kernels.execute import layout_of
from pellucid.kernels.loss import mixedcrossentropy
from pellucid.kernels.mix import mix_section
from pellucid.kernels.program.draft import Plan

__all__ = ["loss_of_two", "mixed_images", "mixed_targets"]


def mixed_images(
    plan: Plan,
    arena: NDArray[np.float32],
    entering: NDArray[np.int64],
    indices: NDArray[np.int64],
    identities: NDArray[np.int64],
    alpha: float,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return a section's images, randomized and mixed, and what is kept of each.

    Parameters
    ----------
    plan, arena : Plan, ndarray
        Through whose staging the images pass.
    entering : ndarray
        The op that brings them there.
    indices, identities : ndarray
        See :class:`pellucid.execution.sections.Section`; both in one piece.
    alpha : float
        What the shares are drawn with.
    """
    images = np.empty((len(indices), *plan.image.shape), dtype=np.float32)
    shares = np.empty(len(indices))
    flat = images.reshape(len(indices), -1)
    mix_section(entering, indices, identities, arena, layout_of(plan), alpha, flat, shares)
    return images, shares


def mixed_targets(
    targets: Targets, weights: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[Targets, NDArray[np.float64]]:
    """Return what mixed images are held to, and what each counts.

    ``share w loss(y) + (1 - share) w' loss(y')``, of an image and its partner, is the loss of both
    with shares by their weights too. A loss of several labels is linear in them, so there the
    labels are mixed. Classes become rows of three words, as
    :mod:`pellucid.kernels.loss.mixedcrossentropy` reads them.

    Examples
    --------
    >>> found, weights = mixed_targets(np.array([4, 7]), np.array([1.0, 2.0]), np.array([0.5, 1.0]))
    >>> found[:, :2].tolist(), found[:, 2].view(np.float64).round(3).tolist(), weights.tolist()
    ([[7, 4], [7, 4]], [0.667, 1.0], [1.5, 2.0])
    """
    own = shares * weights
    both = own + (1.0 - shares) * weights[::-1]
    share = np.divide(own, both, out=np.ones(len(both)), where=both > 0.0)
    if targets.ndim == 2:
        column = share[:, None]
        mixed = column * targets + (1.0 - column) * targets[::-1]
        return mixed.astype(np.float32), both
    share = np.where(targets == targets[::-1], 1.0, share)
    rows = np.empty((len(targets), 3), dtype=np.int64)
    is_first = share >= 0.5
    rows[:, 0] = np.where(is_first, targets, targets[::-1])
    rows[:, 1] = np.where(is_first, targets[::-1], targets)
    rows[:, 2] = np.maximum(share, 1.0 - share).view(np.int64)
    return rows, both


def loss_of_two(plan: Plan, targets: Targets, op: NDArray[Any]) -> NDArray[Any]:
    """Return the op of a plan's loss for targets that are mixed; ``op`` where it takes these."""
    if plan.network.loss.targets != "classes":
        return op
    assert targets.ndim == 2
    mixed = op.copy()
    mixed[0] = mixedcrossentropy.kernel().address
    return mixed
