"""One image in C: what is measured says what Pellucid says."""

import numpy as np
import pytest

from benchmarks.peers import c_inference
from benchmarks.results import Found
from benchmarks.sections import c_code
from pellucid import predict_proba
from pellucid.measuring.networks import NETWORKS
from tests.export.compilers import needs_compiler

pytest.importorskip("onnx", reason="pip install 'pellucid[onnx]'")


@needs_compiler
def test_what_is_measured_says_the_same(tmp_path):
    network = NETWORKS["reference"]()
    parameters = network.initial_parameters(0)
    programs, failed = c_inference.builds(network, parameters, tmp_path)
    assert any(name.startswith("Pellucid's C, ") for name in programs)
    assert all("Pellucid" not in line for line in failed)
    image = np.random.default_rng(0).integers(0, 256, (1, 28, 28), np.uint8)
    expected = predict_proba(network, parameters, image)[0]
    for program in programs.values():
        latency, said = c_inference.measure(program, image, 0.01)
        np.testing.assert_allclose(said, expected, atol=1e-5)
        assert 0 < latency.median <= latency.slow < 1


def test_the_table_has_ratios_to_onnxruntime():
    found = Found()
    fast, slow = c_inference.Latency(1e-5, 2e-5), c_inference.Latency(4e-5, 5e-5)
    times = {"onnxruntime": [slow, slow], "Pellucid's C, gcc": [fast, fast], "other": []}
    c_code._report("reference", times, found)
    assert found.figures == {"reference/C": pytest.approx(4.0)}
    [table] = found.tables
    assert table.rows[1] == [
        "Pellucid's C, gcc", "10.0 (10.0 to 10.0)", "20.0 (20.0 to 20.0)", "4.00 (4.00 to 4.00)",
    ]  # fmt: skip
    assert len(table.rows) == 2
