"""Every data set that has a name: the one list that loading, fetching and listing go by."""

from __future__ import annotations

from pellucid.data.sets.cifar import CIFAR10, CIFAR100
from pellucid.data.sets.digits import DIGITS, DIGITS8
from pellucid.data.sets.emnist import EMNIST
from pellucid.data.sets.fashion_mnist import FASHION_MNIST
from pellucid.data.sets.kmnist import KMNIST
from pellucid.data.sets.medmnist import MEDMNIST
from pellucid.data.sets.mnist import MNIST
from pellucid.data.sets.named_set import NamedSet
from pellucid.data.sets.svhn import SVHN

__all__ = ["FAMILIES", "SETS"]

_LARGE = (CIFAR10, CIFAR100, SVHN, *EMNIST, *MEDMNIST)

SETS: dict[str, NamedSet] = {
    known.name: known
    for known in (
        MNIST,
        FASHION_MNIST.named(),
        KMNIST.named(),
        DIGITS,
        DIGITS8,
        *(large.named() for large in _LARGE),
    )
}
"""By name, in the order in which they are listed."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "medmnist": tuple(known.name for known in MEDMNIST),
    "cifar": (CIFAR10.name, CIFAR100.name),
}
"""Names that stand for several sets, and these."""
