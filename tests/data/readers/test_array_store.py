import io

import numpy as np
import pytest

from pellucid.data.readers.array_store import read_npy, read_npy_header, told
from pellucid.errors import DataError

ARRAY = np.arange(12, dtype=">i2").reshape(3, 4)


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    size = file.tell()
    file.seek(0)
    return file, size


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_and_its_header(order):
    file, size = saved(np.asarray(ARRAY, order=order))
    header = read_npy_header(file, size, "a")
    assert header == ((3, 4), order == "F", np.dtype(">i2"))
    file.seek(0)
    np.testing.assert_array_equal(read_npy(file, size, "a"), ARRAY)


def test_another_size_than_the_header_says_and_objects():
    file, size = saved(ARRAY)
    with pytest.raises(ValueError, match=r"a says shape \(3, 4\) of >i2, 24 bytes, which is not "):
        read_npy_header(file, size - 1, "a")
    file, size = saved(np.array([{}], object))
    assert read_npy_header(file, size, "a").dtype.hasobject
    file.seek(0)
    with pytest.raises(ValueError, match="a holds Python objects, which are never unpickled; save"):
        read_npy(file, size, "a")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("It is cut."), "Can't read a.b as a thing: It is cut."),
        (EOFError(), "Can't read a.b as a thing: EOFError."),
        (FileNotFoundError(), "There is no file a.b."),
        (DataError("As it is."), "As it is."),
    ],
)
def test_damage_is_told(error, message):
    with pytest.raises(DataError) as found, told("a.b", "a thing"):
        raise error
    assert str(found.value) == message
