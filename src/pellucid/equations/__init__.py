"""The mathematics of Pellucid in plain NumPy, float64: to be read, and to judge the kernels by.

One file per kind of layer, the backward beside its forward. Arrays are batch first: images
(n, C, H, W), features (n, I). Any real input is converted to float64, and float64 is returned;
nothing is changed in place. docs/equations.md lists the same equations on one page, and the ten
steps of backpropagation with the numbers that the founding document gives them.

A backward is for training only, but for the gradient of an image that somebody asks for
(:func:`pellucid.image_gradients`); prediction has none.

====================================  ================================================
what                                  file
====================================  ================================================
padding                               :mod:`pellucid.equations.padding`
convolution; backward steps 9, 10     :mod:`pellucid.equations.conv2d`
ReLU; the masks of steps 4, 8, 9      :mod:`pellucid.equations.relu`
sigmoid                               :mod:`pellucid.equations.sigmoid`
max pooling; backward step 8          :mod:`pellucid.equations.maxpool2d`
flatten; backward step 7              :mod:`pellucid.equations.flatten`
dense; backward steps 2 to 7          :mod:`pellucid.equations.dense`
softmax                               :mod:`pellucid.equations.softmax`
cross-entropy; backward step 1        :mod:`pellucid.equations.cross_entropy`
the whole network, all ten steps      :mod:`pellucid.equations.network`
Adam                                  :mod:`pellucid.equations.adam`
initial filters and weights           :mod:`pellucid.network.initial`
randomizing, its four steps           :mod:`pellucid.equations.randomize`
====================================  ================================================
"""

from pellucid.equations.adam import adam
from pellucid.equations.conv2d import conv2d, conv2d_backward
from pellucid.equations.cross_entropy import cross_entropy, cross_entropy_backward, one_hot
from pellucid.equations.dense import dense, dense_backward
from pellucid.equations.flatten import flatten, flatten_backward
from pellucid.equations.maxpool2d import max_pool2d, max_pool2d_backward, max_pool2d_winners
from pellucid.equations.network import Forward, backward, forward, loss_and_gradient
from pellucid.equations.padding import zero_pad, zero_pad_backward
from pellucid.equations.randomize import (
    add_noise,
    compose,
    randomize,
    rotation_matrix,
    scale_matrix,
    translation_matrix,
    warp,
)
from pellucid.equations.relu import relu, relu_backward
from pellucid.equations.sigmoid import sigmoid, sigmoid_backward
from pellucid.equations.softmax import softmax
from pellucid.network.initial import initialize_filter, initialize_normal, initialize_weight

__all__ = [
    "Forward",
    "adam",
    "add_noise",
    "backward",
    "compose",
    "conv2d",
    "conv2d_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "dense",
    "dense_backward",
    "flatten",
    "flatten_backward",
    "forward",
    "initialize_filter",
    "initialize_normal",
    "initialize_weight",
    "loss_and_gradient",
    "max_pool2d",
    "max_pool2d_backward",
    "max_pool2d_winners",
    "one_hot",
    "randomize",
    "relu",
    "relu_backward",
    "rotation_matrix",
    "scale_matrix",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "translation_matrix",
    "warp",
    "zero_pad",
    "zero_pad_backward",
]
