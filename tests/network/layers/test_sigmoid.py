from pellucid.network.layers import Sigmoid

EXAMPLES = [(Sigmoid(), (3, 4, 5)), (Sigmoid(), (7,))]


def drawn(random, shape):
    return Sigmoid()


def torch_twin(torch, layer, shape):
    return torch.nn.Sigmoid()


def test_it_keeps_the_shape_and_learns_nothing():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {}
