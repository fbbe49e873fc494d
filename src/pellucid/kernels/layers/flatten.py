"""Flatten; its equation is in :mod:`pellucid.equations.flatten`.

It costs nothing: whoever comes after it reads the array with other strides. A single image has its
channels last, so there it is a copy, in :mod:`pellucid.kernels.layers.one_image`.
"""

from __future__ import annotations

from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.network.layers import Flatten

__all__ = ["OPS"]


class FlattenOps(LayerOps[Flatten]):
    """No ops."""

    is_view = True


OPS = FlattenOps()
