import numpy as np
import pytest

import pellucid
from pellucid import Conv2D, Flatten, presets
from pellucid.errors import ConfigurationError
from pellucid.network.layers import Add
from pellucid.studio.names import value_names
from tests.layers import examples, names, with_an_end
from tests.random_networks import random_parameters

EXAMPLES = [example for example in examples() if len(example[1]) == 3]
SUMS = ("Conv2D", "Dense", "Add", "MaxPool2D", "AveragePool2D", "GlobalAveragePool2D",
        "GlobalMaxPool2D")  # fmt: skip


def traced(network, seed=0):
    random = np.random.default_rng(seed)
    image = random.random(network.input_shape, dtype=np.float32)
    return pellucid.trace(network, image, 1, random_parameters(network, random)), random


def places(random, shape, count):
    return [tuple(int(random.integers(side)) for side in shape) for _ in range(count)]


@pytest.mark.parametrize(("layer", "shape"), EXAMPLES, ids=names(EXAMPLES))
def test_every_gradient_is_the_sum_of_its_terms(layer, shape):
    network = with_an_end([Conv2D(shape[0], 3, padding="same"), layer], shape)
    found, random = traced(network)
    for p in network.parameters:
        if not p.is_trained:
            continue
        array = found.gradients[p.name]
        for place in places(random, p.shape, 8):
            total = found.terms(p.name, place).total
            assert total == pytest.approx(array[place], rel=1e-9, abs=1e-12), (p.name, place)


@pytest.mark.parametrize(("layer", "shape"), EXAMPLES, ids=names(EXAMPLES))
def test_every_output_is_the_sum_of_its_products(layer, shape):
    network = with_an_end([Conv2D(shape[0], 3, padding="same"), layer], shape)
    found, random = traced(network)
    for name, node in zip(value_names(network)[1:], network.nodes, strict=True):
        array = found.values[name]
        for place in places(random, array.shape, 8):
            if type(node.layer).__name__ not in SUMS:
                with pytest.raises(ConfigurationError, match="is no sum of products"):
                    found.terms(name, place)
                continue
            total = found.terms(name, place).total
            assert total == pytest.approx(array[place], rel=1e-9, abs=1e-12), (name, place)


def test_the_terms_of_a_filter_are_patch_filter_and_bias():
    found, _ = traced(presets.reference())
    terms = found.terms("conv2", (4, 2, 7))
    np.testing.assert_array_equal(terms.left, found.values["relu1"][:, 2:7, 7:12])
    np.testing.assert_array_equal(terms.right, found.parameters["f2"][4])
    assert terms.bias == found.parameters["b2"][4]
    assert repr(terms).startswith("<Terms of conv2[4, 2, 7]: 125 products, sum ")


def test_the_winner_of_a_pool_counts_alone():
    found, _ = traced(presets.reference())
    terms = found.terms("pool1", (1, 3, 4))
    np.testing.assert_array_equal(terms.left, found.values["relu2"][1, 6:8, 8:10])
    assert terms.right.sum() == 1.0
    assert terms.left[terms.right == 1.0] == terms.left.max()


def test_top_has_the_largest_first_whatever_the_sign():
    found, _ = traced(presets.reference())
    terms = found.terms("f2", (0, 1, 2, 3))
    top = terms.top(5)
    sizes = [abs(product) for *_, product in top]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == np.abs(terms.products).max()
    (y, x), left, right, product = top[0]
    assert left == found.gradients["conv2"][0, y, x]
    assert right == found.values["relu1"][1, y + 2, x + 3]
    assert product == left * right


@pytest.mark.parametrize(("name", "index", "words"), [
    ("f9", 0, r"^name is 'f9'; it must be one of f1, b1, .*image, conv1"),
    ("f1", (0, 0), r"^index is \(0, 0\); f1 has the shape \(5, 1, 5, 5\), so it must be 4 whole"),
    ("f1", (0, 0, 5, 0), r"^index is \(0, 0, 5, 0\)"),
    ("b1", -1, r"^index is \(-1,\)"),
    ("image", (0, 1, 1), "the image is no sum of products"),
    ("relu1", (0, 1, 1), "what ReLU gives is no sum of products"),
])  # fmt: skip
def test_what_is_no_sum_is_refused(name, index, words):
    found, _ = traced(presets.reference())
    with pytest.raises(ConfigurationError, match=words):
        found.terms(name, index)


def test_a_statistic_has_no_gradient():
    network = with_an_end([pellucid.BatchNorm2D()], (2, 4, 4))
    found, _ = traced(network)
    assert "m1" not in found.gradients
    with pytest.raises(ConfigurationError, match="'m1', a running statistic"):
        found.terms("m1", 0)


def test_inside_a_residual_kernels_have_no_terms():
    block = pellucid.Residual([Conv2D(1, 3, padding="same")])
    network = with_an_end([block, Flatten()], (1, 4, 4))
    assert type(network.nodes[1].layer) is Add
    image = np.full((4, 4), 0.5, np.float32)
    found = pellucid.trace(network, image, 1, network.initial_parameters(), source="kernels")
    assert "conv1" not in found.gradients
    with pytest.raises(ConfigurationError, match="source='equations'"):
        found.terms("f1", (0, 0, 0, 0))
