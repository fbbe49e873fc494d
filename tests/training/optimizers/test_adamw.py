import math

import numpy as np
import pytest

from pellucid import Adam, AdamW, Checkpoints, Trainer
from pellucid.errors import ConfigurationError
from pellucid.training.optimizers.optimizer import Step
from tests.layers import torch_network
from tests.training.examples import NETWORK, bright_corners
from tests.training.optimizers.torch_steps import in_groups, twin_steps

IMAGES, LABELS = bright_corners(60)
CALL = {"total_images": 300, "batch_size": 30}


@pytest.mark.parametrize("decay", [-0.1, math.nan, math.inf])
def test_a_decay_that_can_not_be_is_refused(decay):
    with pytest.raises(ConfigurationError, match=r"^weight_decay is .*; .* at least 0, for"):
        AdamW(weight_decay=decay)


def test_its_other_settings_are_adam_s():
    with pytest.raises(ConfigurationError, match=r"^beta1 is 1\.0; "):
        AdamW(beta1=1.0)
    assert AdamW(0.5).to_dict() == {
        "name": "AdamW", "learning_rate": 0.5, "beta1": 0.9, "beta2": 0.999, "eps": 1e-10,
        "weight_decay": 0.01,
    }  # fmt: skip


@pytest.mark.parametrize("decay", [0.01, 2.0])
def test_updates_of_a_network_are_those_of_torch(decay):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    # An eps that is not tiny: else a gradient that is all rounding steps as far as any other.
    with Trainer(NETWORK, optimizer=AdamW(0.01, eps=1e-3, weight_decay=decay)) as trainer:
        model = torch_network(torch, NETWORK, trainer.parameters.astype(np.float64))
        twin = torch.optim.AdamW(in_groups(model, decay), lr=0.01, eps=1e-3)
        expected = twin_steps(torch, model, twin, IMAGES, LABELS, 4)
        for _ in range(4):
            trainer.step(IMAGES, LABELS)
        np.testing.assert_allclose(trainer.parameters, expected, rtol=1e-4, atol=1e-6)


def test_without_decay_it_has_the_bits_of_adam():
    found = []
    for optimizer in (Adam(0.01), AdamW(0.01, weight_decay=0.0)):
        with Trainer(NETWORK, optimizer=optimizer) as trainer:
            trainer.fit(IMAGES, LABELS, **CALL)
            found.append(trainer.parameters.tobytes())
    assert found[0] == found[1]


def test_a_resumed_training_ends_in_the_same_bits_on_any_number_of_workers(tmp_path):
    optimizer = AdamW(0.01, weight_decay=0.1)
    with Trainer(NETWORK, optimizer=optimizer, workers=1) as whole:
        whole.fit(IMAGES, LABELS, **CALL)
    with Trainer(NETWORK, optimizer=optimizer, workers=3) as first:
        first.fit(
            IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path),
            on_update=lambda update: update.update == 4,
        )  # fmt: skip
    with Trainer(NETWORK, optimizer=optimizer, workers=8) as second:
        second.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), resume=True)
    assert second.parameters.tobytes() == whole.parameters.tobytes()


@pytest.mark.parametrize(("decay", "theta"), [(1e3, 3e38), (1e30, 3e15)])
def test_a_decay_that_leaves_float32_is_told_and_undone(decay, theta):
    optimizer = AdamW(1.0, weight_decay=decay)
    vectors = optimizer.begin(2)
    step = Step(np.float32([1, theta]), vectors, np.float32([1, 0]), 1, 1, 1.0)
    step.parameters[0] = 0
    with np.errstate(all="ignore"):
        assert optimizer.update(step) == 1
    np.testing.assert_array_equal(step.parameters, np.float32([0, theta]))
    assert not vectors["m"].any()
