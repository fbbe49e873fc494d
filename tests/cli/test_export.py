"""``pellucid export``."""

import dataclasses

import pytest

from pellucid import load_model, save_model
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


def test_int8_says_what_it_costs(model, tmp_path):
    out = tmp_path / "digits.c"
    code, said, err = invoke("export", model, "--to", "c", "-o", out, "--int8")
    assert code == 0, err
    line = said.splitlines()[1]
    assert line.startswith("int8: accuracy ")
    assert " on 360 images; " in line
    assert "static int8_t held(" in out.read_text()
    settings = ("export", model, "--to", "c", "-o", tmp_path / "other.c", "--int8")
    code, said, err = invoke(*settings, "--calibrate", "digits")
    assert said.splitlines()[1] == line


def test_int8_refuses_what_it_cant_do(model, tmp_path):
    out = tmp_path / "m.c"
    line = fails("export", model, "--to", "onnx", "-o", out, "--int8")
    assert line == "--int8 is for C; leave it out, or export with --to c."
    line = fails("export", model, "--to", "c", "-o", out, "--force")
    assert line == "--calibrate and --force are for --int8; give it too, or leave them out."
    loaded = load_model(model)
    alone = tmp_path / "alone.safetensors"
    save_model(alone, dataclasses.replace(loaded, configuration={}))
    line = fails("export", alone, "--to", "c", "-o", out, "--int8")
    assert line.endswith("name images to quantize it by with --calibrate.")
    assert not out.exists()
