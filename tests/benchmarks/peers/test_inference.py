"""Every system that is installed predicts alike from equal parameters, bytes or floats."""

import importlib.util

import numpy as np
import pytest

from benchmarks.peers import inference_cases
from benchmarks.peers.inference_cases import INFERENCE
from tests.benchmarks.peers.test_training import NETWORK


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setitem(inference_cases.NETWORKS, "small", lambda: NETWORK)
    monkeypatch.setattr(inference_cases, "MOST", 120)
    monkeypatch.setattr(inference_cases, "_images", {})
    yield
    inference_cases.drop_all()


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("is_float", [False, True], ids=["bytes", "floats"])
@pytest.mark.parametrize("name", [name for name in INFERENCE if name != "Pellucid"])
def test_probabilities_are_ours(name, is_float):
    needed = ["onnx", "onnxruntime"] if name == "onnxruntime" else ["torch"]
    for package in needed:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    ours, theirs = (
        inference_cases.prepare_inference(system, "small", is_float, 1)
        for system in ("Pellucid", name)
    )
    assert ours.shape == (100, 10)
    np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert np.ptp(ours, axis=0).max() > 0.05


def test_measurements():
    inference_cases.prepare_inference("Pellucid", "small", False, 1)
    assert inference_cases.measure_inference("Pellucid", "small", False, 50, 0.01).per_second > 0
    # More calls than images: they come round again.
    times = inference_cases.measure_latency("Pellucid", "small", False, 0.1)
    assert len(times) > 1
    assert min(times) > 0
