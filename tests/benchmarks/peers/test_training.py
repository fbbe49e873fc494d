"""Every system that is installed trains alike: from equal parameters, equal losses."""

import importlib.util

import numpy as np
import pytest

from benchmarks.peers import training_cases
from benchmarks.peers.training_cases import TRAINING
from benchmarks.sections.training import BFLOAT16
from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid
from pellucid.measuring.networks import DEEP
from pellucid.measuring.rates import Rate

NEEDS = {"PyTorch": "torch", "torch": "torch", "JAX": "jax", "skorch": "skorch"}
NETWORK = Network(
    [
        Conv2D(3, 4, padding="same", scale=4.0),
        ReLU(),
        MaxPool2D(3, stride=2, padding=1),
        Conv2D(4, 3, stride=2, padding=1, scale=8.0, bias=False),
        Sigmoid(),
        MaxPool2D(2),
        Flatten(),
        Dense(6, std=0.6, bias=0.2),
        ReLU(),
        Dense(7, std=0.6, bias=False),
        ReLU(),
        Dense(10, std=0.6),
    ],
    (28, 28),
)
"""Every kind of layer, uneven 'same' padding, strides, and windows that overlap."""


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setitem(training_cases.NETWORKS, "small", lambda: NETWORK)
    yield
    training_cases.drop_all()


def installed(name):
    """Skip the systems that are not here; compiling takes a minute and is left to `make bench`."""
    needed = NEEDS.get(name.split()[0].split(".")[0])
    if needed and importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed")
    if name.startswith("torch.compile"):
        pytest.skip("compiling takes long; the benchmark checks it itself")


@pytest.mark.parametrize("name", [name for name in TRAINING if name != "Pellucid"])
def test_losses_are_ours(name):
    installed(name)
    ours, theirs = (
        training_cases.prepare_training(system, "small", 16, False, 1, 4)
        for system in ("Pellucid", name)
    )
    first, later = (0.05, 0.05) if name in BFLOAT16 else (1e-5, 1e-3)
    assert theirs[0] == pytest.approx(ours[0], rel=first)
    assert theirs == pytest.approx(ours, rel=later)
    assert len(set(theirs)) == 4


@pytest.mark.parametrize("network", DEEP)
def test_todays_networks_are_ours(network):
    # Of 16 images there is one section, so a batch normalization looks at the same ones.
    installed("PyTorch eager")
    ours, theirs = (
        training_cases.prepare_training(system, network, 16, False, 1, 3)
        for system in ("Pellucid", "PyTorch eager")
    )
    assert theirs[0] == pytest.approx(ours[0], rel=1e-5)
    assert theirs == pytest.approx(ours, rel=1e-2)


GROUPED = Network(
    [
        Conv2D(4, 3, padding="same", dilation=2),
        ReLU(),
        Conv2D(8, 3, stride=2, groups=4, bias=False),
        ReLU(),
        Flatten(),
        Dense(10),
    ],
    (28, 28),
)


@pytest.mark.parametrize("name", [name for name in TRAINING if name != "Pellucid"])
def test_groups_and_dilation_are_taken_or_refused(name, monkeypatch):
    installed(name)
    monkeypatch.setitem(training_cases.NETWORKS, "small", lambda: GROUPED)
    if "NumPy" in name:
        with pytest.raises(TypeError, match="this peer does not know Conv2D"):
            training_cases.prepare_training(name, "small", 16, False, 1, 1)
        return
    ours, theirs = (
        training_cases.prepare_training(system, "small", 16, False, 1, 3)
        for system in ("Pellucid", name)
    )
    assert theirs == pytest.approx(ours, rel=1e-3)


@pytest.mark.parametrize("name", TRAINING)
def test_randomized_training_learns(name):
    installed(name)
    losses = training_cases.prepare_training(name, "small", 16, True, 1, 2)
    assert np.isfinite(losses).all()
    plain = training_cases.prepare_training(name, "small", 16, False, 1, 2)
    assert losses != plain
    assert losses == pytest.approx(plain, rel=0.5)


def test_a_prepared_case_is_measured_and_dropped():
    training_cases.prepare_training("Pellucid", "small", 16, False, 1, 1)
    rate = training_cases.measure_training("Pellucid", "small", 16, False, 0.01)
    assert isinstance(rate, Rate)
    assert rate.per_second > 0
    training_cases.drop_all()
    with pytest.raises(KeyError):
        training_cases.measure_training("Pellucid", "small", 16, False, 0.01)
