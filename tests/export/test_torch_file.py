import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from pellucid.errors import ExportError
from pellucid.export import to_torch, torch_file
from tests.export.examples import (
    X,
    classifier,
    labeler,
    model_of,
    parameters_of,
    photographer,
    regressor,
    small_model,
)

torch = pytest.importorskip("torch", reason="PyTorch runs the export")


def test_what_estimators_learned_says_the_same(tmp_path):
    for number, fitted in enumerate((classifier(), labeler(), regressor(), regressor(2))):
        comparison = to_torch(fitted, tmp_path / f"model_{number}.py").compare(X)
        assert (comparison.images, comparison.changed, comparison.agrees) == (1797, 0, True)
    fitted, images = photographer()
    assert to_torch(fitted, tmp_path / "photos.py").compare(images).agrees


def test_bytes_are_scaled_inside(tmp_path):
    network = small_model().network
    images = np.random.default_rng(0).integers(0, 256, (50, 6, 5), np.uint8)
    for low, high in ((0, 255), (0, 16), (30, 200)):
        ranged = model_of(network, parameters_of(network), pixel_range=(low, high))
        assert to_torch(ranged, tmp_path / "model.py").compare(images).agrees


def test_it_stands_alone_and_checks_itself(tmp_path):
    """Nothing of Pellucid is needed to use it."""
    to_torch(classifier(), tmp_path / "my_digits.py")
    code = (
        "import sys; sys.modules['pellucid'] = None\n"
        "import torch, my_digits\n"
        "module = my_digits.load()\n"
        "assert isinstance(module, torch.nn.Module) and not module.training\n"
        "assert type(module).__name__ == 'MyDigits' and my_digits.CLASSES == list(range(10))\n"
        "assert module(torch.zeros(2, 8, 8)).shape == (2, 10)\n"
        "loss = module.train()(torch.rand(2, 1, 8, 8)).sum(); loss.backward()\n"
        "assert all(p.grad is not None for p in module.parameters())\n"
        "print(my_digits.check() < 1e-5)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )  # fmt: skip
    assert done.stdout == "True\n", done.stderr


def test_words_can_be_anything(tmp_path):
    names = ('a"""b\\', "'''\nimport os", "überall 7")
    export = to_torch(dataclasses.replace(small_model(), classes=names), tmp_path / "model.py")
    assert export.compare().agrees
    spec = torch_file.importlib.util.spec_from_file_location("named", tmp_path / "model.py")
    module = torch_file.importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert tuple(module.CLASSES) == names


@pytest.mark.parametrize("name", ["model", "model.txt", "7.py", "my model.py", "none.py", "a-b.py"])
def test_a_file_that_no_class_can_be_called_after_is_refused(name, tmp_path):
    with pytest.raises(ExportError, match=r"must be a name in Python with the ending \.py"):
        to_torch(small_model(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_without_pytorch_it_is_written_and_not_compared(tmp_path, monkeypatch):
    export = to_torch(small_model(), tmp_path / "model.py")
    real = torch_file.importlib.util.find_spec
    monkeypatch.setattr(
        torch_file.importlib.util, "find_spec", lambda name: None if name == "torch" else real(name)
    )
    with pytest.raises(ExportError, match="needs PyTorch"):
        export.compare()


def test_no_class_changes_on_mnist(mnist, mnist_model, tmp_path):
    export = to_torch(mnist_model, tmp_path / "digits.py")
    images = export.description.pixels.of_data(mnist.test_images, (0, 255))
    comparison = export.compare_inputs(images)
    assert (comparison.images, comparison.changed, comparison.agrees) == (10_000, 0, True)
