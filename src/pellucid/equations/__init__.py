"""The mathematics of Pellucid in plain NumPy, float64: to be read, and to judge the kernels by.

One file per kind of layer, the backward beside its forward, and at its end the rules by which a
network applies them (:mod:`pellucid.equations.rules`). Arrays are batch first: images
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
add, where a residual ends            :mod:`pellucid.equations.add`
any other layer                       the file of its name, in lower case
softmax                               :mod:`pellucid.equations.softmax`
cross-entropy; backward step 1        :mod:`pellucid.equations.crossentropy`
any other loss                        the file of its name, in lower case
the whole network, all ten steps      :mod:`pellucid.equations.network`
Adam                                  :mod:`pellucid.equations.adam`
AdamW                                 :mod:`pellucid.equations.adamw`
SGD                                   :mod:`pellucid.equations.sgd`
gradients clipped by norm             :mod:`pellucid.equations.clip`
averages of the parameters            :mod:`pellucid.equations.average`
initial filters and weights           :mod:`pellucid.network.initial`
randomizing, its four steps           :mod:`pellucid.equations.randomize`
randomizing photographs               :mod:`pellucid.equations.photo`
mixing images in pairs                :mod:`pellucid.equations.mixup`
====================================  ================================================
"""

from pellucid.equations.network import (
    Forward,
    backward,
    every_gradient,
    forward,
    loss_and_gradient,
)

__all__ = ["Forward", "backward", "every_gradient", "forward", "loss_and_gradient"]
