import hashlib

import numpy as np
import pytest

from pellucid.files.digests import little_endian, sha256


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<i8", ">i8", "u1"])
def test_a_hash_is_of_little_endian_bytes_in_c_order(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    bytes_of_it = array.astype(array.dtype.newbyteorder("<")).tobytes()
    expected = hashlib.sha256(bytes_of_it).hexdigest()
    assert sha256(array) == sha256(np.asfortranarray(array)) == expected
    assert little_endian(array).tobytes() == bytes_of_it


def test_parts_are_hashed_one_behind_the_other():
    expected = hashlib.sha256("é;".encode() + b"\0\1" + bytes([7, 8])).hexdigest()
    assert sha256("é;", b"\0\1", np.array([7, 8], np.uint8)) == expected
    assert sha256() == hashlib.sha256().hexdigest()


def test_what_is_little_endian_already_is_not_copied():
    array = np.arange(4, dtype="<f4")
    assert np.shares_memory(little_endian(array), array)
