"""Every layer as a text and back, and texts that are no layers."""

import ast
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, MaxPool2D, ReLU, Residual, presets
from pellucid.errors import NetworkError
from pellucid.network.text import layers_from_text, layers_to_text
from tests.test_every_layer import EXAMPLES

LAYERS = [layer for layer, _ in EXAMPLES]


@given(st.lists(st.sampled_from(LAYERS), min_size=1, max_size=6))
def test_layers_come_back(layers):
    text = layers_to_text(layers)
    assert layers_from_text(text) == layers
    assert layers_from_text(f"[{text}]") == layers
    assert layers_from_text(", ".join(map(repr, layers))) == layers


@pytest.mark.parametrize("network", [presets.reference(), presets.residual()])
def test_networks_come_back_with_how_they_start(network):
    layers = layers_from_text(layers_to_text(network.layers))
    assert tuple(layers) == network.layers


def test_words_need_no_quotes_and_layers_no_parentheses():
    text = "Conv2D(8, 3, padding=same, bias=False), ReLU, MaxPool2D(2), Dense(10)"
    assert layers_from_text(text) == [
        Conv2D(8, 3, padding="same", bias=False), ReLU(), MaxPool2D(2), Dense(10),
    ]  # fmt: skip


@pytest.mark.parametrize("between", ["\n", ",\n", "\r\n", "\n\n  "])
def test_layers_on_lines_of_their_own(between):
    text = between.join(["Conv2D(8, (3, 5),\n padding='same')", "ReLU", "Residual([ReLU,\nReLU])"])
    assert layers_from_text(text) == [
        Conv2D(8, (3, 5), padding="same"), ReLU(), Residual([ReLU(), ReLU()]),
    ]  # fmt: skip


def test_a_summary_can_be_typed_again():
    lines = presets.default((28, 28), 10).summary().splitlines()[3:-2]
    typed = "\n".join(line.split("  ")[0] for line in lines)
    layers = layers_from_text(typed)
    assert [type(layer) for layer in layers] == [
        type(layer) for layer in presets.default((28, 28), 10).layers
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There are no layers"),
        ("[]", "There are no layers"),
        ("Conv2D(3", "can't be read near 'Conv2D"),
        ("Dense(10) Dense(3)", "can't be read"),
        ("1][0", "can't be read"),
        ("Conv(3, 3)", r"'Conv\(3, 3\)' is no layer; .*Did you mean 'Conv2D'\?"),
        ("relu", "'relu' is no layer"),
        ("7", "'7' is no layer"),
        ("Conv2D(3, 3, pading=1)", "has no setting 'pading'; .*mean 'padding'"),
        ("Conv2D(8)", "Conv2D takes filters, kernel_size"),
        ("ReLU(1, 2)", "ReLU takes none"),
        ("Conv2D(8, 3, padding=sam)", "padding is 'sam'"),
        ("Dense(10, std=-1)", "std is -1"),
        ("Dense(2 + 3 * x)", r"Dense has the setting '2 \+ 3 \* x'"),
        ("Dense(*a)", "has the setting"),
        ("Dense(**a)", "has no setting"),
        ("Residual(ReLU())", "has the setting"),
        ("Residual([1])", "'1' is no layer"),
        ("Dense(10)" * 20_000, "at most 100,000 are read"),
        ("(" * 3000, "can't be read"),
        ("Residual([" * 40 + "ReLU" + "])" * 40, "Residuals stand inside one another"),
        ("Dense(10)\0", "can't be read"),
    ],
)
def test_what_is_no_layers(text, message):
    with pytest.raises(NetworkError, match=message):
        layers_from_text(text)


@pytest.mark.parametrize("text", ["__import__('os').abort()", "Dense(__import__('os').abort())"])
def test_nothing_is_executed(text):
    assert ast.parse(text)
    with pytest.raises(NetworkError):
        layers_from_text(text)


@given(st.text(alphabet="ConvDense2ReLU()[],=' \n0189.*", max_size=60))
def test_any_text_is_layers_or_an_error(text):
    with contextlib.suppress(NetworkError):
        assert layers_from_text(text)
