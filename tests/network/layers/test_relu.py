import numpy as np

from pellucid.network.layers import ReLU

EXAMPLES = [(ReLU(), (3, 4, 5)), (ReLU(), (7,))]


def drawn(random, shape):
    return ReLU()


def torch_twin(torch, layer, shape):
    return torch.nn.ReLU()


def undecided(layer, x):
    """Return which images have a value so near 0 that rounding decides the mask."""
    # An exact 0 is one that a ReLU or the images gave: float32 has it too.
    near = (np.abs(x) < 1e-6) & (x != 0.0)
    return near.reshape(len(x), -1).any(axis=1)


def test_it_keeps_the_shape_and_learns_nothing():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {}
