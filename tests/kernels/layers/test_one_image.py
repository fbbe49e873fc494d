import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid
from pellucid.equations import forward
from pellucid.execution.sections import FEW, Outputs, Procedure, section_step, whole_section
from pellucid.kernels.compiling.vector import LANES, REGISTERS
from pellucid.kernels.layers import one_image
from pellucid.network import presets
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import TOLERANCE, convolutions, pixels, problem
from tests.kernels.test_plan import SHAPE, STACKS


def predict(network, parameters, images, *, logits):
    out = np.full((len(images), network.classes), np.nan, dtype=np.float32)
    section = whole_section(np.zeros(len(images), dtype=np.int64))
    outputs = Outputs(out, logits=logits)
    found = section_step(Procedure(network), parameters, images, section, outputs, training=False)
    return out, found


def assert_alone_as_among_others(network, parameters, images):
    """Assert that images have the same bits one by one as in one section, and the right ones."""
    assert len(images) > FEW
    for logits in (True, False):
        together, _ = predict(network, parameters, images, logits=logits)
        alone = [predict(network, parameters, images[i : i + 1], logits=logits) for i in range(3)]
        np.testing.assert_array_equal(np.concatenate([out for out, _ in alone]), together[:3])
        few, found = predict(network, parameters, images[3 : 3 + FEW], logits=logits)
        np.testing.assert_array_equal(few, together[3 : 3 + FEW])
        assert found.gradient.size == 0
    probs = forward(network, parameters, pixels(images)).probs
    assert np.abs(together - probs).max() <= TOLERANCE


@settings(max_examples=60)
@given(convolutions(), st.sampled_from([ReLU, Sigmoid, None]), SEEDS)
def test_a_convolution_alone_is_one_among_others(drawn, activation, seed):
    layer, shape = drawn
    between = [] if activation is None else [activation()]
    network = Network([layer, *between, Flatten(), Dense(3)], shape)
    parameters, images, _ = problem(network, FEW + 5, seed)
    assert_alone_as_among_others(network, parameters, images)


@settings(max_examples=60)
@given(
    st.sampled_from([1, 3, 8, 9, 16, 33]), st.tuples(*[st.integers(1, 4)] * 4),
    st.sampled_from([ReLU(), Sigmoid(), None]), st.integers(1, 21), SEEDS,
)  # fmt: skip
def test_pools_and_dense_layers_too(filters, window, activation, units, seed):
    layers = [
        Conv2D(filters, 3, padding=1), ReLU(), MaxPool2D(window[:2], window[2:]),
        *([] if activation is None else [activation]), Conv2D(2, 1, padding=1), Flatten(),
        Dense(units), ReLU(), Dense(3),
    ]  # fmt: skip
    network = Network(layers, (2, 6, 5))
    parameters, images, _ = problem(network, FEW + 5, seed, as_bytes=seed % 2 == 0)
    assert_alone_as_among_others(network, parameters, images)


@pytest.mark.parametrize("name", STACKS)
def test_unusual_stacks(name):
    network = Network(STACKS[name], SHAPE)
    parameters, images, _ = problem(network, FEW + 5)
    assert_alone_as_among_others(network, parameters, images)


def test_the_loss_and_what_is_right_are_counted():
    network = presets.reference()
    parameters, images, labels = problem(network, FEW)
    few = section_step(
        Procedure(network), parameters, images, whole_section(labels), training=False
    )
    trained = section_step(Procedure(network), parameters, images, whole_section(labels))
    assert (few.loss, few.measure) == (trained.loss, trained.measure)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_pixel_is_visible_and_leaves_nothing_behind(bad):
    network = Network([Conv2D(5, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(4)], (3, 5, 4))
    parameters, images, _ = problem(network, FEW)
    expected, _ = predict(network, parameters, images, logits=True)
    broken = images.copy()
    broken[1, 1, 2, 2] = bad
    found, _ = predict(network, parameters, broken, logits=True)
    assert not np.isfinite(found[1]).all()
    np.testing.assert_array_equal(np.delete(found, 1, axis=0), np.delete(expected, 1, axis=0))


@given(st.integers(1, 40), st.integers(1, 60))
def test_tiles_cover_a_pixel_and_a_row_and_fit_the_registers(vectors_of_a_pixel, columns):
    depth = 8 if vectors_of_a_pixel == 1 else vectors_of_a_pixel * LANES
    width, vectors, pixels = one_image.tiling(depth, columns)
    assert depth % (width * vectors) == 0
    assert 1 <= pixels <= columns
    assert pixels * vectors <= REGISTERS - 8
