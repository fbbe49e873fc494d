"""What a network is made of; test_network.py has the messages through Network."""

import warnings

import numpy as np
import pytest

from pellucid.errors import NetworkError
from pellucid.network.checks import checked_input_shape, checked_layers, warn_of_channels_last
from pellucid.network.layers import Dense, Flatten


def test_layers_become_a_tuple():
    assert checked_layers(iter([Flatten(), Dense(2)])) == (Flatten(), Dense(2))


@pytest.mark.parametrize("layers", [[], Dense(2), None, 3, [Dense], ["Dense(2)"], [None]])
def test_what_are_no_layers_is_refused(layers):
    with pytest.raises(NetworkError):
        checked_layers(layers)


@pytest.mark.parametrize("shape", [(28, 28), [28, 28], (1, 28, 28), (np.int64(28), 28)])
def test_shapes_have_three_numbers(shape):
    assert checked_input_shape(shape) == (1, 28, 28)


@pytest.mark.parametrize(
    "shape", [28, "ab", (28,), (0, 8), (1, 2, 3, 4), (2.5, 8), (True, 8), None, np.ones(2)]
)
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(NetworkError, match=r"\(height, width\)"):
        checked_input_shape(shape)


def test_channels_that_come_last_are_told():
    for shape in ((28, 28, 3), (32, 32, 1)):
        with pytest.warns(UserWarning, match="channels come first: for images of") as told:
            warn_of_channels_last(shape)
        assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for shape in ((3, 28, 28), (1, 28, 28), (5, 12, 3), (16, 1, 1), (28, 28, 28), (3, 3, 3)):
            warn_of_channels_last(shape)
