"""PyTorch: a model as a module in a Python file, and its state in a safetensors file."""

from __future__ import annotations

import importlib.util
import json
import keyword
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.description import Description, Exportable, description_of
from pellucid.export.exported import Export, write
from pellucid.export.proof import Answer, Predictor
from pellucid.export.torch_layers import written

__all__ = ["BOUND", "to_torch", "torch_predictor"]

BOUND = 1e-5
"""How far a probability may be off: PyTorch adds up in another order."""


def to_torch(model: Exportable, path: str | os.PathLike[str], *, pixels: str = "auto") -> Export:
    """Write a model for PyTorch: a module in a .py file, and its state beside it.

    ``NAME.py`` has the class and ``load()``, which reads ``NAME_state.safetensors``. The module
    takes images (n, C, H, W), or (n, H, W) of one channel, with the pixels as they are, and gives
    logits; of numbers it gives these, in the units of y. Batch normalizations are folded. PyTorch
    is not needed to write it.

    Parameters
    ----------
    model : Model, CNNClassifier or CNNRegressor
        What to write.
    path : path-like
        The Python file, such as ``digits.py``; existing files are replaced.
    pixels : {"auto", "uint8", "float32"}, default "auto"
        As for :func:`pellucid.export.to_onnx`.

    Returns
    -------
    Export
        Whose ``compare(X)`` runs the module and proves that both say the same.

    Raises
    ------
    ConfigurationError
        ``model`` is none, or ``pixels`` something else.
    ExportError
        The file's name is no name in Python, the model can't be expressed, or the files can't be
        written.

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import Dense, Flatten, Model, Network, Preprocessing
    >>> network = Network([Flatten(), Dense(2)], (8, 8))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("no", "yes"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export = to_torch(model, Path(folder, "digits.py"))
    ...     "class Digits(nn.Module)" in export.paths[0].read_text()
    True
    """
    description = description_of(model, pixels)
    source = Path(path)
    is_name = re.fullmatch(r"[a-zA-Z]\w{0,60}", source.stem, re.ASCII) is not None
    if source.suffix != ".py" or not is_name or keyword.iskeyword(_class_of(source.stem)):
        raise ExportError(
            f"The file is {source.name!r}; it must be a name in Python with the ending .py, such "
            "as digits.py, for its class is called after it."
        )
    state = source.with_name(f"{source.stem}_state.safetensors")
    lines, tensors = _module(description)
    text = _text(description, source.stem, state.name, lines)
    paths = write({source: text.encode(), state: _state(description, tensors)})
    return Export("torch", paths, description, BOUND, lambda: torch_predictor(source, description))


def torch_predictor(source: Path, description: Description) -> Predictor:
    """Return what a module of :func:`to_torch` says of images; its file is run.

    Raises
    ------
    ExportError
        PyTorch is missing.
    """
    if importlib.util.find_spec("torch") is None:
        raise ExportError("This needs PyTorch, which is not installed: pip install torch.")
    spec = importlib.util.spec_from_file_location(f"pellucid_export_{source.stem}", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.load()

    def predict(images: NDArray[Any]) -> Answer:
        outputs, chosen = model.predict(module.torch.from_numpy(np.ascontiguousarray(images)))
        return Answer(outputs.numpy(), None if chosen is None else chosen.numpy())

    return predict


def _class_of(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _module(description: Description) -> tuple[tuple[list[str], list[str]], dict[str, Any]]:
    """Return the lines of ``__init__`` and of ``forward``, and the tensors of the state."""
    made: list[str] = []
    computed: list[str] = []
    tensors: dict[str, Any] = {}
    for number, step in enumerate(description.steps, start=1):
        name, layer = f"layer_{number}", written(step)
        if layer.module:
            made.append(f"self.{name} = {layer.module}")
        for key, array in layer.buffers.items():
            made.append(f'self.register_buffer("{name}_{key}", torch.zeros({array.shape}))')
            tensors[f"{name}_{key}"] = array
        tensors |= {f"{name}.{key}": array for key, array in layer.state.items()}
        call = layer.call.replace("NAME", name)
        for place, value in enumerate(step.inputs):
            call = call.replace(f"${place}", f"x{value}")
        shape = " x ".join(map(str, step.gives))
        computed.append(f"x{step.output} = {call}  # {shape}")
    return (made, computed), tensors


def _state(description: Description, tensors: dict[str, Any]) -> bytes:
    """Return the safetensors file: the state, and the test vectors."""
    vectors = description.vectors
    arrays = {
        **tensors,
        "test_images": vectors.images,
        "test_outputs": vectors.outputs.astype(np.float32),
    }
    told = {key.replace(" ", "_"): text for key, text in description.told("first").items()}
    told |= {"kind": description.kind, "classes": json.dumps(description.labels)}
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    data: bytes = safetensors.numpy.save(whole, told)
    return data


_PREDICT = {
    "classes": (
        "The probability of each class, and the place of the most probable one.",
        "outputs = torch.softmax(logits, 1)\n        return outputs, logits.argmax(1)",
    ),
    "labels": (
        "The probability of each label, and 1 for those that an image has.",
        "outputs = torch.sigmoid(logits)\n        return outputs, (logits > 0).long()",
    ),
    "numbers": ("The numbers, and None.", "return logits, None"),
}


def _text(
    description: Description, name: str, state: str, lines: tuple[list[str], list[str]]
) -> str:
    """Return the Python file."""
    told, pixels = description.told("first"), description.pixels
    kind = _class_of(name)
    takes = ", ".join(map(str, pixels.shape))
    made, computed = ("\n        ".join(part) or "pass" for part in lines)
    end = f"x{description.steps[-1].output}"
    if description.mean is not None and description.deviation is not None:
        deviation, mean = description.deviation.tolist(), description.mean.tolist()
        end = f"{end} * {end}.new_tensor({deviation}) + {end}.new_tensor({mean})"
    if pixels.are_bytes:
        scaled = "images.to(torch.float32) * (1 / 255)"
    else:
        span = f"({pixels.high!r} - {pixels.low!r})"
        scaled = f"((images.double() - {pixels.low!r}) / {span}).clamp(0, 1).float()"
    what, predicted = _PREDICT[description.kind]
    opening = (
        f"{name}: exported by {told['made by']}.\n\nIt takes images of {told['image']}.\n"
        f"Mind: {told['before']}.\nFingerprint of the model: {told['fingerprint']}."
    )
    outputs = "numbers" if description.kind == "numbers" else "logits"
    return f'''{_docstring(opening)}

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional  # noqa: F401

CLASSES = {list(description.labels)!r}


class {kind}(nn.Module):
    """Takes images (n, {takes}), gives {outputs} (n, {description.outputs})."""

    def __init__(self):
        super().__init__()
        {made}

    def forward(self, images):
        images = images.reshape(-1, {takes})
        x0 = {scaled}
        {computed}
        return {end}

    @torch.no_grad()
    def predict(self, images):
        """{what}"""
        logits = self(images)
        {predicted}


STATE = Path(__file__).with_name({state!r})


def _tensors(path):
    state = load_file(path)
    return state, state.pop("test_images"), state.pop("test_outputs")


def load(path=STATE):
    """The module with what it has learned, to predict; call train() to learn more."""
    module = {kind}()
    module.load_state_dict(_tensors(path)[0])
    return module.eval()


def check(path=STATE):
    """The largest difference from what Pellucid said of the ten test images."""
    _, images, outputs = _tensors(path)
    return float((load(path).predict(images)[0] - outputs).abs().max())


if __name__ == "__main__":
    print(f"10 images, largest difference {{check():.2g}}")
'''


def _docstring(text: str) -> str:
    """Return text as a docstring, whatever is in it."""
    plain = "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
    return '"""' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"""'
