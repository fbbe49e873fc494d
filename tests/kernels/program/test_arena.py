import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.program.arena import (
    CONSTANTS,
    FLOOR_NONE,
    FLOOR_ZERO,
    ONES,
    Memory,
    new_arena,
    stride_of,
)

SIZE = st.integers(1, 9)


@pytest.mark.parametrize("size", [CONSTANTS + 1, 1000, 99_999])
def test_a_new_arena_is_zero_but_for_its_constants_and_begins_on_a_cache_line(size):
    arena = new_arena(size)
    assert arena.shape == (stride_of(size),)
    assert 0 <= len(arena) - size < 16
    assert arena.ctypes.data % 64 == 0
    assert (arena[ONES : ONES + LANES] == 1.0).all()
    assert arena[FLOOR_ZERO] == 0.0
    assert arena[FLOOR_NONE] == -np.inf
    assert not arena[CONSTANTS:].any()


def test_several_arenas_are_alike_and_each_begins_on_a_cache_line():
    arenas = new_arena(1003, 3).reshape(3, -1)
    for arena in arenas:
        assert arena.ctypes.data % 64 == 0
        assert np.array_equal(arena, new_arena(1003))


@given(
    st.lists(
        st.tuples(st.tuples(SIZE, SIZE, SIZE), st.tuples(*[st.integers(0, 3)] * 4)),
        min_size=1,
        max_size=4,
    )
)
def test_no_two_elements_share_a_place(wanted):
    memory = Memory()
    taken = set()
    for shape, border in wanted:
        view = memory.array(shape, border)
        for c, y, x in np.ndindex(shape):
            at = view.start + c * view.channel + y * view.row + x * view.column
            assert at % LANES == 0
            assert CONSTANTS <= at <= memory.size - LANES
            assert at not in taken
            taken.add(at)


def test_only_a_plain_array_can_be_read_flat():
    memory = Memory()
    assert memory.array((3, 4, 5)).is_contiguous
    assert memory.array((7,)).is_contiguous
    assert not memory.array((3, 4, 5), (0, 1, 0, 0)).is_contiguous
    assert not memory.array((3, 4, 5), (0, 0, 1, 0)).is_contiguous
    assert not memory.array((3, 4, 5)).phase(0, 0, 1, 2).is_contiguous
    view = memory.array((3, 4, 5)).flat()
    assert view.shape == (60, 1, 1)
    assert view.channel == LANES


@given(st.tuples(SIZE, SIZE, SIZE), st.tuples(*[st.integers(1, 3)] * 2))
def test_the_phases_of_an_array_are_all_of_it_once(shape, steps):
    view = Memory().array(shape, (1, 0, 2, 0))
    everything = [
        view.start + c * view.channel + y * view.row + x * view.column
        for c, y, x in np.ndindex(shape)
    ]
    found = []
    for first in np.ndindex(*(min(s, n) for s, n in zip(steps, shape[1:], strict=True))):
        phase = view.phase(*first, *steps)
        found += [
            phase.start + c * phase.channel + y * phase.row + x * phase.column
            for c, y, x in np.ndindex(phase.shape)
        ]
    assert sorted(found) == sorted(everything)
