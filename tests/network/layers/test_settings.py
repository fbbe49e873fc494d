"""The checks of a layer's settings; each layer's own test has them through it."""

import math

import pytest

from pellucid.errors import NetworkError
from pellucid.network.layers import Dense
from pellucid.network.layers import settings as checks


class Odd:
    def __repr__(self):
        return "Odd()"


def test_good_values_come_back_as_they_are_stored():
    assert checks.whole_pair(Odd(), "stride", 2, least=1) == (2, 2)
    assert checks.whole_pair(Odd(), "stride", [2, 3], least=1) == (2, 3)
    assert checks.whole_count(Odd(), "units", 7) == 7
    assert checks.bias_start(Odd(), -1) == -1.0
    assert checks.positive_number(Odd(), "std", 2) == 2.0
    checks.need_image(Odd(), (1, 2, 3))


@pytest.mark.parametrize(
    ("check", "value"),
    [
        *((checks.whole_count, value) for value in (0, -1, 1.5, True, "3", None)),
        *((checks.positive_number, value) for value in (0, -1.0, math.nan, math.inf, None)),
    ],
)
def test_bad_values_are_named(check, value):
    with pytest.raises(NetworkError, match=r"^Odd what is ") as caught:
        check(Odd(), "what", value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [math.inf, math.nan, "0", 1j])
def test_bad_starts_of_a_bias_are_named(value):
    with pytest.raises(NetworkError, match=r"^Odd bias is .*, or False for none\.$"):
        checks.bias_start(Odd(), value)


@pytest.mark.parametrize("value", [0, (1,), (1, 2, 3), (1, 0), "22", None, 2.0])
def test_bad_pairs_are_named(value):
    with pytest.raises(NetworkError, match="a pair of them"):
        checks.whole_pair(Odd(), "stride", value, least=1)


def test_a_flat_input_is_refused():
    with pytest.raises(NetworkError, match=r"^Odd\(\) needs an image .* put it before Flatten"):
        checks.need_image(Odd(), (12,))


def test_a_frozen_layer_gets_its_field():
    layer = Dense(3)
    checks.set_field(layer, "units", 4)
    assert layer.units == 4
