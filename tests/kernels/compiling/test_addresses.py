import numpy as np

from pellucid.kernels.compiling.addresses import (
    bytes_at,
    call,
    doubles_at,
    floats_at,
    pointer,
    words_of,
)
from pellucid.kernels.compiling.compile import compile_function, compile_kernel


@compile_function
def _third(address, kind):
    if kind == 0:
        return float(bytes_at(address)[2])
    if kind == 1:
        return float(floats_at(address)[2])
    return doubles_at(address)[2]


@compile_function
def _second_word(arena):
    return int(words_of(pointer(arena))[1])


@compile_function
def _run(op, arena):
    memory = pointer(arena)
    call(pointer(op), 0, memory, memory, memory)


def test_what_lies_at_an_address():
    for kind, dtype in enumerate((np.uint8, np.float32, np.float64)):
        array = np.array([1, 2, 253], dtype=dtype)
        assert _third(array.ctypes.data, kind) == 253


def test_floats_as_words():
    arena = np.array([0.0, 1.0], dtype=np.float32)
    assert _second_word(arena) == arena.view(np.uint32)[1]


def test_a_kernel_is_called_with_the_fields_behind_its_address():
    def _test_put(arena, parameters, gradient, to, source):
        arena[to] = parameters[source]

    kernel = compile_kernel(_test_put)
    arena = np.array([1.0, 2.0, 3.0], dtype=np.float32)
    _run(np.array([kernel.address, 0, 2], dtype=np.int64), arena)
    assert arena.tolist() == [3.0, 2.0, 3.0]
