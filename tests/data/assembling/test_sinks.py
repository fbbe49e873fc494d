import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.assembling import sinks
from pellucid.data.assembling.sinks import FileSink, MemorySink
from pellucid.errors import DataError

ALL = np.random.default_rng(0).integers(0, 256, (64, 3, 5), np.uint8)


def cut(places):
    ends = sorted({0, *places, len(ALL)})
    return [ALL[a:b] for a, b in itertools.pairwise(ends)]


@given(st.lists(st.integers(0, 64)), st.integers(1, 2000))
def test_blocks_come_back_as_one_array(tmp_path_factory, places, room):
    sinks._FIRST_BYTES, before = room, sinks._FIRST_BYTES
    path = tmp_path_factory.getbasetemp() / "sink.npy"
    try:
        memory, file = MemorySink("x", (3, 5)), FileSink(path, (3, 5))
        for block in cut(places):
            memory.append(block)
            file.append(block)
        np.testing.assert_array_equal(memory.finish(), ALL)
        mapped = file.finish()
        np.testing.assert_array_equal(mapped, ALL)
        assert isinstance(mapped, np.memmap)
        assert not mapped.flags.writeable
        np.testing.assert_array_equal(np.load(path), ALL)
    finally:
        sinks._FIRST_BYTES = before


def test_a_single_block_is_not_copied():
    sink = MemorySink("x", (3, 5))
    sink.append(ALL)
    assert sink.finish() is ALL


def test_nothing_at_all(tmp_path):
    assert MemorySink("x", (3, 5)).finish().shape == (0, 3, 5)
    assert FileSink(tmp_path / "x.npy", (3, 5)).finish().shape == (0, 3, 5)


def test_transposed_blocks_are_written_in_order(tmp_path):
    sink = FileSink(tmp_path / "x.npy", (5, 3))
    sink.append(ALL.transpose(0, 2, 1))
    np.testing.assert_array_equal(sink.finish(), ALL.transpose(0, 2, 1))


def test_only_bytes_are_mapped(tmp_path):
    sink = FileSink(tmp_path / "x.npy", (3, 5))
    with pytest.raises(DataError, match="images are float64, but a memory map holds uint8; store"):
        sink.append(ALL / 255)
    sink.close()
