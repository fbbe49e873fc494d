"""What exports to C have in common: the opening, the header, names, and what the answer is."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from pellucid.export.c_writing import number
from pellucid.export.description import Description

__all__ = ["SPAN", "Needs", "answers", "header", "leave", "names", "opening", "prototypes", "taken"]


def _commented(text: str) -> str:
    """Return text that can't end a comment, nor begin another line or character."""
    plain = re.sub(r"[^ -~]|[?\\]", ".", text)
    return plain.replace("*/", "* /").replace("/*", "/ *")


def opening(description: Description, name: str, what: str, more: str = "") -> str:
    """Return the comment that a file begins with; ``more`` are lines behind it."""
    told = {key: _commented(text) for key, text in description.told().items()}
    return (
        f"/* {name}: {what}, exported by {told['made by']}.\n"
        f"   It takes an image of {told['image']}.\n"
        f"   Mind: {told['before']}.\n"
        f"   Fingerprint of the model: {told['fingerprint']}.{more} */\n"
    )


def taken(description: Description) -> str:
    """Return the type of a pixel."""
    return "uint8_t" if description.pixels.kind == "uint8" else "float"


def answers(description: Description) -> tuple[str, str]:
    """Return the type that predict returns, and what its array holds."""
    kinds = {
        "classes": ("int", "probabilities"),
        "labels": ("void", "probabilities"),
        "numbers": ("void", "numbers"),
    }
    return kinds[description.kind]


def prototypes(description: Description, name: str, work: str) -> tuple[str, str]:
    """Return both functions' heads; ``work`` is the type of the memory."""
    back, gives = answers(description)
    image = f"const {taken(description)} *image"
    return (
        f"{back} {name}_predict({image}, float *{gives})",
        f"{back} {name}_predict_in({image}, {work} *work, float *{gives})",
    )


class Needs(NamedTuple):
    """What an export needs.

    Attributes
    ----------
    work : "float" or "int8_t"
        The type of the memory.
    size : int
        How many of these a prediction needs.
    weights : int
        Bytes of constants.
    local : int
        Bytes, about, that a function's own arrays take of the stack.
    """

    work: str
    size: int
    weights: int
    local: int


def header(description: Description, name: str, needs: Needs, more: str = "") -> str:
    """Return the header.

    Parameters
    ----------
    description : Description
    name : str
        What functions are called after.
    needs : Needs
    more : str
        Lines behind the opening comment.
    """
    upper, (channels, height, width) = name.upper(), description.pixels.shape
    work, size, weights, local = needs
    plain, given = prototypes(description, name, work)
    _, gives = answers(description)
    what, bytes_each = ("Floats", 4) if work == "float" else ("Bytes", 1)
    returned = {
        "classes": "Returns the place of the most probable class, from 0, and writes each "
        "class's probability.",
        "labels": "Writes each label's probability; an image has those above 0.5.",
        "numbers": "Writes the numbers, in the units that they were learned in.",
    }[description.kind]
    called = "" if description.kind == "numbers" else (
        f"/* What the {description.kind} are called, in UTF-8. */\n"
        f"extern const char *const {name}_names[{upper}_OUTPUTS];\n\n"
    )  # fmt: skip
    order = "row by row" if channels == 1 else "row by row, the channels of a pixel together"
    return f"""{opening(description, name, "a convolutional network", more)}
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#define {upper}_HEIGHT {height}
#define {upper}_WIDTH {width}
#define {upper}_CHANNELS {channels}
#define {upper}_OUTPUTS {description.outputs}

/* {what} of memory that a prediction works in; {bytes_each * size:,} bytes. */
#define {upper}_WORK {size}
/* Bytes of constants. */
#define {upper}_WEIGHTS {weights}
/* Bytes, about, that its functions take of the stack for arrays of their own. */
#define {upper}_STACK {local}

#ifdef __cplusplus
extern "C" {{
#endif

{called}/* {returned}
   The image lies {order}: HEIGHT * WIDTH * CHANNELS values.
   There is room for OUTPUTS {gives}. The memory it works in is on the stack. */
{plain};

/* The same, in memory of the caller's: WORK {what.lower()}, whatever is in them. */
{given};

#ifdef __cplusplus
}}
#endif

#endif
"""


SPAN = """\
/* The first output column whose tap lies inside the image, and the first beyond it. */
static int first_inside(int tap, int stride)
{
    return tap >= 0 ? 0 : (stride - 1 - tap) / stride;
}

static int end_inside(int tap, int stride, int size, int columns)
{
    const int end = tap >= size ? 0 : (size - 1 - tap) / stride + 1;
    return end < columns ? end : columns;
}

"""


def names(description: Description, name: str) -> str:
    """Return the array of what classes or labels are called."""
    if description.kind == "numbers":
        return ""
    called = ",\n    ".join(_quoted(str(label)) for label in description.labels)
    return f"const char *const {name}_names[{name.upper()}_OUTPUTS] = {{\n    {called}\n}};\n\n"


def _quoted(text: str) -> str:
    """Return text as a string of C: what is no plain letter by its bytes."""
    plain = (chr(b) if (chr(b).isalnum() and b < 128) or b in b" -_.,:" else f"\\{b:03o}"
             for b in text.encode())  # fmt: skip
    return f'"{"".join(plain)}"'


_SOFTMAX = """\
/* probabilities[k] = exp(in[k]) / sum over l of exp(in[l]); returns where it is largest. */
static int leave(const float *in, float *probabilities)
{
    int best = 0;
    for (int k = 1; k < COUNT; k++) {
        best = in[k] > in[best] ? k : best;
    }
    float sum = 0.0f, lost = 0.0f;
    for (int k = 0; k < COUNT; k++) {
        probabilities[k] = expf(in[k] - in[best]);
        /* What rounding takes from the sum is carried along. */
        const float part = probabilities[k] - lost, longer = sum + part;
        lost = (longer - sum) - part;
        sum = longer;
    }
    for (int k = 0; k < COUNT; k++) {
        probabilities[k] /= sum;
    }
    return best;
}

"""

_SIGMOID = """/* probabilities[k] = 1 / (1 + exp(-in[k])) */
static void leave(const float *in, float *probabilities)
{
    for (int k = 0; k < COUNT; k++) {
        probabilities[k] = 1.0f / (1.0f + expf(-in[k]));
    }
}

"""


def leave(description: Description) -> str:
    """Return the function that makes the answer of what the last layer gives."""
    count = str(description.outputs)
    if description.kind == "classes":
        return _SOFTMAX.replace("COUNT", count)
    if description.kind == "labels":
        return _SIGMOID.replace("COUNT", count)
    ones = np.ones(description.outputs)
    mean = 0 * ones if description.mean is None else description.mean
    deviation = ones if description.deviation is None else description.deviation
    tables = "".join(
        f"    static const float {name}[{count}] = {{{', '.join(map(number, values))}}};\n"
        for name, values in (("mean", mean), ("deviation", deviation))
    )
    return (
        "/* numbers[k] = in[k] * deviation[k] + mean[k] */\n"
        f"static void leave(const float *in, float *numbers)\n{{\n{tables}"
        f"    for (int k = 0; k < {count}; k++) {{\n"
        "        numbers[k] = in[k] * deviation[k] + mean[k];\n    }\n}\n\n"
    )
