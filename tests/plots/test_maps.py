"""Activations, gradients, and filters over a training, each on the scale that is said."""

import numpy as np
import pytest

import pellucid
from pellucid import plots, presets
from pellucid.errors import ConfigurationError, DataError
from tests.plots.figures import overlapping, texts


@pytest.fixture(scope="module")
def traced():
    network = presets.reference()
    image = np.random.default_rng(0).random((28, 28))
    return pellucid.trace(network, image, 3, network.initial_parameters())


def images(figure):
    return [image for axes in figure.axes for image in axes.images]


@pytest.mark.parametrize("part", ["values", "gradients"])
def test_every_array_of_a_trace_is_drawn_as_it_is(traced, part):
    arrays = getattr(traced, part)
    figure = plots.maps(arrays, title="One image", most=5)
    drawn = iter(images(figure))
    for name, array in arrays.items():
        tiles = array.reshape(-1, *array.shape[-2:]) if array.ndim > 1 else array[None, None]
        for tile in tiles[:5]:
            image = next(drawn)
            np.testing.assert_array_equal(image.get_array(), tile)
            assert image.get_clim() == (-np.abs(array).max(), np.abs(array).max())
        assert name in texts(figure)
    assert next(drawn, None) is None
    assert "One image" in texts(figure)
    assert overlapping(figure) == ([], [])


def test_one_scale_for_all(traced):
    figure = plots.maps(traced.values, is_one_scale=True)
    largest = max(np.abs(array).max() for array in traced.values.values())
    assert {image.get_clim() for image in images(figure)} == {(-largest, largest)}


def test_what_is_left_out_is_said():
    figure = plots.maps({"conv1": np.ones((64, 3, 4)), "zero": np.zeros(3)}, most=2)
    assert "64 × 3 × 4\nfirst 2 of 64\n±1" in texts(figure)
    assert len(images(figure)) == 3


def test_filters_over_a_training_share_a_scale():
    states = [np.full((5, 2, 3, 3), value) for value in (0.5, -2.0, 1.0)]
    figure = plots.filters_over_training(states, [0, 10, 79], most=4)
    drawn = images(figure)
    assert len(drawn) == 12
    assert [float(image.get_array().mean()) for image in drawn[::4]] == [0.5, -2.0, 1.0]
    assert {image.get_clim() for image in drawn} == {(-2.0, 2.0)}
    assert {"0", "10", "79", "first 4 of 10\n±2"} <= set(texts(figure))
    assert overlapping(figure) == ([], [])


@pytest.mark.parametrize(("call", "words"), [
    (lambda: plots.maps({}), "There are no arrays to draw"),
    (lambda: plots.maps({"x": np.zeros((1, 1, 1, 1, 1))}), r"x has shape \(1, 1, 1, 1, 1\); it "),
    (lambda: plots.maps({"x": [np.nan]}), r"x\[0\] is nan; only finite numbers can be drawn"),
    (lambda: plots.filters_over_training([], []), "There are 0 states and 0 names; give at least"),
    (lambda: plots.filters_over_training([np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3))], "ab"),
     r"states\[1\] has shape \(1, 1, 3, 3\); all must have one shape"),
])  # fmt: skip
def test_what_can_not_be_drawn_is_refused(call, words):
    with pytest.raises(DataError, match=words):
        call()


def test_at_least_one_tile_is_drawn():
    with pytest.raises(ConfigurationError, match="most"):
        plots.maps({"x": [1.0]}, most=0)
