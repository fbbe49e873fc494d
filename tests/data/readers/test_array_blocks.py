import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.readers import array_blocks
from pellucid.data.readers.array_blocks import check_claims, image_blocks, read_blocks, stored_dtype
from pellucid.data.samples import Steps
from pellucid.errors import DataError


@given(
    st.integers(1, 9), st.integers(1, 200), st.sampled_from(["u1", ">i2", "<f4", ">f8"]),
    st.integers(-1, 1),
)  # fmt: skip
def test_what_lies_in_a_file_comes_in_blocks(count, block_bytes, dtype, more):
    array = np.arange(count * 6).reshape(count, 2, 3).astype(dtype)
    content = array.tobytes()
    content = content[:-1] if more < 0 else content + bytes(more)
    before, array_blocks.BLOCK_BYTES = array_blocks.BLOCK_BYTES, block_bytes
    try:
        found = list(read_blocks(io.BytesIO(content), array.shape, array.dtype, "it"))
    except DataError as error:
        assert more != 0
        told = str(error)
        assert told.startswith("it is truncated" if more < 0 else "it is longer than")
        return
    finally:
        array_blocks.BLOCK_BYTES = before
    assert more == 0
    assert max(map(len, found)) <= max(1, block_bytes // array[0].nbytes)
    np.testing.assert_array_equal(np.concatenate(found), array)


def test_labels_and_steps_go_with_the_images():
    steps = []
    arrays = iter([np.zeros((2, 3, 4), bool), np.ones((1, 3, 4))])
    counter = Steps(lambda *step: steps.append(step), 3)
    found = list(image_blocks(arrays, np.array([5, 6, 7]), counter))
    assert [block.labels.tolist() for block in found] == [[5, 6], [7]]
    assert [block.images.dtype for block in found] == [np.uint8, np.float32]
    assert steps == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("dtype", "stored"), [("?", "u1"), (">i8", "u1"), ("<f2", "f4"), (">f8", "f4")]
)
def test_what_is_stored(dtype, stored):
    assert stored_dtype(np.dtype(dtype)) == np.dtype(stored)


@pytest.mark.parametrize(
    ("shape", "labels", "dtype", "message"),
    [
        ((2, 3, 4), (3,), "u1", "There are 2 images but 3 labels; each image needs one."),
        ((2, 3, 4), (2, 3), "u1", r"labels have shape \(2, 3\); .* use labels.argmax\(axis=1\)"),
        ((2, 3), (2,), "u1", r"images have shape \(2, 3\); they must be \(n, height, width\)"),
        ((2, 0, 4), (2,), "u1", r"There are no images: the array's shape is \(2, 0, 4\)"),
        ((2, 3, 4), (2,), "S201", "The labels are texts of up to 201 letters"),
        ((2, 3, 4), (2,), "U201", "The labels are texts of up to 201 letters"),
    ],
)
def test_claims_that_can_t_be(shape, labels, dtype, message):
    with pytest.raises(DataError, match=message):
        check_claims(shape, labels, np.dtype(dtype))
    check_claims((2, 3, 4), (2,), np.dtype("U200"))
