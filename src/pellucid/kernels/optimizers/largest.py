"""The largest absolute value of a vector: whether a gradient, or a step to come, is finite."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.kernels.compiling.compile import compile_function

__all__ = ["largest"]

_MAGNITUDE = np.int32(0x7FFFFFFF)
"""All bits of a float32 but its sign; as whole numbers they are in the order of the floats."""


@compile_function
def largest(array: Any) -> float:
    """Return the largest absolute value of float32, NaN if there is one.

    Bits are compared as whole numbers, which goes by vectors where floats, for their NaN, do not.
    """
    bits, most = array.view(np.int32), np.zeros(1, np.int32)
    found = np.int32(0)
    for i in range(bits.size):
        found = max(found, bits[i] & _MAGNITUDE)
    most[0] = found
    return float(most.view(np.float32)[0])
