import dataclasses

import pytest

from pellucid.equations.rules import Rules, rules_of
from pellucid.errors import NetworkError
from pellucid.network.layers import JOINS, LAYERS, ReLU, Residual


@pytest.mark.parametrize("kind", [k for k in (*LAYERS, *JOINS) if k is not Residual])
def test_every_layer_has_rules(kind):
    assert isinstance(rules_of(object.__new__(kind)), Rules)


def test_a_layer_of_ones_own_is_refused_by_name_though_a_layer_has_the_name():
    @dataclasses.dataclass(frozen=True)
    class ReLU6(ReLU):
        pass

    with pytest.raises(
        NetworkError, match=r"no equations for .*ReLU6\(\); there are for Conv2D, M"
    ):
        rules_of(ReLU6())


def test_a_container_is_no_node():
    with pytest.raises(NetworkError, match="no equations for Residual"):
        rules_of(Residual([ReLU()]))
