"""Networks that are ready to use, by name."""

from __future__ import annotations

import math

from pellucid.errors import NetworkError
from pellucid.network.checks import checked_input_shape
from pellucid.network.layers import (
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalMaxPool2D,
    Layer,
    MaxPool2D,
    ReLU,
    Residual,
)
from pellucid.network.loss import Loss
from pellucid.network.network import Network

__all__ = ["default", "reference", "residual", "signal"]


LEAST_LENGTH = 16
"""Values in a row that are worth a convolution."""


def reference(input_shape: tuple[int, ...] = (28, 28), classes: int = 10) -> Network:
    """Return the network that Pellucid began with: 5,880 parameters for 28 x 28 digits.

    Two layers of five 5 x 5 filters, each followed by ReLU; 2 x 2 max pooling; 500 -> 10 -> ReLU
    -> 10 -> softmax. The biases of the first dense layer start at 0.1: with 0, its ten units are
    now and then all but switched off by their ReLU, and training does not get far.

    Parameters
    ----------
    input_shape : tuple of int, default (28, 28)
        ``(height, width)`` or ``(channels, height, width)``.
    classes : int, default 10
        How many classes.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        Images smaller than 10 x 10, for which filters and pool are too large, or a shape or number
        that can't be.

    Notes
    -----
    Source: the founding document; the sizes that it leaves open are those of 500 -> 10.

    Examples
    --------
    >>> reference().size
    5880
    """
    return Network(
        [
            Conv2D(5, 5, init="seed"),
            ReLU(),
            Conv2D(5, 5, init="seed"),
            ReLU(),
            MaxPool2D(2),
            Flatten(),
            Dense(10, bias=0.1, init="seed"),
            ReLU(),
            Dense(classes, init="seed"),
        ],
        input_shape,
    )


def default(input_shape: tuple[int, ...], classes: int, loss: Loss | None = None) -> Network:
    """Return a network that fits images of a shape: what CNNClassifier takes by itself.

    Blocks of a 3 x 3 convolution with 'same' padding and ReLU, two at least, with 16, 32 and from
    then on 64 filters; each halves the image by max pooling where it is larger than 8 pixels, and
    the last one where it is larger than 4. Then one hidden layer of 64 units. Images of fewer than
    3 pixels in height or width get two hidden layers instead of convolutions. Weights start with
    He's variance, 2 / inputs.

    Parameters
    ----------
    input_shape : tuple of int
        ``(height, width)`` or ``(channels, height, width)``.
    classes : int
        How many classes, or outputs of another loss.
    loss : Loss, optional
        What they are held to; the default is cross-entropy.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        A shape or a number that can't be.

    Notes
    -----
    Source of the variance: K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", 2015.

    Examples
    --------
    >>> print(default((8, 8), 10).summary())
    layer                          output shape  parameters
    -------------------------------------------------------
    input                          1 x 8 x 8              -
    Conv2D(16, 3, padding='same')  16 x 8 x 8           160
    ReLU()                         16 x 8 x 8             -
    Conv2D(32, 3, padding='same')  32 x 8 x 8         4,640
    ReLU()                         32 x 8 x 8             -
    MaxPool2D(2)                   32 x 4 x 4             -
    Flatten()                      512                    -
    Dense(64)                      64                32,832
    ReLU()                         64                     -
    Dense(10)                      10                   650
    -------------------------------------------------------
    total                                            38,282
    """
    _, height, width = checked_input_shape(input_shape)
    layers: list[Layer] = []
    if min(height, width) < 3:
        layers += [Flatten(), Dense(64), ReLU()]
    else:
        filters, blocks = 16, 0
        while blocks < 2 or min(height, width) > 8:
            layers += [Conv2D(filters, 3, padding="same"), ReLU()]
            if min(height, width) > (8 if blocks == 0 else 4):
                layers.append(MaxPool2D(2))
                height, width = height // 2, width // 2
            filters, blocks = min(2 * filters, 64), blocks + 1
        layers.append(Flatten())
    layers += [Dense(64), ReLU(), Dense(classes, init="he")]
    return Network(layers, input_shape, loss)


def signal(input_shape: tuple[int, ...], classes: int, loss: Loss | None = None) -> Network:
    """Return a network that convolves along rows: for signals, spectra and series.

    Blocks of a convolution of 7 values with 'same' padding and ReLU, two at least, with 16, 32 and
    from then on 64 filters; each takes the largest of 4 neighbors while there are 64 or more, then
    of 2, until 8 are left. Then one hidden layer of 64 units, as :func:`default` has it.

    Parameters
    ----------
    input_shape : tuple of int
        ``(1, length)``, ``(length, 1)``, or either with channels before it.
    classes : int
        How many classes, or outputs of another loss.
    loss : Loss, optional
        What they are held to; the default is cross-entropy.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        Images that are no rows, or shorter than 16; or a shape or number that can't be.

    Examples
    --------
    >>> print(signal((1, 100), 3).summary())
    layer                               output shape  parameters
    ------------------------------------------------------------
    input                               1 x 1 x 100            -
    Conv2D(16, (1, 7), padding='same')  16 x 1 x 100         128
    ReLU()                              16 x 1 x 100           -
    MaxPool2D((1, 4))                   16 x 1 x 25            -
    Conv2D(32, (1, 7), padding='same')  32 x 1 x 25        3,616
    ReLU()                              32 x 1 x 25            -
    MaxPool2D((1, 2))                   32 x 1 x 12            -
    Conv2D(64, (1, 7), padding='same')  64 x 1 x 12       14,400
    ReLU()                              64 x 1 x 12            -
    MaxPool2D((1, 2))                   64 x 1 x 6             -
    Flatten()                           384                    -
    Dense(64)                           64                24,640
    ReLU()                              64                     -
    Dense(3)                            3                    195
    ------------------------------------------------------------
    total                                                 42,979
    """
    _, height, width = checked_input_shape(input_shape)
    length, is_upright = max(height, width), height > width
    if min(height, width) != 1 or length < LEAST_LENGTH:
        raise NetworkError(
            f"Images of {height} x {width} are no rows of {LEAST_LENGTH} values or more, which the "
            "signal network convolves along."
        )

    def along(size: int) -> tuple[int, int]:
        return (size, 1) if is_upright else (1, size)

    layers: list[Layer] = []
    filters, blocks = 16, 0
    while blocks < 2 or length > 8:
        layers += [Conv2D(filters, along(7), padding="same"), ReLU()]
        if length > 8:
            size = 4 if length >= 64 else 2
            layers.append(MaxPool2D(along(size)))
            length //= size
        filters, blocks = min(2 * filters, 64), blocks + 1
    layers += [Flatten(), Dense(64), ReLU(), Dense(classes, init="he")]
    return Network(layers, input_shape, loss)


def residual(
    input_shape: tuple[int, ...] = (3, 32, 32),
    classes: int = 10,
    loss: Loss | None = None,
    *,
    filters: int = 8,
) -> Network:
    """Return a residual network with batch normalization, for photographs: 103,954 parameters.

    Convolutions of 3 x 3, each normalized and followed by ReLU, with twice as many filters after
    every halving of the image, up to eight times as many; a residual block of two of them after the
    first halving and after the last; and the largest value of each map. Images are halved until
    their shorter side is 6 pixels at most, the first time by a stride where it is 96 or more.

    Parameters
    ----------
    input_shape : tuple of int, default (3, 32, 32)
        ``(height, width)`` or ``(channels, height, width)``, 8 x 8 at least.
    classes : int, default 10
        How many classes, or outputs of another loss.
    loss : Loss, optional
        What they are held to; the default is cross-entropy.
    filters : int, default 8
        Of the first convolution.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        Images smaller than 8 x 8, or a shape or number that can't be.

    Notes
    -----
    Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2016,
    made small.

    Examples
    --------
    >>> residual().trained_size, residual((64, 48), 3).shapes[-2]
    (103954, (64,))
    """
    _, height, width = checked_input_shape(input_shape)
    side = min(height, width)
    if side < 8:
        raise NetworkError(
            f"Images of {height} x {width} are too small for the residual network; it needs 8 x 8 "
            "at least."
        )
    halvings = max(2, math.ceil(math.log2(side / 6)))
    widths = [min(2 ** (1 + n), 8) * filters for n in range(halvings)]
    is_strided = side >= 96
    layers: list[Layer] = [*_normalized(filters, 2 if is_strided else 1)]
    for number, width in enumerate(widths):
        layers += _normalized(width)
        if number or not is_strided:
            layers.append(MaxPool2D(2))
        if number in (0, len(widths) - 1):
            layers.append(Residual([*_normalized(width), *_normalized(width)]))
    return Network([*layers, GlobalMaxPool2D(), Dense(classes)], input_shape, loss)


def _normalized(filters: int, stride: int = 1) -> list[Layer]:
    convolution = Conv2D(filters, 3, stride, padding="same", bias=False)
    return [convolution, BatchNorm2D(), ReLU()]
