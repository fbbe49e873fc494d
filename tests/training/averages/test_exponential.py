import pytest

from pellucid import ExponentialAverage
from pellucid.errors import ConfigurationError


def test_the_first_counts_whole_and_others_what_the_decay_leaves():
    average = ExponentialAverage(decay=0.9)
    assert average.weight(1) == 1
    assert average.weight(2) == average.weight(500) == pytest.approx(0.1)


@pytest.mark.parametrize("decay", [-0.1, 1, float("nan")])
def test_a_decay_out_of_bounds_is_refused(decay):
    with pytest.raises(ConfigurationError, match=r"^decay is .*; it must be at least 0 and below "):
        ExponentialAverage(decay=decay)
