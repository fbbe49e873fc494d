import pytest
from hypothesis import given

from pellucid.errors import NetworkError
from pellucid.network.layers import AveragePool2D, MaxPool2D
from tests.network.layers.strategies import IMAGES, STRIDES, WINDOWS
from tests.network.layers.test_maxpool2d import drawn_window

EXAMPLES = [
    (AveragePool2D(), (3, 6, 7)),
    (AveragePool2D((3, 2), stride=2), (2, 7, 6)),
    (AveragePool2D(3, stride=1), (2, 6, 5)),
    (AveragePool2D(2, stride=3), (2, 7, 8)),
    (AveragePool2D((5, 4)), (9, 5, 4)),
    (AveragePool2D(3, stride=2, padding=1), (2, 6, 5)),
    (AveragePool2D((2, 5), stride=(3, 1), padding=(1, 2)), (9, 7, 4)),
]


def drawn(random, shape):
    if len(shape) == 1:
        return None
    return AveragePool2D(*drawn_window(random, shape))


def torch_twin(torch, layer, shape):
    return torch.nn.AvgPool2d(layer.pool_pair, layer.stride_pair, layer.pad_pair)


@given(image=IMAGES, pool=WINDOWS, stride=STRIDES)
def test_it_has_the_shapes_of_a_max_pool(image, pool, stride):
    layer, other = AveragePool2D(pool, stride), MaxPool2D(pool, stride)
    assert layer != other
    if image[1] < pool[0] or image[2] < pool[1]:
        with pytest.raises(NetworkError, match=r"^AveragePool2D.* is larger than its input"):
            layer.output_shape(image)
    else:
        assert layer.output_shape(image) == other.output_shape(image)
