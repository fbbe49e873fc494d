"""Frozen descriptions of layers: what they are, never what they have learned.

A layer knows its settings and computes shapes: from the shape of what goes in, the shape of what
comes out and the shapes of its parameters. Its mathematics is in the file of the same name in
:mod:`pellucid.equations`, its compiled form in :mod:`pellucid.kernels.layers`.

Shapes are those of one image, without the batch: ``(channels, height, width)`` before
:class:`Flatten`, ``(features,)`` after it.
"""

from pellucid.network.layers.conv2d import Conv2D
from pellucid.network.layers.dense import Dense
from pellucid.network.layers.flatten import Flatten
from pellucid.network.layers.layer import Layer, Shape
from pellucid.network.layers.maxpool2d import MaxPool2D
from pellucid.network.layers.relu import ReLU
from pellucid.network.layers.sigmoid import Sigmoid

__all__ = [
    "Conv2D",
    "Dense",
    "Flatten",
    "Layer",
    "MaxPool2D",
    "ReLU",
    "Shape",
    "Sigmoid",
]
