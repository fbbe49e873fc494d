import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import ConfigurationError, DataError, ExportError
from pellucid.export.pixels import Pixels, pixels_of
from pellucid.images.pixel_range import scaled
from tests.export.examples import X, classifier, model_of, small_model
from tests.export.examples import parameters_of as parameters


def with_range(low, high):
    model = small_model()
    return model_of(model.network, parameters(model.network), pixel_range=(low, high))


def estimators(low, high):
    return dataclasses.replace(
        small_model(), configuration={"estimator": {}, "pixel_range": [low, high]}
    )


def test_a_runs_model_takes_bytes():
    assert pixels_of(small_model(), "auto") == Pixels("uint8", 0.0, 255.0, (1, 6, 5))
    assert pixels_of(with_range(10, 80), "auto") == Pixels("uint8", 10.0, 80.0, (1, 6, 5))
    assert pixels_of(with_range(0, 51), "float32") == Pixels("float32", 0.0, 0.2, (1, 6, 5))


def test_an_estimators_model_takes_what_it_was_given():
    assert pixels_of(classifier().to_model(), "auto") == Pixels("float32", 0.0, 16.0, (1, 8, 8))
    assert pixels_of(classifier().to_model(), "uint8") == Pixels("uint8", 0.0, 255.0, (1, 8, 8))
    assert pixels_of(estimators(-1, 1), "auto").kind == "float32"
    assert pixels_of(estimators(0, 255), "auto") == Pixels("uint8", 0.0, 255.0, (1, 6, 5))


def test_what_is_no_type_of_pixels_is_told():
    with pytest.raises(ConfigurationError, match=r"pixels is 'uint9'; .* Did you mean 'uint8'\?"):
        pixels_of(small_model(), "uint9")


@pytest.mark.parametrize("ends", [(1e6, 1e6 + 1), (0.0, 1e300), (-1e39, 0.0)])
def test_pixels_that_float32_cant_tell_apart_are_refused(ends):
    with pytest.raises(ExportError, match="which float32 can't tell apart"):
        pixels_of(estimators(*ends), "auto")


def test_what_an_estimator_takes_becomes_the_images_that_its_network_takes():
    pixels = pixels_of(classifier().to_model(), "auto")
    for given_X in (X, X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1), X.astype(int)):
        images = pixels.of_estimator(given_X)
        assert (images.dtype, images.shape) == (np.float32, (1797, 1, 8, 8))
        np.testing.assert_array_equal(images.reshape(1797, 64), X)
    color = Pixels("uint8", 0.0, 255.0, (3, 2, 4))
    assert color.last == (2, 4, 3)
    given_X = np.random.default_rng(0).integers(0, 256, (5, 2, 4, 3))
    np.testing.assert_array_equal(color.of_estimator(given_X)[:, 1], given_X[..., 1])


def test_images_that_are_no_bytes_or_of_another_shape_are_refused():
    pixels = pixels_of(small_model(), "auto")
    with pytest.raises(DataError, match=r"not whole numbers from 0 to 255; .* pixels='float32'"):
        pixels.of_estimator(np.full((2, 6, 5), 0.5))
    with pytest.raises(DataError, match="not whole numbers"):
        pixels.of_estimator(np.full((2, 6, 5), 256))
    with pytest.raises(DataError, match=r"shape \(2, 5, 5\); .* shape \(n, 6, 5\)"):
        pixels.of_estimator(np.zeros((2, 5, 5)))


@given(
    st.sampled_from([(0.0, 255.0), (0.0, 16.0), (20.0, 235.0)]),
    st.sampled_from([("uint8", None), ("float32", (0.0, 1.0)), ("float32", (-3.0, 5.0))]),
    st.booleans(),
)
def test_a_data_sets_images_mean_the_same_in_any_type(in_bytes, kind, are_bytes):
    name, ends = kind
    pixels = Pixels(name, *(ends or in_bytes), (1, 16, 16))
    data = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    images = pixels.of_data(data if are_bytes else data / np.float32(255), in_bytes)
    assert (images.dtype, images.shape) == (name, (1, 1, 16, 16))
    ready = pixels.ready(images)
    ready = ready / 255 if ready.dtype == np.uint8 else ready
    expected = scaled(data.astype(float), in_bytes)
    np.testing.assert_allclose(ready[:, 0], expected, atol=3e-7)
