"""``pellucid export``."""

import pytest

from pellucid.export.proof import Comparison
from tests.cli.console import fails, invoke

pytest.importorskip("onnxruntime", reason="pip install 'pellucid[onnx]'")


def test_export_compares_what_it_wrote(model, tmp_path):
    path = tmp_path / "digits.onnx"
    code, out, err = invoke("export", model, "--to", "onnx", "-o", path)
    assert code == 0
    assert out.splitlines()[0] == f"Written: {path}."
    assert out.splitlines()[1].startswith("onnx: 10 images, 0 changed classes, largest difference ")
    assert "28 x 28 bytes; 0 becomes 0 and 255 becomes 1" in err
    code, out, _ = invoke("export", model, "--to", "onnx", "--out", path, "--verify", "digits")
    assert code == 0
    assert "360 images, 0 changed classes" in out
    assert out.endswith("; at most 1e-05 is allowed.\n")


def test_export_fails_where_it_does_not_agree(model, tmp_path, monkeypatch):
    monkeypatch.setattr(Comparison, "agrees", property(lambda self: False))
    code, out, err = invoke("export", model, "--to", "onnx", "-o", tmp_path / "m.onnx")
    assert code == 1
    assert "Written" in out
    assert err.splitlines()[-1].startswith("Error: What was written does not say the same")


def test_export_refuses_what_it_cant_do(model, tmp_path):
    line = fails("export", model, "--to", "onx", "-o", tmp_path / "m.onnx")
    assert line.startswith("--to is 'onx'; it must be one of onnx")
    line = fails("export", model, "--to", "onnx", "-o", tmp_path / "m.onnx", "--pixels", "bytes")
    assert line.startswith("--pixels is 'bytes'; it must be one of 'auto', 'uint8', 'float32'")
    assert list(tmp_path.iterdir()) == []
