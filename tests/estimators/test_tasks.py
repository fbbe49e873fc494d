import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from pellucid import CrossEntropy, MeanSquaredError
from pellucid.errors import DataError
from pellucid.estimators.tasks import Scale, numbers, one_class
from tests.equations.numeric import SEEDS


def test_classes_become_indices():
    task = one_class(None, np.array(["b", "a", "b"]), np.array(["a", "b"]))
    assert task.loss == CrossEntropy()
    assert task.targets.tolist() == [1, 0, 1]
    assert task.weigh(task.targets, np.array([1.0, 2.0, 3.0]), 1e30).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16, np.float32, float])
def test_numbers_of_any_type_become_columns_of_float64(dtype):
    task = numbers(MeanSquaredError(), np.array([0, 1, 1], dtype))
    assert (task.targets.dtype, task.targets.tolist()) == (np.float64, [[0.0], [1.0], [1.0]])
    assert task.names.tolist() == ["y"]
    assert numbers(MeanSquaredError(), np.zeros((2, 3), dtype)).names.tolist() == ["y0", "y1", "y2"]


def test_what_can_not_be_learned_as_a_number_is_refused():
    with pytest.raises(DataError, match="y has dtype <U1; a regressor learns numbers"):
        numbers(MeanSquaredError(), np.array(["1"]))
    with pytest.raises(DataError, match=r"y goes up to 1e\+200; it must be at most 1e\+1"):
        numbers(MeanSquaredError(), np.array([0.0, -1e200]))
    task = numbers(MeanSquaredError(), np.zeros(2))
    with pytest.raises(DataError, match=r"sample_weight goes up to 9; .* at most 5\."):
        task.weigh(task.targets, np.array([9.0, 1.0]), 5.0)


def test_zeros_of_either_sign_are_the_same():
    task = numbers(MeanSquaredError(), np.array([0.0, -0.0]))
    assert len({row.tobytes() for row in task.targets}) == 1


@given(SEEDS, st.integers(1, 40), st.integers(1, 3), st.sampled_from([1e-6, 1.0, 1e9]))
def test_the_scale_is_that_of_a_standard_scaler(seed, count, columns, size):
    random = np.random.default_rng(seed)
    y = size * (random.normal(size=(count, columns)) + random.normal(size=columns))
    weights = random.uniform(0.1, 3.0, count)
    scale, other = Scale.of(y, weights), StandardScaler().fit(y, sample_weight=weights)
    np.testing.assert_allclose(scale.mean, other.mean_, rtol=1e-9, atol=1e-9 * size)
    np.testing.assert_allclose(scale.deviation, other.scale_, rtol=1e-6)
    scaled = scale.scaled(y)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scale.unscaled(scaled), y, rtol=1e-5, atol=1e-5 * size)
    order = random.permutation(count)
    again = Scale.of(y[order], weights[order])
    assert again.mean.tobytes() == scale.mean.tobytes()
    assert again.deviation.tobytes() == scale.deviation.tobytes()


@pytest.mark.parametrize("value", [0.0, 0.1, -1e99, 3e-300])
def test_equal_numbers_have_a_deviation_of_1(value):
    scale = Scale.of(np.full((7, 1), value), np.linspace(0.1, 1.0, 7))
    assert scale.deviation.tolist() == [1.0]
    assert scale.unscaled(scale.scaled(np.full((1, 1), value)))[0, 0] == pytest.approx(value)
