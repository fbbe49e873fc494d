"""A network of PyTorch becomes a model here, by its graph and its parameters."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, ExportError
from pellucid.execution.inference import run_network
from pellucid.export.from_graph import IMAGE, Piece, network_of
from pellucid.export.proof import drawn
from pellucid.export.torch_functions import Pixels, with_constant
from pellucid.export.torch_modules import Found, array, layer_of, refuse_unless
from pellucid.files.model_file import Model
from pellucid.images.axes import sides, three_axes
from pellucid.images.preprocessing import Preprocessing
from pellucid.network.layers import (
    GELU,
    BatchNorm2D,
    Conv2D,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    Layer,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from pellucid.network.loss import Loss
from pellucid.network.network import Network

__all__ = ["from_torch"]

BOUND = 1e-4
"""How far a logit may be off, relative to the largest: deep networks add up differently."""


def from_torch(
    module: Any,
    input_shape: Sequence[int],
    classes: Sequence[str] | None = None,
    *,
    normalize: tuple[Sequence[float], Sequence[float]] | None = None,
    loss: Loss | None = None,
) -> Model:
    """Take a network over from PyTorch: a Sequential, or a module whose ways meet in sums.

    Parameters
    ----------
    module : torch.nn.Module
        Of layers that there are here; it is traced by ``torch.fx``, which runs its ``forward``. It
        takes images (n, C, H, W) and gives logits; a softmax at its end is left out.
    input_shape : (int, int) or (int, int, int)
        ``(height, width)``, for one channel, or ``(channels, height, width)``.
    classes : sequence of str, optional
        What its outputs are called; "0", "1" and so on by default.
    normalize : (means, deviations), optional
        What is done to pixels from 0 to 1, channel by channel, before the module, as
        ``torchvision.transforms.Normalize`` does it: it becomes the first layer.
    loss : Loss, optional
        What the outputs are held to; cross-entropy by default.

    Returns
    -------
    Model
        To be saved by :func:`pellucid.save_model`, exported, or trained on. Images have pixels
        from 0 to 1, or bytes.

    Raises
    ------
    ConfigurationError
        ``module`` is none, or ``input_shape`` or ``normalize`` can't be.
    ExportError
        Something that no layer here does, with its place; or the network found does not give the
        module's logits, on ten images.

    Notes
    -----
    The module is not changed. It must be on the processor.

    Examples
    --------
    ``from_torch(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), (28, 28))`` is a model of ten
    classes. A file is no module:

    >>> from_torch("model.pt", (28, 28))
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: module is str; it must be a torch.nn.Module.
    """
    if not hasattr(module, "named_modules"):
        raise ConfigurationError(
            f"module is {type(module).__name__}; it must be a torch.nn.Module.", argument="module"
        )
    checked = sides(input_shape, 2, 3)
    if checked is None:
        raise ConfigurationError(
            f"input_shape is {input_shape!r}; it must be (height, width) or (channels, height, "
            "width).",
            argument="input_shape",
        )
    shape = three_axes(checked)
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        pieces, output, pixels = _traced(module, shape)
        if normalize is not None:
            pieces = [_normalized(normalize, shape), *_after(pieces)]
            output = output or _NORMALIZED
        network, parameters = network_of(pieces, output, shape, loss)
        _check(module, network, parameters, normalize, pixels.ends)
    finally:
        for part, is_training in modes.items():
            part.training = is_training
    names = tuple(map(str, range(network.classes))) if classes is None else tuple(classes)
    preprocessing = Preprocessing(shape, polarity="light-on-dark", fit="resize")
    return Model(network, parameters, preprocessing, names, {"from": "PyTorch"})


_NORMALIZED = "normalize"


def _normalized(normalize: tuple[Sequence[float], Sequence[float]], shape: Sequence[int]) -> Piece:
    """Return ``(x - mean) / deviation`` as a batch normalization that has been trained."""
    try:
        mean, deviation = (np.array(values, np.float64) for values in normalize)
    except (TypeError, ValueError):
        mean = deviation = np.zeros(0)
    channels = shape[0]
    if not (mean.shape == deviation.shape == (channels,) and (deviation > 1e-4).all()):
        raise ConfigurationError(
            f"normalize is {normalize!r:.200}; it must be two lists of {channels} numbers, means "
            "and deviations above 0.",
            argument="normalize",
        )
    layer = BatchNorm2D(eps=1e-12)
    arrays = {
        "g": np.ones(channels), "b": np.zeros(channels), "m": mean, "v": deviation**2,
    }  # fmt: skip
    return Piece(_NORMALIZED, (IMAGE,), layer, {k: a.astype(np.float32) for k, a in arrays.items()})


def _after(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces of which those that read the image read it normalized."""
    return [
        Piece(p.name, tuple(value or _NORMALIZED for value in p.inputs), p.layer, p.arrays)
        for p in pieces
    ]


@dataclass
class _Trace:
    """A module's graph, in the making as pieces.

    Attributes
    ----------
    modules, buffers : dict
        Of the module, by their names.
    pieces : list of Piece
        Those so far.
    same : dict
        The piece that gives what a node of ``torch.fx`` gives.
    constants : dict
        Arrays that nodes give.
    padded : set
        Nodes that give what they read with zeros around it.
    pixels : Pixels
        What is done to the image first.
    """

    modules: dict[str, Any]
    buffers: dict[str, Any]
    pixels: Pixels
    pieces: list[Piece] = field(default_factory=list)
    same: dict[Any, str] = field(default_factory=dict)
    constants: dict[Any, NDArray[Any]] = field(default_factory=dict)
    padded: set[Any] = field(default_factory=set)


def _traced(module: Any, shape: tuple[int, ...]) -> tuple[list[Piece], str, Pixels]:
    """Return a module's graph as pieces, the name of the value that it gives, and its pixels."""
    # Who has a module has PyTorch.
    fx = importlib.import_module("torch.fx")
    try:
        graph = fx.symbolic_trace(module).graph
    except Exception as error:  # whatever its forward does
        reason = " ".join(str(error).split())[:200]
        raise ExportError(
            f"PyTorch can't trace {type(module).__name__}, whose forward must be the same for all "
            f"images: {reason}"
        ) from error
    trace = _Trace(dict(module.named_modules()), dict(module.named_buffers()), Pixels(shape))
    same = trace.same
    for node in graph.nodes:
        if node.op == "placeholder":
            taken = [value for value in same.values() if value == IMAGE]
            refuse_unless(
                not taken, str(node.name), "is a second input", "let it take images alone"
            )
            same[node] = IMAGE
        elif node.op == "output":
            return trace.pieces, _output(node, same), trace.pixels
        elif _called(node) not in ("size", "dim", "getattr", "getitem"):
            _add(trace, node)
    raise ExportError(f"{type(module).__name__} gives nothing.")


def _output(node: Any, same: dict[Any, str]) -> str:
    (value,) = node.args
    if value not in same:
        raise ExportError("The module gives several things; let it give logits alone.")
    return same[value]


def _add(trace: _Trace, node: Any) -> None:
    """Add a node's piece, or note that it gives what it reads."""
    same, pieces = trace.same, trace.pieces
    reads = [value for value in node.args if value in same] if node.args else []
    place = str(node.target if node.op in ("call_module", "get_attr") else node.name)
    if node.op == "get_attr" and node.target in trace.buffers:
        trace.constants[node] = array(trace.buffers[node.target])
        return
    refuse_unless(
        node.op != "get_attr", place, "is used by a forward of its own", "use torch.nn's modules"
    )
    if _is_plain(trace, node, reads):
        return
    sums = ("add", "iadd", "__add__", "__iadd__", "add_")
    is_sum = node.op != "call_module" and _called(node) in sums
    if is_sum:
        plain = len(reads) == 2 and not node.kwargs
        refuse_unless(plain, place, "adds something else than two values", "add two values")
        pieces.append(Piece(str(node.name), tuple(same[value] for value in reads), None))
        same[node] = str(node.name)
        return
    refuse_unless(len(reads) == 1, place, "does not read one value", "give it one")
    if _is_softmax(node, trace.modules):
        last = all(user.op == "output" for user in node.users)
        refuse_unless(last, place, "is a softmax before the end", "leave it to the loss")
        same[node] = same[reads[0]]
        return
    layer, arrays = (
        layer_of(trace.modules[node.target], place)
        if node.op == "call_module"
        else _function(node, place)
    )
    if reads[0] in trace.padded:
        # One side has a row or column more; ten images tell whether these are the same zeros.
        once = isinstance(layer, Conv2D) and layer.padding in ((0, 0), "valid")
        refuse_unless(once, place, "reads an image that was padded", "let the convolution pad")
        assert isinstance(layer, Conv2D)
        layer = dataclasses.replace(layer, padding="same")
    if layer is None:
        same[node] = same[reads[0]]
        return
    pieces.append(Piece(str(node.name), (same[reads[0]],), layer, arrays))
    same[node] = str(node.name)


_PAD = ("pad", "mode", "value")
"""What torch.nn.functional.pad takes after the image."""


def _is_plain(trace: _Trace, node: Any, reads: list[Any]) -> bool:
    """Take in what a function does to pixels, with zeros around or with constants, if it does."""
    if node.op == "call_module" or len(reads) != 1 or node.args[0] is not reads[0]:
        return False
    read, name, more = reads[0], _called(node), node.args[1:]
    constant = trace.constants.get(more[0]) if len(more) == 1 else None
    if name == "new_tensor" and len(more) == 1 and isinstance(more[0], list):
        trace.constants[node] = np.array(more[0], np.float64)
        return True
    settings = {
        "mode": "constant",
        "value": 0,
        **dict(zip(_PAD, more, strict=False)),
        **node.kwargs,
    }
    with_zeros = settings["mode"] == "constant" and not settings["value"]
    if name == "pad" and with_zeros and len(settings.get("pad", ())) == 4:
        trace.same[node] = trace.same[read]
        trace.padded.add(node)
        return True
    if constant is not None:
        given = with_constant(
            trace.pieces, trace.same[read], str(node.name), name, constant,
            alone=len(_readers(read)) == 1,
        )  # fmt: skip
        if given is not None:
            trace.same[node] = given
        return given is not None
    if trace.same[read] == IMAGE and trace.pixels.take(name, more, dict(node.kwargs)):
        trace.same[node] = IMAGE
        return True
    return False


def _readers(node: Any) -> list[Any]:
    """Return the nodes that read a node's numbers; new_tensor reads their kind alone."""
    return [user for user in node.users if _called(user) != "new_tensor"]


def _called(node: Any) -> str:
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")


def _is_softmax(node: Any, modules: dict[str, Any]) -> bool:
    if node.op == "call_module":
        return type(modules[node.target]).__name__ in ("Softmax", "LogSoftmax")
    return _called(node) in ("softmax", "log_softmax")


_FUNCTIONS: dict[str, Layer] = {
    "relu": ReLU(), "relu_": ReLU(), "sigmoid": Sigmoid(), "tanh": Tanh(), "silu": SiLU(),
    "gelu": GELU(),
}  # fmt: skip
"""Functions and methods without settings."""


def _function(node: Any, place: str) -> Found:
    """Return a function or a method as a layer."""
    name, more = _called(node), node.args[1:]
    kwargs = {
        key: value for key, value in node.kwargs.items() if key not in ("inplace", "training")
    }
    if name in _FUNCTIONS and not more and not kwargs:
        return _FUNCTIONS[name], {}
    if name == "dropout":  # module.eval() was called
        return None, {}
    is_flat = (name == "flatten" and (more or tuple(kwargs.values())) == (1,)) or (
        name in ("view", "reshape") and len(more) == 2 and more[1] == -1
    )
    if is_flat:
        return Flatten(), {}
    axes = (more or tuple(kwargs.values()))[:1]
    if name == "mean" and axes and sorted(axes[0] if isinstance(axes[0], tuple | list) else ()) in (
        [2, 3], [-2, -1],
    ):  # fmt: skip
        return GlobalAveragePool2D(), {}
    if name == "amax" and axes == ((2, 3),):
        return GlobalMaxPool2D(), {}
    if name == "adaptive_avg_pool2d" and more and more[0] in (1, (1, 1)):
        return GlobalAveragePool2D(), {}
    raise ExportError(
        f"{place} is the function {name!r}, which no layer here does so; use the module of "
        "torch.nn, such as nn.MaxPool2d(2)."
    )


def _check(
    module: Any,
    network: Network,
    parameters: NDArray[np.float32],
    normalize: tuple[Sequence[float], Sequence[float]] | None,
    ends: tuple[float, float],
) -> None:
    """Refuse a network that does not give the module's logits, whatever was traced."""
    torch = importlib.import_module("torch")
    images = drawn(network.input_shape).astype(np.float32)
    low, high = ends
    given = (low + images * (high - low)).astype(np.float32)
    if normalize is not None:
        mean, deviation = (np.reshape(values, (-1, 1, 1)) for values in normalize)
        given = ((images - mean) / deviation).astype(np.float32)
    with torch.no_grad():
        kind = next(module.parameters()).dtype
        expected = np.asarray(module(torch.from_numpy(given).to(kind)).numpy(), np.float64)
    found = run_network(network, parameters, images, None, None, logits=True).probabilities
    if found.shape == expected.shape:
        difference = np.abs(np.subtract(*_alike(found.astype(np.float64), expected)))
        if difference.max() <= BOUND * max(1.0, float(np.abs(found).max())):
            return
    raise ExportError(
        f"What was found in {type(module).__name__} does not compute what it does, on ten images; "
        "it can't be taken over."
    )


def _alike(
    logits: NDArray[np.float64], given: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return logits, and what a module gives; after a softmax that tells only their differences."""
    with np.errstate(all="ignore"):
        shares = given if given.min() >= 0 else np.exp(given)
        if given.shape[1] == 1 or not np.allclose(shares.sum(axis=1), 1, atol=1e-4):
            return logits, given
        logs = np.log(np.maximum(shares, 1e-30))
    return logits - logits.mean(axis=1, keepdims=True), logs - logs.mean(axis=1, keepdims=True)
