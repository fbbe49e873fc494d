import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from pellucid.errors import ConfigurationError, DataError
from pellucid.estimators.rows import (
    Images,
    fitting,
    image_shape_of,
    rows_of,
)


class TestRowsOf:
    @pytest.mark.parametrize("shape", [(5, 6), (5, 2, 3), (5, 2, 3, 4), (0, 2, 3), (5, 0, 3)])
    def test_rows_are_views(self, shape):
        array = np.zeros(shape)
        rows, of_one = rows_of(array)
        assert rows.shape == (shape[0], int(np.prod(shape[1:])))
        assert of_one == shape[1:]
        assert rows.base is array or rows is array

    def test_tables_and_sparse_arrays_stay_what_they_are(self):
        for table in (pd.DataFrame(np.ones((2, 3))), sparse.csr_array(np.ones((2, 3)))):
            assert rows_of(table)[0] is table
            assert rows_of(table)[1] == (3,)
        series = pd.Series([1, 2])
        assert rows_of(series)[0] is series

    def test_a_series_of_arrays_is_an_array(self):
        rows, shape = rows_of(pd.Series([np.ones((2, 3)), np.zeros((2, 3))]))
        assert (rows.shape, shape) == ((2, 6), (2, 3))

    def test_what_is_no_array_of_images_is_named(self):
        for paths in ("a.png", ["a.png"], pd.Series(["a.png"], dtype=object), [Path("a.png")]):
            with pytest.raises(DataError, match="X holds paths or text"):
                rows_of(paths)
        with pytest.raises(DataError, match="X is None"):
            rows_of(None)
        with pytest.raises(DataError, match="all images must have the same shape"):
            rows_of([[[1, 2]], [[1], [2]]])
        with pytest.raises(DataError, match=re.escape("X has shape (1, 1, 1, 1, 1)")):
            rows_of(np.ones((1, 1, 1, 1, 1)))


class TestImageShape:
    @pytest.mark.parametrize(
        ("shape", "wanted", "expected"),
        [
            ((784,), None, (1, 28, 28)),
            ((16,), None, (1, 4, 4)),
            ((15,), None, (1, 1, 15)),
            ((9,), None, (1, 1, 9)),
            ((12,), (3, 4), (1, 3, 4)),
            ((12,), [2, 2, 3], (3, 2, 2)),
            ((5, 7), None, (1, 5, 7)),
            ((5, 7, 3), None, (3, 5, 7)),
            ((5, 7, 1), (5, 7), (1, 5, 7)),
            ((3, 8, 8), (3, 8, 8), (8, 3, 8)),
        ],
    )
    def test_channels_come_last_and_go_first(self, shape, wanted, expected):
        assert image_shape_of(shape, wanted) == expected

    @pytest.mark.parametrize(
        ("shape", "wanted", "message"),
        [
            ((12,), (3, 5), "image_shape (3, 5) has 15 values, but X has 12 a sample"),
            ((3, 4), (4, 3), "image_shape is (4, 3), but X holds images of shape (3, 4)"),
            ((12,), 12, "image_shape is 12; it must be (height, width) or"),
            ((12,), (12,), "image_shape is (12,)"),
            ((12,), "3x4", "image_shape is '3x4'"),
            ((12,), (-3, -4), "whole numbers of at least 1"),
            ((12,), (3.0, 4), "whole numbers of at least 1"),
            ((12,), (True, 12), "whole numbers of at least 1"),
        ],
    )
    def test_a_wrong_one_is_refused(self, shape, wanted, message):
        with pytest.raises(ConfigurationError, match=re.escape(message)):
            image_shape_of(shape, wanted)

    def test_channels_first_are_noticed(self):
        with pytest.raises(DataError, match=re.escape("use X.transpose(0, 2, 3, 1)")):
            image_shape_of((3, 32, 32), None)

    @pytest.mark.parametrize(
        ("wanted", "fix"),
        [
            ((1, 8, 8), "image_shape=(8, 8)."),
            ((3, 8, 8), "image_shape=(8, 8, 3). If .* give X.reshape(-1, 3, 8, 8).transpose"),
            ((13, 8, 8), "image_shape=(8, 8, 13)."),
        ],
    )
    def test_channels_first_are_no_image_shape(self, wanted, fix):
        with pytest.raises(ConfigurationError, match=re.escape(fix).replace(r"\.\*", ".*")):
            image_shape_of((int(np.prod(wanted)),), wanted)
        with pytest.raises(DataError, match=re.escape("use X.transpose(0, 2, 3, 1)")):
            image_shape_of(wanted, None)


class TestFitting:
    @pytest.mark.parametrize(
        ("shape", "expected"),
        [
            ((5, 12), (1, 3, 4)),
            ((5, 3, 4), (1, 3, 4)),
            ((5, 3, 4, 1), (1, 3, 4)),
            ((5, 3, 4, 2), (2, 3, 4)),
        ],
    )
    def test_images_in_the_order_of_the_training_stay_as_they_are(self, shape, expected):
        rows, of_one = rows_of(np.zeros(shape))
        assert fitting(rows, of_one, expected) == (rows, shape[1:])

    def test_what_the_package_returns_is_turned(self):
        images = np.arange(48).reshape(2, 2, 3, 4)
        rows, shape = fitting(*rows_of(images), (2, 3, 4))
        assert shape == (3, 4, 2)
        assert (rows == images.transpose(0, 2, 3, 1).reshape(2, -1)).all()

    @pytest.mark.parametrize(
        ("shape", "expected", "message"),
        [
            ((5, 4, 3), (1, 3, 4), "(4, 3), but training had (3, 4); bring them to 3 x 4 pixels"),
            ((5, 3, 4), (3, 2, 2), "(3, 4), but training had (2, 2, 3); bring them to 2 x 2"),
            ((5, 3, 4, 3), (1, 3, 4), "make them gray: X @ [0.299"),
            ((5, 3, 4, 2), (1, 3, 4), "give one channel: X[..., 0]"),
            ((5, 3, 4), (3, 3, 4), "X.reshape(-1, 3, 4, 1).repeat(3, axis=3)"),
            ((5, 3, 4, 4), (3, 3, 4), "give the 3 channels that training had"),
            ((3, 4), (1, 3, 4), "X has shape (3, 4), which is a single image; give X[np.newaxis]"),
            ((3, 4, 3), (3, 3, 4), "if X is a single image, give X[np.newaxis]"),
        ],
    )
    def test_another_shape_is_refused_with_the_fix(self, shape, expected, message):
        rows, of_one = rows_of(np.zeros(shape))
        with pytest.raises(DataError, match=re.escape(message)):
            fitting(rows, of_one, expected)


class TestImages:
    @pytest.mark.parametrize("dtype", [np.uint8, np.float64])
    @pytest.mark.parametrize("shape", [(1, 4, 5), (3, 4, 5)])
    def test_gives_some_or_parts_of_all(self, dtype, shape, monkeypatch):
        monkeypatch.setattr("pellucid.estimators.rows.AT_ONCE", 3)
        channels, height, width = shape
        pictures = np.random.default_rng(0).integers(0, 256, (10, height, width, channels))
        images = Images(pictures.reshape(10, -1).astype(dtype), (0.0, 255.0), shape)
        expected = pictures.transpose(0, 3, 1, 2).astype(np.uint8)
        if dtype == np.float64:
            expected = (expected / 255).astype(np.float32)
        which = np.array([7, 0, 0, 9, 3])
        assert len(images) == 10
        assert images[which].dtype == expected.dtype
        assert (images[which] == expected[which]).all()
        assert images[which[:0]].shape == (0, *shape)
        parts = list(images.parts(4))
        assert [len(part) for part in parts] == [4, 4, 2]
        assert all(part.flags.c_contiguous for part in parts)
        assert (np.concatenate(parts) == expected).all()

    def test_bytes_of_one_channel_are_not_copied(self):
        samples = np.zeros((10, 20), np.uint8)
        (part,) = Images(samples, (0.0, 255.0), (1, 4, 5)).parts(100)
        assert np.shares_memory(part, samples)
