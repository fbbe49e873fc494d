import dataclasses

import pytest

from pellucid import Dense, Flatten, Network
from pellucid.equations.network import forward
from pellucid.equations.rules import LossRules, loss_rules_of
from pellucid.errors import ConfigurationError, NetworkError
from pellucid.kernels.plan import plan_for
from pellucid.kernels.plan_one_image import plan_for_one_image
from pellucid.kernels.program.loss import loss_op
from pellucid.network.dictionary import loss_from_dict, loss_to_dict
from pellucid.network.loss import LOSSES, Loss

LAYERS = [Flatten(), Dense(3)]


@dataclasses.dataclass(frozen=True)
class Hinge(Loss):
    margin: float = 1.0

    def check_outputs(self, shape):
        pass


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_every_loss_has_rules_and_a_kernel_and_survives_json(kind):
    assert isinstance(loss_rules_of(kind()), LossRules)
    assert loss_op(kind(), logits=0, delta=0, size=2, is_training=True)[0] != 0
    assert loss_from_dict(loss_to_dict(kind())) == kind()


def test_a_loss_of_ones_own_is_refused_by_name():
    network = Network(LAYERS, (2, 2), Hinge())
    assert network != Network(LAYERS, (2, 2))
    assert network.to_dict()["loss"] == {"loss": "Hinge", "margin": 1.0}
    for plan in (plan_for, plan_for_one_image):
        with pytest.raises(
            NetworkError, match=r"There is no kernel for Hinge\(margin=1\.0\); there"
        ):
            plan(network)
    with pytest.raises(
        NetworkError, match=r"no equations for Hinge\(margin=1\.0\); there are for C"
    ):
        forward(network, network.initial_parameters(), [[[[0, 0], [0, 0]]]])
    with pytest.raises(NetworkError, match=r"^Unknown loss 'Hinge'; known: CrossEntropy, Bin"):
        Network.from_dict(network.to_dict())


def test_what_is_no_loss_is_refused():
    with pytest.raises(ConfigurationError, match=r"loss is 'mse'"):
        Network(LAYERS, (2, 2), "mse")
