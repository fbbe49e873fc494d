from pellucid import Conv2D, Dense, MaxPool2D, ReLU, Residual
from pellucid.network.summary import describe


def test_a_layer_is_described_without_what_goes_without_saying():
    assert describe(Conv2D(5, (3, 3), stride=1, scale=2.0)) == "Conv2D(5, 3)"
    assert describe(Conv2D(5, (3, 4), 2, 1)) == "Conv2D(5, (3, 4), stride=2, padding=1)"
    assert describe(MaxPool2D()) == describe(MaxPool2D(2, 2)) == "MaxPool2D(2)"
    assert describe(MaxPool2D(3, 2)) == "MaxPool2D(3, stride=2)"
    assert describe(Dense(3, std=0.5, bias=1.0)) == "Dense(3)"


def test_a_container_is_described_with_its_layers():
    layer = Residual([Conv2D(4, 3, padding="same"), ReLU()], shortcut=[Conv2D(4, 1)])
    assert describe(layer) == (
        "Residual([Conv2D(4, 3, padding='same'), ReLU()], shortcut=[Conv2D(4, 1)])"
    )
