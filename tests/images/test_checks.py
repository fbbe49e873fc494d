import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import check_images, check_labels
from pellucid.errors import DataError
from pellucid.images.checks import check_columns

SHAPES = st.one_of(
    st.tuples(*[st.integers(1, 5)] * 3),
    st.tuples(*[st.integers(1, 4)] * 4),
)


@given(arrays.arrays(np.uint8, SHAPES))
def test_bytes_are_taken_as_they_are(images):
    assert check_images(images) is images


@given(arrays.arrays(np.float64, SHAPES, elements=st.floats(0, 1)))
def test_floats_become_float32(images):
    with np.errstate(all="raise"):
        checked = check_images(images)
    assert checked.dtype == np.float32
    assert checked.flags.c_contiguous
    assert np.abs(checked - images).max() <= 2**-25


@given(arrays.arrays(np.int64, SHAPES, elements=st.integers(0, 255)))
def test_other_integers_become_bytes(images):
    checked = check_images(images.transpose())
    assert checked.dtype == np.uint8
    assert checked.flags.c_contiguous
    assert (checked == images.transpose()).all()


def test_booleans_lists_and_a_hair_above_one_pass():
    assert check_images(np.ones((1, 2, 2), bool)).tolist() == [[[1, 1], [1, 1]]]
    assert check_images([[[0.5]]]).dtype == np.float32
    assert check_images(np.full((1, 1, 1), 1 + 1e-12)).max() == 1


def bad(dtype, value, shape=(4, 2, 2)):
    images = np.zeros(shape, dtype)
    images[2:, 1, 1] = value
    return images


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (bad(float, np.nan), "NaN or infinity in 2 of 4 images, first image 2; leave these out"),
        (bad(np.float32, -np.inf), "NaN or infinity in 2 of 4 images, first image 2"),
        (bad(float, 1e300), "floats from 0 to 1e+300, but floats must lie in [0, 1]"),
        (bad(float, 255), "out of range: 2 of 4 images, first image 2); divide them by 255"),
        (bad(float, -0.1), "floats from -0.1 to 0, but floats must lie in [0, 1]"),
        (bad(float, -0.1), "image 2); give (images - low) / (high - low), where low is what is"),
        (bad(np.int32, 256), "int32 with values from 0 to 256, but integers must lie between"),
        (bad(np.int8, -1), "(out of range: 2 of 4 images, first image 2); rescale them."),
        (bad(complex, 1), "dtype complex128; they must be uint8"),
        (bad("U1", "a"), "dtype <U1; they must be uint8"),
        (bad(object, 1), "The images don't form one array of numbers (dtype object)"),
        ([[[1, 2]], [[1]]], "The images don't form one array of numbers (dtype object)"),
        (np.zeros((3, 784)), "Use images.reshape(-1, 28, 28) for rows of flattened images."),
        (np.zeros((3, 785)), "Use images[np.newaxis] for a single image."),
        (np.zeros(3), "have shape (3,); they must be (n, height, width) or"),
        (np.zeros((1, 1, 1, 1, 1)), "have shape (1, 1, 1, 1, 1); they must be"),
        (np.zeros((0, 28, 28)), "There are no images: the array's shape is (0, 28, 28)."),
        (np.zeros((2, 0, 28)), "There are no images: the array's shape is (2, 0, 28)."),
    ],
)
def test_images_that_can_t_be_used(images, message):
    with pytest.raises(DataError) as error:
        check_images(images)
    assert message in str(error.value)


def test_images_are_held_to_the_network_s_shape():
    images = np.zeros((2, 28, 28), np.uint8)
    for shape in ((28, 28), (1, 28, 28)):
        assert check_images(images, shape).shape == (2, 28, 28)
        assert check_images(images[:, np.newaxis], shape).shape == (2, 1, 28, 28)
    with pytest.raises(
        DataError, match=r"shape \(1, 28, 28\).*network takes \(1, 32, 32\); resize"
    ):
        check_images(images, (32, 32))
    with pytest.raises(DataError, match=r"use images\.transpose\(0, 3, 1, 2\)"):
        check_images(np.zeros((2, 32, 30, 3), np.uint8), (3, 32, 30))


@given(arrays.arrays(np.float64, st.integers(1, 20), elements=st.integers(0, 9).map(float)))
def test_whole_floats_are_labels(labels):
    checked = check_labels(labels, 10, len(labels))
    assert checked.dtype == np.int64
    assert (checked == labels).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64, bool])
def test_integers_are_labels(dtype):
    assert check_labels(np.array([0, 1, 1], dtype), 2).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 9, 3, 9], "Label 9 at index 1 is out of range (3 of 4 labels are)"),
        ([0, 9, 3, 9], "or use a network with 10 classes."),
        ([1, 2, 3], "labels start at 0, so subtract 1 from each."),
        ([0, -1], "Label -1 at index 1 is out of range (1 of 2 labels is): the labels of 3"),
        ([0, -1], "leave out images without a label, or number the classes from 0."),
        (np.array([0, 2**64 - 1], np.uint64), "Label 18446744073709551615 at index 1"),
        ([0, 0.5], "Label 0.5 at index 1 is not a whole number"),
        ([0, np.nan], "Label nan at index 1 is not a whole number"),
        ([np.inf, 0], "Label inf at index 0 is not a whole number"),
        (["a", "b"], "dtype <U1; they must be integers"),
        ([[1], [0]], "have shape (2, 1); they must be 1-D: use labels.ravel()."),
        ([[1, 0], [0, 1]], "they must be 1-D: use labels.argmax(axis=1)."),
        (3, "they must be 1-D: give one class index an image."),
        ([], "There are no labels."),
        ([None, 1], "The labels don't form one array of numbers"),
    ],
)
def test_labels_that_can_t_be_used(labels, message):
    with pytest.raises(DataError) as error:
        check_labels(labels, 3)
    assert message in str(error.value)


def test_as_many_labels_as_images():
    with pytest.raises(DataError, match="There are 60,000 images but 3 labels; each image needs"):
        check_labels([0, 1, 2], 3, 60_000)


@pytest.mark.parametrize("targets", [[0, 1, 1], [[0], [1], [1]], np.array([False, True, True])])
def test_a_single_column_may_be_flat(targets):
    found = check_columns(targets, 1, 3)
    assert (found.dtype, found.tolist()) == (np.float32, [[0.0], [1.0], [1.0]])


def test_columns_are_one_piece_of_memory():
    wide = np.arange(24.0).reshape(4, 6)[:, ::2]
    found = check_columns(wide, 3, 4)
    assert found.flags.c_contiguous
    assert found.tolist() == wide.tolist()


@pytest.mark.parametrize(
    ("targets", "settings", "message"),
    [
        (
            [0, 1, 2],
            {},
            "have shape (3,), but the network has 2 outputs; give shape (n, 2), of",
        ),
        ([[0], [1], [2]], {"is_share": True}, "of each image 1 for a label that it has and 0 for"),
        (np.zeros((3, 2, 1)), {}, "The targets have shape (3, 2, 1), but the network has 2"),
        ([[0, 1]], {}, "There are 3 images but targets for 1; each image needs its own."),
        ([["a", "b"]] * 3, {}, "The targets have dtype <U1; they must be numbers."),
        ([[0, 1], [0], [1, 2]], {}, "The targets don't form one array of numbers"),
        ([[0, 1], [2, np.nan], [0, np.inf]], {}, "The target of image 1 for output 1 is nan, but"),
        (
            [[0, 1], [2, np.nan], [0, np.inf]],
            {},
            "in float32 (2 of 3 images have such a one)",
        ),
        ([[0, 1e39], [0, 1], [0, 1]], {}, "The target of image 0 for output 1 is 1e+39, but"),
        (
            [[0, 1], [0, 1.5], [0, 1]],
            {"is_share": True},
            "image 1 for output 1 is 1.5, but",
        ),
        ([[0, 1], [-1, 1], [0, 1]], {"is_share": True}, "must lie between 0 and 1 (1 of 3 images"),
    ],
)
def test_columns_that_can_t_be_used(targets, settings, message):
    with pytest.raises(DataError) as error:
        check_columns(targets, 2, 3, **settings)
    assert message in str(error.value)
