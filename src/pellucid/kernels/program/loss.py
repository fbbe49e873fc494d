"""The op of a network's loss, and what the driver writes into it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import NetworkError
from pellucid.kernels.compiling.compile import Kernel
from pellucid.kernels.compiling.fields import fields_of
from pellucid.kernels.program.ops import bits_of
from pellucid.network.loss import LOSSES, Loss
from pellucid.network.twins import twin_of

__all__ = ["FIELDS", "loss_op"]


def _fields(
    arena, parameters, gradient, logits, delta, size, start, count, targets, weights, outputs,
    is_raw, is_training, results, setting,
):  # fmt: skip
    """What every loss's kernel takes; see ``kernels.loss``."""


FIELDS = fields_of(_fields)


def loss_op(
    loss: Loss, *, logits: int, delta: int, size: int, is_training: bool
) -> NDArray[np.int64]:
    """Return the op of a loss, complete but for what the driver writes into it.

    Raises
    ------
    NetworkError
        Only its owner knows how to compute it.
    """
    module = twin_of(loss, LOSSES, "pellucid.kernels.loss")
    if module is None:
        known = ", ".join(known.__name__ for known in LOSSES)
        raise NetworkError(f"There is no kernel for {loss}; there are for {known}.")
    kernel: Kernel = module.kernel()
    assert kernel.fields == FIELDS, kernel.name
    known_now = {
        "logits": logits, "delta": delta, "size": size, "is_training": int(is_training),
        "setting": bits_of(loss.setting),
    }  # fmt: skip
    numbers = [kernel.address, *(known_now.get(name, 0) for name in FIELDS)]
    return np.array(numbers, dtype=np.int64)
