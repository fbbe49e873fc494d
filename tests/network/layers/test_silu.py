from pellucid.network.layers import SiLU

EXAMPLES = [(SiLU(), (3, 4, 5)), (SiLU(), (7,)), (SiLU(), (9, 3, 3))]


def drawn(random, shape):
    return SiLU()


def torch_twin(torch, layer, shape):
    return torch.nn.SiLU()


def test_it_keeps_the_shape_and_learns_nothing():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {}
