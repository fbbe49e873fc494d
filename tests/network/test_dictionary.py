import pytest

from pellucid.errors import NetworkError
from pellucid.network.dictionary import layer_from_dict
from pellucid.network.layers import LAYERS

KNOWN = f"known: {', '.join(layer.__name__ for layer in LAYERS)}."


def test_layer_from_dict_leaves_what_it_is_given():
    values = {"layer": "Dense", "units": 4}
    layer_from_dict(values)
    assert values == {"layer": "Dense", "units": 4}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layer": "Conv2d"}, f"Unknown layer 'Conv2d'; {KNOWN} Did you mean 'Conv2D'?"),
        ({"layer": "LSTM"}, f"Unknown layer 'LSTM'; {KNOWN}"),
        ({"units": 3}, f"Unknown layer None; {KNOWN}"),
    ],
)
def test_an_unknown_layer_is_named(values, message):
    with pytest.raises(NetworkError) as caught:
        layer_from_dict(values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "Dense lacks a setting; it needs units, std, bias, init."),
        ({"units": 3, "unit": 4}, "Dense has no setting 'unit'. Did you mean 'units'?"),
    ],
)
def test_settings_that_a_layer_does_not_have_are_named(settings, message):
    with pytest.raises(NetworkError) as caught:
        layer_from_dict({"layer": "Dense", **settings})
    assert str(caught.value) == message


@pytest.mark.parametrize("values", [None, "Dense", ["Dense"], {"layer": ["Dense"]}])
def test_what_describes_no_layer_is_refused(values):
    with pytest.raises(NetworkError, match=r"dictionary|Unknown layer"):
        layer_from_dict(values)
