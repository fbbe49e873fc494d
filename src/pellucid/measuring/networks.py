"""The three networks that speed is measured on."""

from __future__ import annotations

from pellucid.network.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from pellucid.network.network import Network
from pellucid.network.presets import reference

__all__ = ["NETWORKS", "lenet", "wide"]


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


NETWORKS = {"reference": reference, "lenet": lenet, "wide": wide}
"""Their makers, by name; the weights start with He's variance but for the reference network's."""
