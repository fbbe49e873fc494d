import numpy as np

from pellucid import BatchNorm1D
from pellucid.equations import batchnorm1d, batchnorm2d


def test_a_feature_is_a_channel_of_one_pixel():
    random = np.random.default_rng(0)
    x, g, b = random.normal(size=(5, 3)), random.normal(size=3), random.normal(size=3)
    rules = batchnorm1d.RULES.in_training
    z = rules.forward(BatchNorm1D(), x, g, b, None, None)
    expected = batchnorm2d.batch_norm(x[:, :, None, None], g, b)
    assert np.allclose(z, expected[:, :, 0, 0], rtol=1e-12, atol=0)
