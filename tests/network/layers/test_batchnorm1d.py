import pytest

from pellucid import BatchNorm1D
from pellucid.errors import NetworkError
from tests.network.layers.test_batchnorm2d import undecided

__all__ = ["undecided"]

EXAMPLES = [(BatchNorm1D(eps=0.1), (7,)), (BatchNorm1D(momentum=0.3, eps=0.5), (40,))]


def drawn(random, shape):
    return BatchNorm1D(eps=0.5) if len(shape) == 1 else None


def torch_twin(torch, layer, shape):
    return torch.nn.BatchNorm1d(shape[0], eps=layer.eps, momentum=layer.momentum)


def test_it_learns_two_numbers_a_feature_and_keeps_two():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {"g": shape, "b": shape}
        assert layer.state_shapes(shape) == {"m": shape, "v": shape}


def test_an_image_is_refused():
    with pytest.raises(NetworkError, match=r"put Flatten\(\) before it, or use BatchNorm2D"):
        BatchNorm1D().output_shape((3, 4, 4))
