import numpy as np
import pytest

from pellucid.errors import ExportError
from pellucid.export.torch_modules import MODULES, array, layer_of, refuse_unless

torch = pytest.importorskip("torch", reason="PyTorch has the modules")


def test_every_name_is_a_module_of_pytorch():
    assert all(hasattr(torch.nn, name) for name in MODULES)


def test_tensors_become_float32():
    found = array(torch.ones(2, dtype=torch.float64, requires_grad=True))
    assert found.dtype == np.float32
    assert found.tolist() == [1.0, 1.0]


def test_what_a_layer_refuses_is_told_with_its_place():
    with pytest.raises(
        ExportError, match=r"^body\.3, MaxPool2d: MaxPool2D padding is 3; it must be"
    ):
        layer_of(torch.nn.MaxPool2d(2, padding=3), "body.3")
    with pytest.raises(ExportError, match=r"^a does x, which no layer here does; do y\.$"):
        refuse_unless(False, "a", "does x", "do y")
