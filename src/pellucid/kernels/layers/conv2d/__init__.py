"""The kernels of a convolution: all products, fewer products, survivors only, one image.

``forward`` is the plain way and the one to read first; :mod:`pellucid.equations.conv2d` judges all.
The files that end in ``_ops`` say when a way pays and which ops it takes; ``ops`` chooses.
"""

from pellucid.kernels.layers.conv2d.ops import OPS

__all__ = ["OPS"]
