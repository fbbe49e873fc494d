"""Batch normalization of flat arrays; see :mod:`pellucid.equations.batchnorm1d`."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.errors import NetworkError
from pellucid.network.layers.batchnorm import BatchNorm
from pellucid.network.layers.layer import Shape

__all__ = ["BatchNorm1D"]


@dataclass(frozen=True)
class BatchNorm1D(BatchNorm):
    """Brings each feature to mean 0 and variance 1 over a section, then scales and shifts.

    ``z[c] = g[c] (x[c] - mean[c]) / sqrt(variance[c] + eps) + b[c]``

    It takes (features,) and gives the same shape, float32. Learned are ``g`` (features,), which
    starts at 1, and ``b`` (features,), which starts at 0. In training, mean and variance are those
    of the images of a section, as each section of a batch (``Trainer(sections=)``) is worked on
    alone; the running means ``m`` and variances ``v`` (features,) take in the share ``momentum`` of
    the sections' own, in their order, the variances as of a sample (over N - 1). In inference, mean
    and variance are ``m`` and ``v``, and a convolution or dense layer right before takes both in.

    Parameters
    ----------
    momentum : float, default 0.1
        How much of a batch's statistics goes into the running ones at each update, from 0 to 1.
    eps : float, default 1e-5
        Added to the variance, so that the division stays finite.

    Raises
    ------
    NetworkError
        A setting that can't be, or an input that is still an image.

    Notes
    -----
    Source: S. Ioffe, C. Szegedy, "Batch Normalization", 2015; "Batch normalization" in
    docs/equations.md; :mod:`pellucid.equations.batchnorm1d`.

    Examples
    --------
    >>> BatchNorm1D().parameter_shapes((16,))
    {'g': (16,), 'b': (16,)}
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        if len(input_shape) != 1:
            raise NetworkError(
                f"{self} needs a flat input, not an image of shape {input_shape}; put Flatten() "
                "before it, or use BatchNorm2D()."
            )
        return input_shape
