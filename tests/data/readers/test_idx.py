import contextlib
import gzip
import io
import struct
import tracemalloc

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.readers.idx import open_idx, parse_idx, read_idx
from pellucid.errors import DataError

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def write(array):
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim])
    return (
        header
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


@given(
    st.sampled_from(sorted(CODES)).flatmap(
        lambda code: arrays.arrays(code, arrays.array_shapes(min_dims=1, max_dims=4, max_side=5))
    ),
    st.booleans(),
)
def test_what_was_written_comes_back(array, compressed):
    data = write(array)
    read = parse_idx(gzip.compress(data) if compressed else data, "x")
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_truncation_and_an_extra_byte_are_told(pack):
    data = pack(write(ARRAY))
    for length in range(len(data)):
        with pytest.raises(DataError, match=r"^x is (truncated|no IDX file|damaged)"):
            parse_idx(data[:length], "x")
    with pytest.raises(DataError, match="x is longer than its header says: shape"):
        parse_idx(pack(write(ARRAY) + b"!"), "x")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_of_a_gzip_file_is_told_or_harmless(place, flip):
    data = bytearray(gzip.compress(write(ARRAY)))
    data[place % len(data)] ^= flip
    with contextlib.suppress(DataError):
        np.testing.assert_array_equal(parse_idx(bytes(data), "x"), ARRAY)


@given(st.binary(max_size=40), st.sampled_from(sorted(CODES.values())), st.booleans())
def test_any_bytes_behind_a_beginning_are_told_or_an_array(rest, code, compressed):
    data = bytes([0, 0, code]) + rest
    try:
        read = parse_idx(gzip.compress(data) if compressed else data, "x")
    except DataError:
        return
    assert write(read) == data  # nothing was made up, and nothing left out


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x is no IDX file: it is empty, where 00 00"),
        (b"PK\x03\x04abcd", "x is no IDX file: it begins with 50 4b 03 04, where"),
        (b"\0\0\x07\x01\0\0\0\0", "x is no IDX file: it begins with 00 00 07 01"),
        (b"\0\0\x08\0", "its header says 0 axes, where 1 to 8 belong"),
        (b"\0\0\x08\xff", "its header says 255 axes, where 1 to 8 belong"),
        (b"\0\0\x08\x02\0\0\0\x01", "x is truncated: it ends inside its header; fetch it again."),
    ],
)
def test_bad_headers_are_told(data, message):
    with pytest.raises(DataError) as error:
        parse_idx(data, "x")
    assert message in str(error.value)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_absurd_sizes_allocate_nothing(pack):
    data = pack(b"\0\0\x08\x03" + struct.pack(">3I", *[2**32 - 1] * 3) + b"123")
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="bytes of values, more than its size allows"):
            parse_idx(data, "x")
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_files_that_can_t_be_read(tmp_path):
    with pytest.raises(DataError, match=r"Can't read .*none: No such file"):
        read_idx(tmp_path / "none")
    with pytest.raises(DataError, match="Can't read"):
        read_idx(tmp_path)


def test_gzip_readers_see_the_same(tmp_path):
    # The bytes come from another writer of gzip than gzip.compress: with a name in the header.
    path = tmp_path / "x.gz"
    with gzip.GzipFile("a name", "wb", fileobj=(buffer := io.BytesIO())) as file:
        file.write(write(ARRAY))
    path.write_bytes(buffer.getvalue())
    np.testing.assert_array_equal(read_idx(path), ARRAY)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_opened_file_stands_behind_its_header(tmp_path, pack):
    path = tmp_path / "x"
    path.write_bytes(pack(write(ARRAY)))
    file, (dtype, shape) = open_idx(path)
    with file:
        assert (dtype, shape) == (np.uint8, ARRAY.shape)
        assert file.read() == ARRAY.tobytes()
    path.write_bytes(pack(write(ARRAY))[:3])
    with pytest.raises(DataError, match=r"is (no IDX file|damaged or truncated)"):
        open_idx(path)
