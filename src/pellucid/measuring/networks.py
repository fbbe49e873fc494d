"""The networks that speed is measured on: three small ones, and three of today."""

from __future__ import annotations

from pellucid.network.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU
from pellucid.network.network import Network
from pellucid.network.presets import reference, residual

__all__ = ["DEEP", "NETWORKS", "lenet", "residual", "simplechains", "vgg", "wide"]


def lenet() -> Network:
    """Return a network of LeNet-5's size: 61,706 parameters.

    Examples
    --------
    >>> lenet().size
    61706
    """
    return Network(
        [
            Conv2D(6, 5, padding=2, init="he"),
            ReLU(),
            MaxPool2D(2),
            Conv2D(16, 5, init="he"),
            ReLU(),
            MaxPool2D(2),
            Flatten(),
            Dense(120, init="he"),
            ReLU(),
            Dense(84, init="he"),
            ReLU(),
            Dense(10, init="he"),
        ],
        (28, 28),
    )


def wide() -> Network:
    """Return a wider network: 32 and 64 filters of 3 x 3, two pools, 128 hidden units.

    Examples
    --------
    >>> wide().size
    421642
    """
    return Network(
        [
            Conv2D(32, 3, padding="same", init="he"),
            ReLU(),
            MaxPool2D(2),
            Conv2D(64, 3, padding="same", init="he"),
            ReLU(),
            MaxPool2D(2),
            Flatten(),
            Dense(128, init="he"),
            ReLU(),
            Dense(10, init="he"),
        ],
        (28, 28),
    )


def simplechains() -> Network:
    """Return LeNet-5 as the benchmark of SimpleChains has it: 44,426 parameters, no padding.

    Examples
    --------
    >>> simplechains().size
    44426
    """
    return Network(
        [
            Conv2D(6, 5),
            ReLU(),
            MaxPool2D(2),
            Conv2D(16, 5),
            ReLU(),
            MaxPool2D(2),
            Flatten(),
            Dense(120),
            ReLU(),
            Dense(84),
            ReLU(),
            Dense(10),
        ],
        (28, 28),
    )


def vgg() -> Network:
    """Return six 3 x 3 convolutions of 32 to 128 filters for color photos, as VGG's are.

    Examples
    --------
    >>> vgg().size
    550570
    """
    layers: list[Layer] = []
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [Conv2D(filters, 3, padding="same"), ReLU()]
        layers.append(MaxPool2D(2))
    return Network([*layers, Flatten(), Dense(128), ReLU(), Dense(10)], (3, 32, 32))


NETWORKS = {"reference": reference, "lenet": lenet, "wide": wide}
"""The makers of the small ones, by name; all but the reference network start with He's variance."""

DEEP = {"simplechains": simplechains, "vgg": vgg, "residual": residual}
"""Those of the others."""
