import numpy as np
import pytest
from hypothesis import settings


@pytest.mark.parametrize("values", [(1.0, 0.0), (1e200, 1e-200), (1e-200, 1e200)])
def test_floating_point_trouble_is_an_error(values):
    numerator, denominator = np.array(values)
    with pytest.raises(FloatingPointError):
        numerator / denominator


def test_hypothesis_repeats_itself_without_a_deadline():
    assert settings().derandomize
    assert settings().deadline is None
