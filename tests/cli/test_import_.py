"""``pellucid import``."""

import numpy as np
import pytest

from pellucid import load_model
from tests.cli.console import fails, invoke

pytest.importorskip("onnxruntime", reason="pip install 'pellucid[onnx]'")


def test_a_model_that_left_comes_back(model, pictures, tmp_path):
    onnx, back = tmp_path / "digits.onnx", tmp_path / "back.safetensors"
    assert invoke("export", model, "--to", "onnx", "-o", onnx)[0] == 0
    code, out, err = invoke("import", onnx, "-o", back)
    assert code == 0, err
    assert out.splitlines()[0] == f"Written: {back}."
    assert "Flatten()" in out
    assert "Its pixels: 0 is 0 and 255 is 1.\n" in err
    assert "It says the same as its own 10 test vectors (largest difference " in err
    assert " and onnxruntime on 10 images (largest difference " in err
    before, after = load_model(model), load_model(back)
    assert (after.classes, after.preprocessing) == (before.classes, before.preprocessing)
    np.testing.assert_array_equal(after.parameters, before.parameters)
    said = [invoke("predict", path, *pictures, "--json")[1] for path in (model, back)]
    assert [line.split('"probabilities"')[0] for line in said[0].splitlines()] == [
        line.split('"probabilities"')[0] for line in said[1].splitlines()
    ]
    code, _, err = invoke("import", onnx, "-o", back, "--classes", ",".join("abcdefghij"))
    assert load_model(back).classes == tuple("abcdefghij")


def test_what_cant_be_taken_is_one_line(model, tmp_path):
    out = tmp_path / "back.safetensors"
    line = fails("import", model, "-o", out)
    assert "damaged, cut off, or no ONNX file" in line or "without a graph" in line
    line = fails("import", tmp_path / "none.onnx", "-o", out)
    assert line.endswith("none.onnx is no file that there is; name a model.onnx.")
    line = fails("import", model, "-o", out, "--channels", "3")
    assert line == "--channels is given, but not --size; give both."
    assert not out.exists()
