"""PyTorch's modules as layers; PyTorch itself is never imported here: who has a module has it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError, NetworkError
from pellucid.network.layers import (
    GELU,
    AveragePool2D,
    BatchNorm1D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    GroupNorm,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)

__all__ = ["MODULES", "array", "layer_of", "refuse_unless"]

Found = tuple[Layer | None, dict[str, NDArray[np.float32]]]
"""A layer and what it has learned; None where nothing is done in prediction."""


def array(tensor: Any) -> NDArray[np.float32]:
    """Return a tensor as float32."""
    return np.asarray(tensor.detach().cpu().numpy(), np.float32)


def refuse_unless(condition: bool, place: str, what: str, fix: str) -> None:
    """Raise ExportError that names a place, if a condition does not hold."""
    if not condition:
        raise ExportError(f"{place} {what}, which no layer here does; {fix}.")


def layer_of(module: Any, place: str) -> Found:
    """Return a module of PyTorch as a layer.

    Raises
    ------
    ExportError
        There is no such layer, or it has other settings.
    """
    kind = type(module).__name__
    is_own = type(module).__module__.startswith("torch.nn.modules")
    if not is_own or kind not in MODULES:
        raise ExportError(
            f"{place} is {kind}, which no layer here is; there are layers for {', '.join(MODULES)}."
        )
    try:
        return MODULES[kind](module, place)
    except NetworkError as error:
        raise ExportError(f"{place}, {kind}: {error}") from error


def _conv(module: Any, place: str) -> Found:
    zeros = module.padding_mode == "zeros"
    refuse_unless(zeros, place, f"pads by {module.padding_mode!r}", "pad with zeros")
    layer = Conv2D(
        module.out_channels, module.kernel_size, module.stride, module.padding,
        bias=0.0 if module.bias is not None else False, groups=module.groups,
        dilation=module.dilation,
    )  # fmt: skip
    return layer, _learned(module, "f")


def _linear(module: Any, place: str) -> Found:
    layer = Dense(module.out_features, bias=0.0 if module.bias is not None else False)
    return layer, _learned(module, "w")


def _learned(module: Any, letter: str) -> dict[str, NDArray[np.float32]]:
    arrays = {letter: array(module.weight)}
    return arrays if module.bias is None else {**arrays, "b": array(module.bias)}


def _norm(kind: type[BatchNorm2D] | type[BatchNorm1D], module: Any, place: str) -> Found:
    kept = module.running_mean is not None
    refuse_unless(kept, place, "keeps no running statistics", "use track_running_stats=True")
    momentum = 0.1 if module.momentum is None else module.momentum
    return kind(momentum, module.eps), {
        **_affine(module, module.num_features),
        "m": array(module.running_mean),
        "v": array(module.running_var),
    }


def _affine(module: Any, channels: int) -> dict[str, NDArray[np.float32]]:
    if module.weight is None:
        return {"g": np.ones(channels, np.float32), "b": np.zeros(channels, np.float32)}
    return {"g": array(module.weight), "b": array(module.bias)}


def _group_norm(module: Any, place: str) -> Found:
    layer = GroupNorm(module.num_groups, module.eps)
    return layer, _affine(module, module.num_channels)


def _max_pool(module: Any, place: str) -> Found:
    plain = module.dilation in (1, (1, 1)) and not module.ceil_mode and not module.return_indices
    refuse_unless(
        plain, place, "has dilation, ceil_mode or return_indices", "leave these settings out"
    )
    return MaxPool2D(module.kernel_size, module.stride, module.padding), {}


def _average_pool(module: Any, place: str) -> Found:
    counts = module.count_include_pad or module.padding in (0, (0, 0))
    plain = counts and not module.ceil_mode and module.divisor_override is None
    refuse_unless(
        plain, place, "has ceil_mode, divisor_override or count_include_pad=False",
        "leave these settings out",
    )  # fmt: skip
    return AveragePool2D(module.kernel_size, module.stride, module.padding), {}


def _to_one(layer: Layer, module: Any, place: str) -> Found:
    one = module.output_size in (1, (1, 1))
    refuse_unless(one, place, f"gives {module.output_size}", "let it give 1")
    return layer, {}


def _flatten(module: Any, place: str) -> Found:
    whole = (module.start_dim, module.end_dim) == (1, -1)
    refuse_unless(whole, place, "flattens some axes alone", "use nn.Flatten()")
    return Flatten(), {}


def _gelu(module: Any, place: str) -> Found:
    exact = module.approximate == "none"
    refuse_unless(exact, place, "is GELU by tanh", "use nn.GELU()")
    return GELU(), {}


def _plain(layer: Layer | None) -> Callable[[Any, str], Found]:
    return lambda module, place: (layer, {})


MODULES: dict[str, Callable[[Any, str], Found]] = {
    "Conv2d": _conv,
    "Linear": _linear,
    "BatchNorm2d": functools.partial(_norm, BatchNorm2D),
    "BatchNorm1d": functools.partial(_norm, BatchNorm1D),
    "GroupNorm": _group_norm,
    "MaxPool2d": _max_pool,
    "AvgPool2d": _average_pool,
    "AdaptiveAvgPool2d": functools.partial(_to_one, GlobalAveragePool2D()),
    "AdaptiveMaxPool2d": functools.partial(_to_one, GlobalMaxPool2D()),
    "ReLU": _plain(ReLU()),
    "LeakyReLU": lambda module, place: (LeakyReLU(module.negative_slope), {}),
    "Sigmoid": _plain(Sigmoid()),
    "Tanh": _plain(Tanh()),
    "SiLU": _plain(SiLU()),
    "GELU": _gelu,
    "Dropout": lambda module, place: (Dropout(module.p), {}),
    "Dropout2d": lambda module, place: (Dropout(module.p, per_channel=True), {}),
    "Flatten": _flatten,
    "Identity": _plain(None),
}
"""What reads each module."""
