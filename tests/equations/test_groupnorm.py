import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.groupnorm import group_norm, group_norm_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@st.composite
def problems(draw):
    random = np.random.default_rng(draw(SEEDS))
    groups, size = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rest = draw(st.sampled_from([(), (3, 4), (1, 5)]))
    x = random.normal(size=(2, groups * size, *rest)) + 1.0
    return groups, x, random.normal(size=groups * size), random.normal(size=groups * size)


@given(problems())
def test_it_is_that_of_torch(problem):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    groups, x, g, b = problem
    tensors = [torch.tensor(array, requires_grad=True) for array in (x, g, b)]
    z = torch.nn.functional.group_norm(tensors[0], groups, tensors[1], tensors[2], eps=0.01)
    dz = np.random.default_rng(0).normal(size=x.shape)
    z.backward(torch.tensor(dz))
    assert relative_error(group_norm(x, g, b, groups, 0.01), z.detach().numpy()) < 1e-12
    for found, tensor in zip(group_norm_backward(dz, x, g, groups, 0.01), tensors, strict=True):
        assert np.abs(found - tensor.grad.numpy()).max() < 1e-11


@given(problems())
def test_backward_is_the_central_difference(problem):
    groups, x, g, b = problem
    dz = np.random.default_rng(0).normal(size=x.shape)
    dx, dg, db = group_norm_backward(dz, x, g, groups, 0.1)
    for found, array, value in [
        (dx, x, lambda x: group_norm(x, g, b, groups, 0.1)),
        (dg, g, lambda g: group_norm(x, g, b, groups, 0.1)),
        (db, b, lambda b: group_norm(x, g, b, groups, 0.1)),
    ]:
        numeric = numeric_gradient(lambda a, value=value: (dz * value(a)).sum(), array)
        assert np.abs(found - numeric).max() < 1e-6


def test_each_group_has_mean_0_and_variance_1():
    x = np.random.default_rng(0).normal(5.0, 3.0, size=(4, 6, 7, 7))
    z = group_norm(x, np.ones(6), np.zeros(6), 2, 1e-12).reshape(4, 2, -1)
    assert np.abs(z.mean(axis=2)).max() < 1e-12
    assert np.abs(z.var(axis=2) - 1).max() < 1e-9


def test_values_that_are_all_alike_become_the_shift():
    assert group_norm(np.full((1, 2, 3, 3), 7.0), [2, 3], [0.5, -1.0])[0, :, 0, 0].tolist() == [
        0.5, -1.0,
    ]  # fmt: skip


def test_nan_stays_visible():
    assert np.isnan(group_norm([[1.0, np.nan]], [1, 1], [0, 0])).all()
