import numpy as np

from pellucid.equations._channels import each_channel


def test_every_value_goes_beside_its_channel():
    for shape in ((2, 3), (2, 3, 4, 5)):
        x = np.zeros(shape)
        beside = x + each_channel([1, 2, 3], x)
        assert all((beside[:, c] == c + 1).all() for c in range(3))
