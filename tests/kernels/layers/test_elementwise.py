import functools

import numpy as np
import pytest

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.vector import LANES, add, sub
from pellucid.kernels.layers import elementwise
from pellucid.kernels.program.ops import bits_of
from tests.kernels.oracle import call


@compile_part
def _raised(x, setting):
    return add(x, setting)


@compile_part
def _difference(x, a, setting):
    return sub(sub(x, a), setting)


@pytest.mark.parametrize("backward", [False, True])
def test_arrays_inside_borders_are_gone_through_with_their_own_strides(backward):
    random = np.random.default_rng(0)
    shapes = {"x": (2, 5, 4), "z": (2, 3, 4), "a": (2, 4, 6)}
    arrays = {n: random.normal(size=(*s, LANES)).astype(np.float32) for n, s in shapes.items()}
    arena = np.concatenate([array.ravel() for array in arrays.values()])
    values, start = {"channels": 2, "rows": 3, "columns": 4}, 0
    for name, (_, rows, columns) in shapes.items():
        values |= {name: start, f"{name}_channel": rows * columns * LANES}
        values |= {f"{name}_row": columns * LANES, f"{name}_column": LANES}
        start += arrays[name].size
    kernel = kernel_of(backward)
    call(kernel, arena, **values, setting=bits_of(1.5))
    x, a = arrays["x"][:, :3], arrays["a"][:, :3, :4]
    z = arena[arrays["x"].size :][: arrays["z"].size].reshape(arrays["z"].shape)
    expected = x - a - np.float32(1.5) if backward else x + np.float32(1.5)
    np.testing.assert_array_equal(z, expected)


@functools.cache
def kernel_of(backward):
    return elementwise.backward_of(_difference) if backward else elementwise.forward_of(_raised)
