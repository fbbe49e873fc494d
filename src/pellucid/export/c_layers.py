"""Every layer as a function of C99.

A function's sums have the order that the kernels' have (:mod:`pellucid.kernels.layers`), so where
the target fuses multiply-adds they are the same to the bit; but for group normalizations of more
than 32 channels a group, and for curves, which are the C library's.
"""

from __future__ import annotations

import math
from string import Template
from typing import NamedTuple

from pellucid.errors import ExportError
from pellucid.export.c_convolutions import conv
from pellucid.export.c_dense import dense
from pellucid.export.c_norms import group_norm, norm
from pellucid.export.c_pools import average_pool, global_max, global_mean, max_pool
from pellucid.export.c_writing import Body, Make, number, size, table
from pellucid.export.description import Step
from pellucid.network.layers import (
    GELU,
    Add,
    AveragePool2D,
    BatchNorm1D,
    BatchNorm2D,
    Conv2D,
    Dense,
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
from pellucid.network.summary import describe

__all__ = ["CURVES", "LAYERS_IN_C", "OVER", "Function", "function_of"]

OVER = (ReLU, LeakyReLU, Sigmoid, Tanh, SiLU, GELU, BatchNorm2D, BatchNorm1D, Add)
"""Layers that go element by element, so that what they give may lie where they read."""


CURVES = (Sigmoid, Tanh, SiLU, GELU)
"""Layers that call the C library, which rounds otherwise than Pellucid."""


class Function(NamedTuple):
    """A layer's function.

    Attributes
    ----------
    text : str
        ``static void name(in, out)``, with its weights before it.
    weights : int
        How many floats of constants.
    local : int
        How many floats, about, its own arrays take.
    """

    text: str
    weights: int
    local: int


def function_of(step: Step, name: str) -> Function:
    """Return the function of a step.

    Raises
    ------
    ExportError
        The layer can't be expressed.
    """
    make = LAYERS_IN_C.get(type(step.layer))
    if make is None:
        raise ExportError(f"Layer {step.place}, {describe(step.layer)}, can't be expressed in C.")
    body = make(step)
    laid = {**step.arrays, **body.arrays}
    arrays = {letter: f"{name}_{letter}" for letter in laid}
    tables = "".join(table(arrays[k], array) for k, array in laid.items())
    inputs = "const float *in, const float *more" if len(step.inputs) > 1 else "const float *in"
    restrict = "" if isinstance(step.layer, OVER) else "restrict "
    sizes = f"{size(step.takes)} becomes {size(step.gives)}"

    def filled(template: str) -> str:
        sized = Template(template).safe_substitute(body.values, count=math.prod(step.gives))
        return Template(sized).substitute(arrays, self=name)

    written = (
        f"/* Layer {step.place}: {describe(step.layer)}; {sizes}.\n   {body.equation} */\n"
        f"{tables}{filled(body.before)}static void {name}({inputs.replace('*', '*' + restrict)}, "
        f"float *{restrict}out)\n{{\n{filled(body.template).strip(chr(10))}\n}}\n\n"
    )
    return Function(written, sum(array.size for array in laid.values()), body.local)


_EACH = """
    for (int i = 0; i < $count; i++) {
        $statement
    }
"""


def _each(equation: str, statement: str) -> Make:
    template = _EACH.replace("$statement", statement.replace("\n", "\n        "))
    return lambda step: Body(equation, template)


def _leaky(step: Step) -> Body:
    assert isinstance(step.layer, LeakyReLU)
    slope = number(step.layer.slope)
    return _each(
        f"out[i] = in[i] where that is above 0, else {slope} * in[i]",
        f"out[i] = in[i] > 0.0f ? in[i] : {slope} * in[i];",
    )(step)


LAYERS_IN_C: dict[type[Layer], Make] = {
    Conv2D: conv,
    Dense: dense,
    MaxPool2D: max_pool,
    AveragePool2D: average_pool,
    GlobalAveragePool2D: global_mean,
    GlobalMaxPool2D: global_max,
    ReLU: _each("out[i] = max(0, in[i])", "out[i] = in[i] > 0.0f ? in[i] : 0.0f;"),
    LeakyReLU: _leaky,
    Sigmoid: _each("out[i] = 1 / (1 + exp(-in[i]))", "out[i] = 1.0f / (1.0f + expf(-in[i]));"),
    Tanh: _each("out[i] = tanh(in[i])", "out[i] = tanhf(in[i]);"),
    SiLU: _each("out[i] = in[i] / (1 + exp(-in[i]))", "out[i] = in[i] / (1.0f + expf(-in[i]));"),
    GELU: _each(
        "out[i] = in[i] * erfc(-in[i] / sqrt(2)) / 2",
        f"out[i] = in[i] * (0.5f * erfcf(in[i] * {number(-math.sqrt(0.5))}));",
    ),
    BatchNorm2D: norm,
    BatchNorm1D: norm,
    GroupNorm: group_norm,
    Flatten: lambda step: Body("nothing", ""),
    Add: _each("out[i] = in[i] + more[i]", "out[i] = in[i] + more[i];"),
}
"""What writes each layer; Dropout does nothing in prediction, and Flatten changes no float."""
