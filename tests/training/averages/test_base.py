import math

import pytest

from pellucid import ExponentialAverage, MeanAverage
from pellucid.errors import ConfigurationError
from pellucid.training.averages.base import BaseAverage


def test_an_average_without_weights_is_none():
    with pytest.raises(TypeError, match="abstract"):
        BaseAverage()


@pytest.mark.parametrize("kind", [ExponentialAverage, MeanAverage])
@pytest.mark.parametrize("start", [-0.1, 1.0, math.nan])
def test_a_start_out_of_bounds_is_refused(kind, start):
    with pytest.raises(ConfigurationError, match=r"^start is .*; it must be a share of the update"):
        kind(start=start)
