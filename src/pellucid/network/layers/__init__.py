"""Frozen descriptions of layers: what they are, never what they have learned.

A layer knows its settings and computes shapes: from the shape of what goes in, the shape of what
comes out and the shapes of its parameters. Its mathematics is in the file of the same name in
:mod:`pellucid.equations`, its compiled form in :mod:`pellucid.kernels.layers`.

Shapes are those of one image, without the batch: ``(channels, height, width)`` before
:class:`Flatten`, ``(features,)`` after it.

**This is where a layer is registered**: with its import and its place in ``LAYERS`` it is known in
model files, to the equations, the planners, and as ``pellucid.NAME``.
"""

from pellucid.network.layers.add import Add as Add
from pellucid.network.layers.averagepool2d import AveragePool2D as AveragePool2D
from pellucid.network.layers.batchnorm1d import BatchNorm1D as BatchNorm1D
from pellucid.network.layers.batchnorm2d import BatchNorm2D as BatchNorm2D
from pellucid.network.layers.conv2d import Conv2D as Conv2D
from pellucid.network.layers.dense import Dense as Dense
from pellucid.network.layers.flatten import Flatten as Flatten
from pellucid.network.layers.gelu import GELU as GELU
from pellucid.network.layers.globalaveragepool2d import GlobalAveragePool2D as GlobalAveragePool2D
from pellucid.network.layers.globalmaxpool2d import GlobalMaxPool2D as GlobalMaxPool2D
from pellucid.network.layers.groupnorm import GroupNorm as GroupNorm
from pellucid.network.layers.layer import Layer as Layer
from pellucid.network.layers.layer import Shape as Shape
from pellucid.network.layers.leakyrelu import LeakyReLU as LeakyReLU
from pellucid.network.layers.maxpool2d import MaxPool2D as MaxPool2D
from pellucid.network.layers.relu import ReLU as ReLU
from pellucid.network.layers.residual import Residual as Residual
from pellucid.network.layers.sigmoid import Sigmoid as Sigmoid
from pellucid.network.layers.silu import SiLU as SiLU
from pellucid.network.layers.tanh import Tanh as Tanh

LAYERS: tuple[type[Layer], ...] = (
    Conv2D,
    MaxPool2D,
    AveragePool2D,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    Dense,
    ReLU,
    LeakyReLU,
    Sigmoid,
    Tanh,
    SiLU,
    GELU,
    BatchNorm2D,
    BatchNorm1D,
    GroupNorm,
    Flatten,
    Residual,
)
"""Every layer that a network may be written with."""

JOINS: tuple[type[Layer], ...] = (Add,)
"""What containers end in: layers that read several values, and that nobody writes."""

COMPUTED: tuple[type[Layer], ...] = (*(kind for kind in LAYERS if kind is not Residual), *JOINS)
"""What a node may be: all but the containers, which are made of others."""
