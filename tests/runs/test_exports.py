import pytest

from pellucid import load_model
from pellucid.errors import ExportError
from pellucid.export import onnx_file
from pellucid.runs.exports import export_model

pytest.importorskip("onnxruntime", reason="pip install 'pellucid[onnx]'")


def test_an_export_is_compared_on_a_data_set_or_ten_vectors(finished, tmp_path):
    model, said = load_model(finished[0] / "model.safetensors"), []
    export, comparison = export_model(model, tmp_path / "m.onnx", "onnx", said.append)
    assert (comparison.images, comparison.agrees) == (10, True)
    assert export.paths == (tmp_path / "m.onnx",)
    assert any(line.startswith("It takes 28 x 28 bytes") for line in said)
    _, comparison = export_model(
        model, tmp_path / "m.onnx", "onnx", said.append, verify="digits", pixels="float32"
    )
    assert (comparison.images, comparison.agrees) == (360, True)


def test_what_cant_be_compared_is_told(finished, tmp_path, monkeypatch):
    model, said = load_model(finished[0] / "model.safetensors"), []
    real = onnx_file._need

    def need(package):
        real("no_such_package" if package == "onnxruntime" else package)

    monkeypatch.setattr(onnx_file, "_need", need)
    _, comparison = export_model(model, tmp_path / "m.onnx", "onnx", said.append)
    assert comparison is None
    assert said[-1].startswith("It was not compared with the model: This needs no_such_package")
    with pytest.raises(ExportError, match="This needs"):
        export_model(model, tmp_path / "m.onnx", "onnx", said.append, verify="digits")
