import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.batchnorm2d import (
    batch_norm,
    batch_norm_backward,
    batch_statistics,
    normalize,
    normalize_backward,
    running,
)
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@st.composite
def problems(draw):
    random = np.random.default_rng(draw(SEEDS))
    channels, rest = draw(st.integers(1, 3)), draw(st.sampled_from([(), (3, 4), (1, 5)]))
    x = random.normal(size=(draw(st.integers(2, 4)), channels, *rest)) + 1.0
    return x, random.normal(size=channels), random.normal(size=channels), random


@given(problems())
def test_it_is_that_of_torch(problem):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    x, g, b, random = problem
    m, v, dz = random.normal(size=g.size), random.random(g.size) + 0.5, random.normal(size=x.shape)
    for training in (True, False):
        means, variances = torch.tensor(m), torch.tensor(v)
        tensors = [torch.tensor(array, requires_grad=True) for array in (x, g, b)]
        z = torch.nn.functional.batch_norm(
            tensors[0], means, variances, *tensors[1:], training=training, momentum=0.3, eps=0.01
        )
        z.backward(torch.tensor(dz))
        if training:
            found, gradients = batch_norm(x, g, b, 0.01), batch_norm_backward(dz, x, g, 0.01)
            after = running(m, v, x, 0.3)
            assert relative_error(after.mean, means.numpy()) < 1e-12
            assert relative_error(after.variance, variances.numpy()) < 1e-12
        else:
            found = normalize(x, g, b, m, v, 0.01)
            gradients = normalize_backward(dz, x, g, m, v, 0.01)
        assert relative_error(found, z.detach().numpy()) < 1e-12
        for gradient, tensor in zip(gradients, tensors, strict=True):
            assert np.abs(gradient - tensor.grad.numpy()).max() < 1e-10


@given(problems())
def test_backward_is_the_central_difference(problem):
    x, g, b, random = problem
    dz = random.normal(size=x.shape)
    dx, dg, db = batch_norm_backward(dz, x, g, 0.1)
    for found, array, value in [
        (dx, x, lambda x: batch_norm(x, g, b, 0.1)),
        (dg, g, lambda g: batch_norm(x, g, b, 0.1)),
        (db, b, lambda b: batch_norm(x, g, b, 0.1)),
    ]:
        numeric = numeric_gradient(lambda a, value=value: (dz * value(a)).sum(), array)
        assert np.abs(found - numeric).max() < 1e-6


def test_each_channel_has_mean_0_and_variance_1():
    x = np.random.default_rng(0).normal(5.0, 3.0, size=(4, 6, 7, 7))
    mean, variance = batch_statistics(batch_norm(x, np.ones(6), np.zeros(6), 1e-12))
    assert np.abs(mean).max() < 1e-12
    assert np.abs(variance - 1).max() < 1e-9


def test_a_single_value_has_a_variance_of_0():
    assert running([0.0], [1.0], [[4.0]], 0.5) == (2.0, 0.5)


def test_nan_stays_visible():
    assert np.isnan(batch_norm([[1.0], [np.nan]], [1], [0])).all()
