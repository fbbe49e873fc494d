import numpy as np
import pytest

from pellucid import data
from pellucid.data.readers import array_blocks, array_source
from pellucid.errors import DataError
from tests.data.readers.test_row_layout import PHOTOGRAPHS

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (40, 4, 5), np.uint8)
LABELS = np.arange(40) % 4
TEST = {"x_test": IMAGES[:3], "y_test": LABELS[:3]}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def load(tmp_path):
    def load(options=None, **arrays):
        said = []
        np.savez(tmp_path / "a.npz", **arrays)
        return data.load(tmp_path / "a.npz", say=said.append, **options or {}), said

    return load


def together(found):
    return np.concatenate([found.train_images, found.test_images])


def seen(images, labels):
    return {(image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)}


class TestNames:
    @pytest.mark.parametrize("names", [("X", "y"), ("images", "labels"), ("data", "target")])
    def test_one_set_is_divided(self, load, names):
        found, said = load(**dict(zip(names, (IMAGES, LABELS), strict=True)))
        assert (len(found.train_images), len(found.test_images), said) == (32, 8, [])
        labels = np.concatenate([found.train_labels, found.test_labels])
        assert seen(together(found), labels) == seen(IMAGES, LABELS)

    def test_what_is_to_validate_is_a_part_or_the_test(self, load, tmp_path):
        validation = {"val_images": IMAGES[:5], "val_labels": LABELS[:5, None]}
        train = {"train_images": IMAGES, "train_labels": LABELS[:, None]}
        found, said = load(**train, **validation)
        np.testing.assert_array_equal(found.test_images, IMAGES[:5])
        path = tmp_path / "a.npz"
        assert said == [
            f"{path}: there are no test images, so val_images and val_labels are the test."
        ]
        found, said = load(
            **train, **validation, test_images=IMAGES[:3], test_labels=LABELS[:3, None]
        )
        assert (len(found.train_images), len(found.test_images), said) == (len(IMAGES), 3, [])
        np.testing.assert_array_equal(found.validation_images, IMAGES[:5])
        np.testing.assert_array_equal(found.validation_labels, LABELS[:5])
        found, said = load(
            {"test_share": 1}, **validation, test_images=IMAGES[:3], test_labels=LABELS[:3, None]
        )
        assert found.validation is None
        assert said == [f"{path}: val_images and val_labels are left out."]

    def test_others_are_left_out(self, load, tmp_path):
        found, said = load(x_train=IMAGES, y_train=LABELS, mean=np.zeros(3), **TEST)
        assert said == [f"{tmp_path / 'a.npz'}: left out: mean."]
        assert found.note == ""

    def test_names_of_the_classes(self, load):
        found, _ = load(X=IMAGES, y=LABELS, label_names=np.array(["a", "b", "c", "d"]))
        assert found.classes == ("a", "b", "c", "d")
        found, said = load(X=IMAGES, y=LABELS + 2, target_names=np.arange(4))
        assert (found.classes, said) == (("2", "3", "4", "5"), [])

    def test_pickles_that_are_not_needed_don_t_matter(self, load, tmp_path):
        found, said = load(X=IMAGES, y=LABELS, frame=np.array(None))
        assert len(found.train_images) == 32
        assert said == [f"{tmp_path / 'a.npz'}: left out: frame."]
        for arrays in ({"X": IMAGES, "y": LABELS.astype(object)}, {"X": [{}] * 40, "y": LABELS}):
            with pytest.raises(
                DataError, match=r"npz: (X|y) holds Python objects, .*astype\(str\)"
            ):
                load(**arrays)


class TestLabels:
    @pytest.mark.parametrize("shape", [(40, 1), (1, 40)])
    def test_a_column_or_a_row(self, load, shape):
        found, said = load(x_train=IMAGES, y_train=LABELS.reshape(shape), **TEST)
        assert found.train_labels.tolist() == LABELS.tolist()
        assert said == []

    @pytest.mark.parametrize("dtype", [float, bool, np.uint8])
    def test_one_for_each_class(self, load, dtype):
        rows = np.eye(4)[LABELS].astype(dtype)
        found, said = load(x_train=IMAGES, y_train=rows, x_test=IMAGES[:3], y_test=rows[:3])
        assert found.train_labels.tolist() == LABELS.tolist()
        assert found.classes == ("0", "1", "2", "3")
        assert said == []

    def test_several_at_a_time_are_refused(self, load):
        with pytest.raises(DataError, match=r"y has shape \(40, 4\); labels are one for each imag"):
            load(X=IMAGES, y=np.ones((40, 4)))
        with pytest.raises(DataError, match="There are 40 images but 39 labels"):
            load(X=IMAGES, y=np.eye(4)[LABELS[:39]])


class TestAxes:
    def test_rows(self, load):
        found, said = load(X=RANDOM.integers(0, 256, (40, 16), np.uint8), y=LABELS)
        assert (found.input_shape, said) == ((1, 4, 4), [])
        found, said = load({"size": (4, 5)}, X=IMAGES.reshape(40, 20), y=LABELS)
        assert seen(together(found), together(found)[:, 0, 0]) == seen(IMAGES, IMAGES[:, 0, 0])
        with pytest.raises(DataError, match=r"X in .* has 20 columns of pixels, which make no squ"):
            load(X=IMAGES.reshape(40, 20), y=LABELS)

    def test_rows_of_colors(self, load):
        rows = PHOTOGRAPHS.reshape(40, -1)
        expected = PHOTOGRAPHS.transpose(0, 3, 1, 2)
        found, said = load(x_train=rows, y_train=LABELS, x_test=rows[:3], y_test=LABELS[:3])
        np.testing.assert_array_equal(found.train_images, expected)
        assert said[0].endswith('say otherwise with size=(height, width) or channels="first".')
        found, said = load({"channels": "last"}, X=rows, y=LABELS)
        assert (found.input_shape, said) == ((3, 16, 16), [])

    @pytest.mark.parametrize("block", [60, 1 << 20])
    def test_images_one_behind_the_other_on_the_last_axis(self, load, monkeypatch, block):
        monkeypatch.setattr(array_source, "BLOCK_BYTES", block)
        for images, expected in (
            (IMAGES, IMAGES), (PHOTOGRAPHS, PHOTOGRAPHS.transpose(0, 3, 1, 2)),
            (IMAGES[:, :4, :4].reshape(40, 16), IMAGES[:, :4, :4]),
        ):  # fmt: skip
            turned = np.moveaxis(images, 0, -1)
            found, said = load(
                x_train=turned, y_train=LABELS, x_test=turned[..., ::-1], y_test=LABELS
            )
            np.testing.assert_array_equal(found.train_images, expected)
            np.testing.assert_array_equal(found.test_images, expected[::-1])
            assert said == []

    @pytest.mark.parametrize("order", ["first", "last"])
    def test_an_order_that_was_asked_for(self, load, order):
        images = RANDOM.integers(0, 256, (40, 3, 3, 3), np.uint8)
        found, _ = load({"channels": order}, x_train=images, y_train=LABELS, x_test=images[:1],
                        y_test=LABELS[:1])  # fmt: skip
        expected = images if order == "first" else images.transpose(0, 3, 1, 2)
        np.testing.assert_array_equal(found.train_images, expected)


class TestScale:
    @pytest.mark.parametrize(
        ("change", "count"),
        [
            (lambda images: images.astype(np.float32), 1),
            (lambda images: images / 127.5 - 1, 1),
            (lambda images: images / 255, 0),
        ],
    )
    def test_floats(self, load, change, count, monkeypatch):
        monkeypatch.setattr(array_blocks, "BLOCK_BYTES", 2000)
        images = change(IMAGES)
        found, said = load(x_train=images, y_train=LABELS, x_test=images[:3], y_test=LABELS[:3])
        assert found.train_images.dtype == np.float32
        np.testing.assert_allclose(found.train_images, IMAGES / 255, atol=1e-6)
        assert len(said) == 2 * count

    def test_floats_of_bytes_have_the_bits_of_bytes_in_the_kernels(self, load):
        found, _ = load(X=IMAGES.astype(float), y=LABELS)
        plain, _ = load(X=IMAGES, y=LABELS)
        np.testing.assert_array_equal(found.train_images, plain.train_images / np.float32(255))

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
    def test_0_and_1_are_black_and_white(self, load, dtype):
        images = (IMAGES > 100).astype(dtype)
        found, said = load(X=images, y=LABELS)
        assert set(np.unique(together(found))) == {0, 255}
        assert len(said) == (dtype is not bool)
        found, said = load({"pixel_range": (0, 255)}, X=images, y=LABELS)
        assert set(np.unique(together(found))) == {0, 1}
        assert said == []

    def test_16_bits_have_a_range_if_they_are_given_one(self, load):
        images = IMAGES.astype(np.uint16) * 257
        with pytest.raises(DataError, match="values from 0 to 65535, but integers must lie betwee"):
            load(X=images, y=LABELS)
        found, said = load({"pixel_range": (0, 65535)}, X=images, y=LABELS)
        assert (found.train_images.dtype, said) == (np.float32, [])
        np.testing.assert_allclose(together(found).max(), IMAGES.max() / 255)

    def test_what_does_not_fit_the_scale_of_the_first(self, load, monkeypatch):
        monkeypatch.setattr(array_blocks, "BLOCK_BYTES", 200)
        images = IMAGES / 127.5 - 1
        images[35, 0, 0] = 2
        with pytest.raises(DataError) as error:
            load(X=images, y=LABELS)
        assert "Among the images 35 to 35: The pixels are from " in str(error.value)
        assert ", not from -1 to 1 (in 1 of 1 images, first image 0); say what" in str(error.value)

    @pytest.mark.parametrize("dtype", [np.complex64, "U3", "M8[s]"])
    def test_what_is_no_number_is_told(self, load, dtype):
        with pytest.raises(
            DataError, match=r"npz: The images have dtype .*; they must be uint8, oth"
        ):
            load(X=np.zeros((40, 4, 5), dtype), y=LABELS)
        with pytest.raises(
            DataError, match=r"npz: The images have dtype .*; they must be uint8, oth"
        ):
            load({"pixel_range": (0, 1)}, X=np.zeros((40, 16), dtype), y=LABELS)

    @pytest.mark.parametrize("dtype", [np.float16, np.float64])
    @pytest.mark.parametrize("bounds", [(-1e308, 7e307), (0, 1e-300), (0, 1e300)])
    def test_ranges_at_the_ends_of_what_floats_hold(self, load, dtype, bounds):
        images = np.zeros((40, 4, 5), dtype)
        with np.errstate(all="raise", under="ignore"):
            found, _ = load({"pixel_range": bounds}, X=images, y=LABELS)
        assert np.isfinite(together(found)).all()

    def test_huge_floats_are_told(self, load):
        images = np.full((40, 3, 5, 5), 1e300)
        images[::2] = -1e300
        with (
            np.errstate(all="raise"),
            pytest.raises(DataError, match="floats from -1e\\+300 to 1e"),
        ):
            load(X=images, y=LABELS)

    def test_training_and_test_on_two_scales(self, load):
        with pytest.raises(DataError, match=r"x_train in .* are from 0 to 255, those of x_test t"):
            load(x_train=IMAGES * 1.0, y_train=LABELS, x_test=IMAGES / 255, y_test=LABELS)
        # Bytes and floats in [0, 1] are what images are in a data set.
        _, said = load(x_train=IMAGES, y_train=LABELS, x_test=IMAGES / 255, y_test=LABELS)
        assert said == []
