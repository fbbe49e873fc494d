import numpy as np
import pytest

from pellucid.images.floats import in_float32, in_float64

BYTES = np.arange(256, dtype=np.uint8)


def test_bytes_are_divided_in_the_precision_that_is_asked_for():
    np.testing.assert_array_equal(in_float32(BYTES), BYTES.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(in_float64(BYTES), BYTES.astype(np.float64) / 255)
    assert (in_float32(BYTES) != BYTES.astype(np.float32) * np.float32(1 / 255)).any()


@pytest.mark.parametrize(("convert", "dtype"), [(in_float32, np.float32), (in_float64, np.float64)])
def test_floats_stay_as_they_are(convert, dtype):
    values = np.array([0, 0.25, 1], dtype)
    assert np.shares_memory(convert(values), values)
    assert convert(values.astype(np.float16)).dtype == dtype
    np.testing.assert_array_equal(convert(values.astype(np.float16)), values)
