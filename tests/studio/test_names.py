import pytest

from pellucid import Conv2D, Dense, Flatten, GroupNorm, MaxPool2D, Network, ReLU, Residual
from pellucid.network import presets
from pellucid.studio.names import value_names
from tests.layers import examples, names, with_an_end

EXAMPLES = examples()


def test_layers_that_learn_have_the_number_of_their_parameters():
    block = Residual([Conv2D(4, 3, padding="same"), ReLU()], [Conv2D(4, 1)])
    layers = [Conv2D(3, 3), GroupNorm(), ReLU(), block, MaxPool2D(2), Flatten(), Dense(5)]
    network = Network(layers, (8, 8))
    found = value_names(network)
    assert found == (
        "image", "conv1", "norm2", "relu1", "conv3", "relu2", "conv4", "sum1", "pool1", "flat1",
        "dense5",
    )  # fmt: skip
    assert {p.name for p in network.parameters} >= {"f1", "g2", "f3", "f4", "w5"}


@pytest.mark.parametrize(("layer", "shape"), EXAMPLES, ids=names(EXAMPLES))
def test_no_two_values_have_one_name_nor_that_of_a_parameter(layer, shape):
    network = (
        with_an_end([layer, layer] if layer.output_shape(shape) == shape else [layer], shape)
        if len(shape) == 3
        else with_an_end([Flatten(), Dense(shape[0]), layer], (2, 3, 4))
    )
    found = [*value_names(network), *(p.name for p in network.parameters)]
    assert len(found) == len(set(found))
    assert len(value_names(network)) == len(network.shapes)


def test_the_reference_network():
    assert value_names(presets.reference())[-3:] == ("dense3", "relu3", "dense4")
