import math

import numpy as np
import pytest

from pellucid import SGD, Checkpoints, Trainer
from pellucid.errors import ConfigurationError
from pellucid.training.optimizers.optimizer import Step
from tests.layers import torch_network
from tests.training.examples import NETWORK, bright_corners
from tests.training.optimizers.torch_steps import in_groups, twin_steps

IMAGES, LABELS = bright_corners(60)
CALL = {"total_images": 300, "batch_size": 30}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"momentum": 1.0}, r"^momentum is 1\.0; .* at least 0 and below 1, for example 0\.9\."),
        ({"momentum": -0.1}, r"^momentum is -0\.1; "),
        ({"momentum": math.nan}, r"^momentum is nan; "),
        ({"nesterov": 1, "momentum": 0.9}, r"^nesterov is 1; it must be True or False\.$"),
        ({"nesterov": True}, r"^nesterov is True, but momentum is 0; give a momentum"),
        ({"weight_decay": -1}, r"^weight_decay is -1; it must be a finite number of at least 0, "),
        ({"learning_rate": 0}, r"^learning_rate is 0; "),
    ],
)
def test_settings_that_can_not_be_are_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        SGD(**settings)


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1),
        SGD(0.05, 0.9),
        SGD(0.05, 0.9, nesterov=True),
        SGD(0.05, 0.9, nesterov=True, weight_decay=0.1),
    ],
)
def test_updates_of_a_network_are_those_of_torch(optimizer):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    with Trainer(NETWORK, optimizer=optimizer) as trainer:
        model = torch_network(torch, NETWORK, trainer.parameters.astype(np.float64))
        twin = torch.optim.SGD(
            in_groups(model, optimizer.weight_decay), lr=optimizer.learning_rate,
            momentum=optimizer.momentum, nesterov=optimizer.nesterov,
        )  # fmt: skip
        expected = twin_steps(torch, model, twin, IMAGES, LABELS, 4)
        for _ in range(4):
            trainer.step(IMAGES, LABELS)
        np.testing.assert_allclose(trainer.parameters, expected, rtol=1e-4, atol=1e-6)


def test_a_resumed_training_ends_in_the_same_bits(tmp_path):
    optimizer = SGD(0.05, 0.9, nesterov=True)
    with Trainer(NETWORK, optimizer=optimizer) as whole:
        history = whole.fit(IMAGES, LABELS, **CALL)
        assert history.losses[-1] < history.losses[0]
    with Trainer(NETWORK, optimizer=optimizer) as first:
        first.fit(
            IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path),
            on_update=lambda update: update.update == 4,
        )  # fmt: skip
    with Trainer(NETWORK, optimizer=optimizer) as second:
        second.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), resume=True)
    assert second.parameters.tobytes() == whole.parameters.tobytes()


@pytest.mark.parametrize(
    ("theta", "u", "gradient", "rate"),
    [(0.0, 3e38, 3e38, 0.1), (3e38, -1e30, 0.0, 1e10), (0.0, 0.0, 1e38, 100.0)],
)
def test_a_step_that_leaves_float32_is_told_and_undone(theta, u, gradient, rate):
    optimizer = SGD(rate, 0.9)
    step = Step(
        np.float32([1, theta]), {"u": np.float32([0, u])}, np.float32([1, gradient]), 1, 1, rate
    )
    before = step.parameters.copy(), step.vectors["u"].copy()
    with np.errstate(all="ignore"):
        assert optimizer.update(step) == 1
    np.testing.assert_array_equal(step.parameters, before[0])
    np.testing.assert_array_equal(step.vectors["u"], before[1])
