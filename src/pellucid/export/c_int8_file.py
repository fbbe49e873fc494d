"""C99 in whole numbers of 8 bits: the source file and the header of a quantized model."""

from __future__ import annotations

import dataclasses
import math
import re

from pellucid.export.c_int8_layers import HELD, int8_function
from pellucid.export.c_layers import OVER
from pellucid.export.c_memory import Memory, laid_out
from pellucid.export.c_parts import (
    SPAN,
    Needs,
    answers,
    header,
    leave,
    names,
    opening,
    prototypes,
    taken,
)
from pellucid.export.c_proof import test_main
from pellucid.export.c_writing import number
from pellucid.export.int8 import Quantized
from pellucid.export.int8_cost import Int8Cost
from pellucid.export.int8_reference import int8_answer
from pellucid.export.proof import Vectors
from pellucid.network.layers import Flatten

__all__ = ["int8_header", "int8_source", "int8_vectors"]


def int8_vectors(model: Quantized) -> Vectors:
    """Return ten images, and what the whole numbers say of them."""
    images = model.description.vectors.images
    return Vectors(images, int8_answer(model, images).outputs)


def int8_header(model: Quantized, cost: Int8Cost, name: str) -> str:
    """Return the header."""
    constants = sum(table.nbytes for one in model.steps for table in one.tables.values())
    needs = Needs("int8_t", _memory(model).floats, constants, 4 * model.description.outputs)
    return header(model.description, name, needs, _told(cost))


def int8_source(model: Quantized, cost: Int8Cost, name: str) -> str:
    """Return the source file."""
    steps = [one for one in model.steps if not one.is_same]
    called = {one.step.output: f"layer_{place}" for place, one in enumerate(steps, start=1)}
    functions = "".join(int8_function(one, called[one.step.output]) for one in steps)
    begins = opening(model.description, name, "a convolutional network in 8 bits", _told(cost))
    return (
        f'{begins}\n#include "{name}.h"\n\n#include <math.h>\n\n'
        f"{names(model.description, name)}{HELD if 'held(' in functions else ''}{_enter(model)}"
        f"{SPAN if 'first_inside(' in functions else ''}{functions}{leave(model.description)}"
        f"{_predict(model, name, called)}"
        f"{test_main(model.description, name, int8_vectors(model))}"
    )


def _told(cost: Int8Cost) -> str:
    return (
        "\n   Values are whole numbers of 8 bits, step * (q - zero), sums have 32."
        f"\n   {str(cost).replace('; ', ';' + chr(10) + '   ')}."
    )


def _memory(model: Quantized) -> Memory:
    steps = [
        dataclasses.replace(one.step, layer=Flatten()) if one.is_same else one.step
        for one in model.steps
        if not one.is_last
    ]
    return laid_out(steps, model.description.pixels.shape, OVER, Flatten)


def _enter(model: Quantized) -> str:
    """Return the function that makes channels of whole numbers of an image."""
    pixels, (channels, height, width) = model.description.pixels, model.description.pixels.shape
    at = f"image[{'i' if channels == 1 else f'i * {channels} + c'}]"
    to, table = f"out[c * {height * width} + i] = ", ""
    if pixels.are_bytes:
        equation = "out[c][i] = image[i][c] - 128"
        line = f"{to}(int8_t)({at} - 128);"
    elif model.pixels is not None:
        equation = "what a pixel becomes, as a table has it"
        values = model.pixels.tolist()
        rows = ",\n        ".join(
            ", ".join(map(str, values[k : k + 16])) for k in range(0, 256, 16)
        )  # fmt: skip
        table = f"    static const int8_t becomes[256] = {{\n        {rows}\n    }};\n"
        line = f"{to}becomes[{at}];"
    else:
        low, high = f"{pixels.low!r}", f"{pixels.high!r}"
        equation = (
            f"out[c][i] = (image[i][c] - {low}) / ({high} - {low}) * 255 - 128, rounded and held"
        )
        line = (
            f"const double value = ((double){at} - ({low})) / ({high} - ({low}));\n"
            "            const double above = value > 0.0 ? value : 0.0;\n"
            "            const float unit = (float)(above < 1.0 ? above : 1.0);\n"
            f"            {to}(int8_t)((int)((double)unit * 255.0 + 0.5) - 128);"
        )
    return f"""/* {equation} */
static void enter(const {taken(model.description)} *image, int8_t *out)
{{
{table}    for (int c = 0; c < {channels}; c++) {{
        for (int i = 0; i < {height * width}; i++) {{
            {line}
        }}
    }}
}}

"""


def _predict(model: Quantized, name: str, called: dict[int, str]) -> str:
    """Return both functions of the header."""
    description, memory = model.description, _memory(model)
    back, gives = answers(description)
    last = model.steps[-1]
    values = {0: description.pixels.shape}
    values |= {one.step.output: one.step.gives for one in model.steps if not one.is_last}
    lines = [f"float logits[{description.outputs}];", "enter(image, value_0);"]
    for one in model.steps:
        if one.step.output in called:
            inputs = ", ".join(f"value_{value}" for value in one.step.inputs)
            to = "logits" if one.is_last else f"value_{one.step.output}"
            lines.append(f"{called[one.step.output]}({inputs}, {to});")
    if not last.is_last:
        step, zero = number(last.gives.step), last.gives.zero
        count = math.prod(last.step.gives)
        lines.append(
            f"for (int k = 0; k < {count}; k++) {{\n        logits[k] = "
            f"(float)(value_{last.step.output}[k] - ({zero})) * {step};\n    }}"
        )
    places = [
        f"int8_t *const value_{k} = work + {memory.offsets[k]}; /* {' x '.join(map(str, shape))} */"
        for k, shape in values.items()
        if any(re.search(rf"\bvalue_{k}\b", line) for line in lines)
    ]
    lines = [*places, *lines]
    returns = "return " if back == "int" else ""
    lines.append(f"{returns}leave(logits, {gives});")
    plain, given = prototypes(description, name, "int8_t")
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"{given}\n{{\n{body}}}\n\n{plain}\n{{\n    int8_t work[{name.upper()}_WORK];\n"
        f"    {returns}{name}_predict_in(image, work, {gives});\n}}\n"
    )
