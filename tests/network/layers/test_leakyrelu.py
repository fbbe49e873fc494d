import numpy as np
import pytest

from pellucid.errors import NetworkError
from pellucid.network.layers import LeakyReLU

EXAMPLES = [(LeakyReLU(), (3, 4, 5)), (LeakyReLU(0.3), (7,)), (LeakyReLU(slope=0.2), (9, 3, 3))]


def drawn(random, shape):
    return LeakyReLU(float(random.choice([0.01, 0.3])))


def torch_twin(torch, layer, shape):
    return torch.nn.LeakyReLU(layer.slope)


def undecided(layer, x):
    """Return which images have a value so near 0 that rounding decides the slope."""
    near = (np.abs(x) < 1e-6) & (x != 0.0)
    return near.reshape(len(x), -1).any(axis=1)


@pytest.mark.parametrize("slope", [0, -0.1, 1.0, "0.1", float("nan")])
def test_a_slope_that_can_not_be_is_refused(slope):
    with pytest.raises(NetworkError, match=r"^LeakyReLU slope is .*; it must be "):
        LeakyReLU(slope)
