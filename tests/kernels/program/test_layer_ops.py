import dataclasses

import pytest

from pellucid import (
    AveragePool2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalMaxPool2D,
    MaxPool2D,
    Network,
    ReLU,
    Residual,
    Sigmoid,
)
from pellucid.errors import NetworkError
from pellucid.kernels.plan import plan_for
from pellucid.kernels.plan_one_image import plan_for_one_image
from pellucid.kernels.program.layer_ops import LayerOps, ops_of, stages_of
from pellucid.network.layers import JOINS, LAYERS, Layer

END = [Flatten(), Dense(3)]


@pytest.mark.parametrize("kind", [k for k in (*LAYERS, *JOINS) if k is not Residual])
def test_every_layer_has_ops(kind):
    assert isinstance(ops_of(object.__new__(kind)), LayerOps)


def shown(layers):
    """Return the stages of a network, a ReLU that is taken in as a plus."""
    network = Network([*layers, *END], (4, 8, 8))
    return [
        f"{type(s.layer).__name__}{'+' * s.has_relu}{''.join(map(str, s.inputs))}"
        for s in stages_of(network)
    ]


SAME = Conv2D(4, 3, padding="same")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([SAME, ReLU(), MaxPool2D(2)], ["Conv2D+0", "MaxPool2D1", "Dense2"]),
        ([SAME, ReLU(), Sigmoid()], ["Conv2D0", "ReLU1", "Sigmoid2", "Dense3"]),
        ([SAME, ReLU()], ["Conv2D+0", "Dense1"]),
        ([SAME, MaxPool2D(2), ReLU()], ["Conv2D+0", "MaxPool2D1", "Dense2"]),
        (
            [SAME, MaxPool2D(2), MaxPool2D(2), ReLU(), SAME],
            [
                "Conv2D+0",
                "MaxPool2D1",
                "MaxPool2D2",
                "Conv2D3",
                "Dense4",
            ],
        ),
        (
            [SAME, GlobalMaxPool2D(), ReLU(), Dense(2)],
            [
                "Conv2D+0",
                "GlobalMaxPool2D1",
                "Dense2",
                "Dense3",
            ],
        ),
        # What the pool gives has its gate already, however many read it.
        (
            [SAME, MaxPool2D(2), ReLU(), Residual([SAME])],
            [
                "Conv2D+0",
                "MaxPool2D1",
                "Conv2D2",
                "Add23",
                "Dense4",
            ],
        ),
        ([SAME, AveragePool2D(2), ReLU()], ["Conv2D0", "AveragePool2D1", "ReLU2", "Dense3"]),
        ([Sigmoid(), MaxPool2D(2), ReLU()], ["Sigmoid0", "MaxPool2D1", "ReLU2", "Dense3"]),
        (
            [SAME, Residual([MaxPool2D(1), ReLU()])],
            [
                "Conv2D0",
                "MaxPool2D1",
                "ReLU2",
                "Add13",
                "Dense4",
            ],
        ),
        ([ReLU(), SAME], ["ReLU0", "Conv2D1", "Dense2"]),
        # A ReLU that two read, and one before a sum, have no reader whose gate could be theirs.
        ([SAME, ReLU(), Residual([SAME])], ["Conv2D0", "ReLU1", "Conv2D2", "Add23", "Dense4"]),
        ([Residual([SAME, ReLU()])], ["Conv2D0", "ReLU1", "Add02", "Dense3"]),
        # What two read is not the ReLU's alone.
        ([SAME, Residual([ReLU(), SAME])], ["Conv2D0", "ReLU1", "Conv2D2", "Add13", "Dense4"]),
        ([Residual([SAME, ReLU(), SAME])], ["Conv2D+0", "Conv2D1", "Add02", "Dense3"]),
    ],
)
def test_a_relu_is_taken_in_where_its_neighbors_compute_it_on_the_way(layers, expected):
    assert shown(layers) == expected


@dataclasses.dataclass(frozen=True)
class Softsign(Layer):
    def output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize("plan", [plan_for, plan_for_one_image])
def test_a_layer_without_a_kernel_is_refused_by_name(plan):
    network = Network([Flatten(), Dense(3), Softsign(), Dense(2)], (2, 2))
    with pytest.raises(
        NetworkError, match=r"There is no kernel for .*Softsign\(\); use Pellucid's own"
    ):
        plan(network)


def test_a_container_is_no_node():
    with pytest.raises(NetworkError, match="no kernel for Residual"):
        ops_of(Residual([ReLU()]))
