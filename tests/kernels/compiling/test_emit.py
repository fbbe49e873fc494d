import numpy as np
import pytest
from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.addresses import pointer
from pellucid.kernels.compiling.compile import compile_function
from pellucid.kernels.compiling.emit import EIGHT, eight_totals, splat_int, transpose, width_of
from pellucid.kernels.compiling.emitter import Emitter, int32, int64
from pellucid.kernels.compiling.vector import FLOATS, LANES, emitted, load, total


@compile_function
def _transpose(source, x, x_row, arena, to, to_row):
    transpose(pointer(source), x, x_row, pointer(arena), to, to_row)


@emitted()
def _totals(emit, source, to, COUNT):
    part = Emitter(emit.builder, FLOATS)
    sums = [
        [part.load(source, int64(number * LANES), first) for first in range(0, LANES, FLOATS)]
        for number in range(COUNT)
    ]
    Emitter(emit.builder, EIGHT).store(eight_totals(emit.builder, sums), to, int64(0))


@compile_function
def _all_totals(source, to, each):
    _totals(pointer(source), pointer(to), 8)
    _totals(pointer(source), pointer(to[8:]), 3)
    for number in range(8):
        each[number] = total(load(pointer(source), number * LANES))


@compile_function
def _lane_of_splat(value, of_last):
    return _lane(value, of_last)


@intrinsic
def _lane(typingctx, value, of_last):
    def codegen(context, builder, sig, args):
        vector = splat_int(builder, builder.trunc(args[0], int32(0).type))
        first, last = (builder.extract_element(vector, int32(lane)) for lane in (0, LANES - 1))
        return builder.sext(builder.select(args[1], last, first), int64(0).type)

    return types.int64(types.int64, types.boolean), codegen


@pytest.mark.parametrize(("x_row", "to_row"), [(LANES, LANES), (LANES + 5, LANES), (40, 31)])
def test_a_square_is_turned_over_wherever_its_rows_lie(x_row, to_row):
    source = np.random.default_rng(0).random((LANES, x_row)).astype(np.float32)
    arena = np.full((LANES + 1, to_row), -1.0, dtype=np.float32)
    _transpose(source, 0, x_row, arena, to_row, to_row)
    np.testing.assert_array_equal(arena[1:, :LANES], source[:, :LANES].T)
    assert (arena[0] == -1).all()
    assert (arena[1:, LANES:] == -1).all()


@pytest.mark.parametrize("value", [0, -7, 2**31 - 1])
def test_a_whole_number_is_in_every_lane(value):
    assert _lane_of_splat(value, False) == _lane_of_splat(value, True) == value


def test_a_vector_is_as_wide_as_a_pixel_fills():
    assert width_of(3 * FLOATS) == FLOATS
    assert width_of(LANES + EIGHT) == EIGHT


def test_totals_of_eight_are_those_of_each_to_the_bit():
    random = np.random.default_rng(0)
    for _ in range(50):
        source = random.normal(size=8 * LANES).astype(np.float32)
        to, each = np.full(16, 7.0, np.float32), np.zeros(8, np.float32)
        _all_totals(source, to, each)
        np.testing.assert_array_equal(to[:8], each)
        np.testing.assert_array_equal(to[8:], [*each[:3], 0, 0, 0, 0, 0])
