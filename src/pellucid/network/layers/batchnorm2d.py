"""Batch normalization of images; see :mod:`pellucid.equations.batchnorm2d`."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.layers.batchnorm import BatchNorm
from pellucid.network.layers.layer import Shape
from pellucid.network.layers.settings import need_image

__all__ = ["BatchNorm2D"]


@dataclass(frozen=True)
class BatchNorm2D(BatchNorm):
    """Brings each channel to mean 0 and variance 1 over a section, then scales and shifts.

    ``z[c] = g[c] (x[c] - mean[c]) / sqrt(variance[c] + eps) + b[c]``

    It takes (channels, height, width) and gives the same shape, float32. Learned are ``g``
    (channels,), which starts at 1, and ``b`` (channels,), which starts at 0. In training, mean and
    variance are those of the images of a section, as each section of a batch
    (``Trainer(sections=)``) is worked on alone; the running means ``m`` and variances ``v``
    (channels,) take in the share ``momentum`` of the sections' own, in their order, the variances
    as of a sample (over N - 1). In inference, mean and variance are ``m`` and ``v``, and a
    convolution or dense layer right before takes both in.

    Parameters
    ----------
    momentum : float, default 0.1
        How much of a batch's statistics goes into the running ones at each update, from 0 to 1.
    eps : float, default 1e-5
        Added to the variance, so that the division stays finite.

    Raises
    ------
    NetworkError
        A setting that can't be, or an input that is flat.

    Notes
    -----
    Source: S. Ioffe, C. Szegedy, "Batch Normalization", 2015; "Batch normalization" in
    docs/equations.md; :mod:`pellucid.equations.batchnorm2d`.

    Examples
    --------
    >>> BatchNorm2D().parameter_shapes((16, 8, 8))
    {'g': (16,), 'b': (16,)}
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        need_image(self, input_shape)
        return input_shape
