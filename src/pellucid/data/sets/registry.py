"""Every data set that has a name: the one list that loading, fetching and listing go by."""

from __future__ import annotations

from pellucid.data.sets.digits import DIGITS, DIGITS8
from pellucid.data.sets.fashion_mnist import FASHION_MNIST
from pellucid.data.sets.kmnist import KMNIST
from pellucid.data.sets.mnist import MNIST
from pellucid.data.sets.named_set import NamedSet

__all__ = ["SETS"]

SETS: dict[str, NamedSet] = {
    known.name: known
    for known in (MNIST, FASHION_MNIST.named(), KMNIST.named(), DIGITS, DIGITS8)
}  # fmt: skip
"""By name, in the order in which they are listed."""
