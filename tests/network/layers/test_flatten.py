import math

from hypothesis import given

from pellucid.network.layers import Flatten
from tests.network.layers.strategies import IMAGES

EXAMPLES = [(Flatten(), (3, 4, 5)), (Flatten(), (7,))]


def drawn(random, shape):
    return Flatten()


def torch_twin(torch, layer, shape):
    return torch.nn.Flatten()


@given(IMAGES)
def test_flatten_keeps_the_number_of_values(image):
    assert Flatten().output_shape(image) == (math.prod(image),)
    assert Flatten().output_shape((9,)) == (9,)
