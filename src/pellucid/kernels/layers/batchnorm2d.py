"""Batch normalization of images: :mod:`pellucid.kernels.layers.batchnorm`."""

from __future__ import annotations

from pellucid.kernels.layers.batchnorm import BatchNormOps

__all__ = ["OPS"]

OPS = BatchNormOps()
