from pellucid.network.layers import Tanh

EXAMPLES = [(Tanh(), (3, 4, 5)), (Tanh(), (7,)), (Tanh(), (9, 3, 3))]


def drawn(random, shape):
    return Tanh()


def torch_twin(torch, layer, shape):
    return torch.nn.Tanh()


def test_it_keeps_the_shape_and_learns_nothing():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {}
