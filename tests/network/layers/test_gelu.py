from pellucid.network.layers import GELU

EXAMPLES = [(GELU(), (3, 4, 5)), (GELU(), (7,)), (GELU(), (9, 3, 3))]


def drawn(random, shape):
    return GELU()


def torch_twin(torch, layer, shape):
    return torch.nn.GELU()


def test_it_keeps_the_shape_and_learns_nothing():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {}
