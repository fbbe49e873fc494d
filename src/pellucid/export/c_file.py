"""C99: a model as a header and a source file for a microcontroller, or any other machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from pellucid.errors import ExportError
from pellucid.export.c_layers import OVER, function_of, number
from pellucid.export.c_memory import Memory, laid_out
from pellucid.export.c_proof import BOUND, c_predictor, test_main
from pellucid.export.description import Description, Exportable, description_of
from pellucid.export.exported import Export, write
from pellucid.network.layers import Conv2D, Flatten

__all__ = ["to_c"]


def to_c(model: Exportable, path: str | os.PathLike[str], *, pixels: str = "auto") -> Export:
    """Write a model as C99: a source file, and a header beside it.

    ``int NAME_predict(const uint8_t *image, float *probabilities)`` returns the place of the class,
    NAME being the file's name. Weights are constants; nothing is allocated, and there are no
    variables outside of functions. The header states how much memory it needs, which for layers one
    after another is what two neighbors need; ``NAME_predict_in`` takes it from the caller, the
    other from the stack. Of several labels, and of numbers, which it gives in the units of y, both
    return nothing.

    Parameters
    ----------
    model : Model, CNNClassifier or CNNRegressor
        What to write.
    path : path-like
        The source file, such as ``digits.c``; ``digits.h`` lies beside it. Existing ones are
        replaced.
    pixels : {"auto", "uint8", "float32"}, default "auto"
        As for :func:`pellucid.export.to_onnx`. Channels come last.

    Returns
    -------
    Export
        Whose ``compare(X)`` compiles both files and proves that they say the same.

    Raises
    ------
    ConfigurationError
        ``model`` is none, or ``pixels`` something else.
    ExportError
        The file's name is no name in C, the model can't be expressed, or the files can't be
        written.

    Notes
    -----
    With ``NAME_MAIN`` defined the source is a program of its own, which checks its ten test
    vectors.

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import Dense, Flatten, Model, Network, Preprocessing
    >>> network = Network([Flatten(), Dense(2)], (8, 8))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("no", "yes"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export = to_c(model, Path(folder, "digits.c"))
    ...     "int digits_predict(const uint8_t *image," in export.paths[1].read_text()
    True
    """
    description = description_of(model, pixels)
    source = Path(path)
    name = _name(source)
    header = source.with_suffix(".h")
    files = {source: _source(description, name), header: _header(description, name)}
    paths = write({file: text.encode() for file, text in files.items()})
    return Export("c", paths, description, BOUND, lambda: c_predictor(source, name, description))


def _name(source: Path) -> str:
    name = source.stem
    if source.suffix != ".c" or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name):
        raise ExportError(
            f"The file is {source.name!r}; it must be a name in C with the ending .c, such as "
            "digits.c, for its functions are called after it."
        )
    return name


def _commented(text: str) -> str:
    """Return text that can't end a comment, nor begin another line or character."""
    plain = re.sub(r"[^ -~]|[?\\]", ".", text)
    return plain.replace("*/", "* /").replace("/*", "/ *")


def _opening(description: Description, name: str, what: str) -> str:
    told = {key: _commented(text) for key, text in description.told().items()}
    return (
        f"/* {name}: {what}, exported by {told['made by']}.\n"
        f"   It takes an image of {told['image']}.\n"
        f"   Mind: {told['before']}.\n"
        f"   Fingerprint of the model: {told['fingerprint']}. */\n"
    )


def _taken(description: Description) -> str:
    return "uint8_t" if description.pixels.kind == "uint8" else "float"


def _answers(description: Description) -> tuple[str, str]:
    """Return the type that predict returns, and what its array holds."""
    kinds = {
        "classes": ("int", "probabilities"),
        "labels": ("void", "probabilities"),
        "numbers": ("void", "numbers"),
    }
    return kinds[description.kind]


def _memory(description: Description) -> Memory:
    return laid_out(description.steps, description.pixels.shape, OVER, Flatten)


def _prototypes(description: Description, name: str) -> tuple[str, str]:
    back, gives = _answers(description)
    image = f"const {_taken(description)} *image"
    return (
        f"{back} {name}_predict({image}, float *{gives})",
        f"{back} {name}_predict_in({image}, float *work, float *{gives})",
    )


def _header(description: Description, name: str) -> str:
    """Return the header."""
    upper, (channels, height, width) = name.upper(), description.pixels.shape
    plain, given = _prototypes(description, name)
    _, gives = _answers(description)
    work = _memory(description).floats
    weights = sum(array.size for step in description.steps for array in step.arrays.values())
    returned = {
        "classes": "Returns the place of the most probable class, from 0, and writes each "
        "class's probability.",
        "labels": "Writes each label's probability; an image has those above 0.5.",
        "numbers": "Writes the numbers, in the units that they were learned in.",
    }[description.kind]
    names = "" if description.kind == "numbers" else (
        f"/* What the {description.kind} are called, in UTF-8. */\n"
        f"extern const char *const {name}_names[{upper}_OUTPUTS];\n\n"
    )  # fmt: skip
    order = "row by row" if channels == 1 else "row by row, the channels of a pixel together"
    return f"""{_opening(description, name, "a convolutional network")}
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#define {upper}_HEIGHT {height}
#define {upper}_WIDTH {width}
#define {upper}_CHANNELS {channels}
#define {upper}_OUTPUTS {description.outputs}

/* Floats of memory that a prediction works in; {4 * work:,} bytes. */
#define {upper}_WORK {work}
/* Bytes of constants. */
#define {upper}_WEIGHTS {4 * weights}

#ifdef __cplusplus
extern "C" {{
#endif

{names}/* {returned}
   The image lies {order}: HEIGHT * WIDTH * CHANNELS values.
   There is room for OUTPUTS {gives}. The memory it works in is on the stack. */
{plain};

/* The same, in memory of the caller's: WORK floats, whatever is in them. */
{given};

#ifdef __cplusplus
}}
#endif

#endif
"""


_FUSED = """/* a * b + c, rounded once where the target can do that, as Pellucid does. */
#if defined(FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FUSED(a, b, c) fmaf(a, b, c)
#else
#define FUSED(a, b, c) ((a) * (b) + (c))
#endif

"""

_SPAN = """\
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


def _source(description: Description, name: str) -> str:
    """Return the source file."""
    steps = [step for step in description.steps if not isinstance(step.layer, Flatten)]
    called = {step.output: f"layer_{place}" for place, step in enumerate(steps, start=1)}
    functions = "".join(function_of(step, called[step.output]) for step in steps)
    has_sides = any(
        isinstance(step.layer, Conv2D) and any(step.layer.pads(step.takes)[1]) for step in steps
    )
    return (
        f'{_opening(description, name, "a convolutional network")}\n#include "{name}.h"\n\n'
        f"#include <math.h>\n\n{_FUSED}{_names(description, name)}{_enter(description)}"
        f"{_SPAN if has_sides else ''}{functions}{_leave(description)}"
        f"{_predict(description, name, called)}{test_main(description, name)}"
    )


def _names(description: Description, name: str) -> str:
    if description.kind == "numbers":
        return ""
    names = ",\n    ".join(_quoted(str(label)) for label in description.labels)
    return f"const char *const {name}_names[{name.upper()}_OUTPUTS] = {{\n    {names}\n}};\n\n"


def _quoted(text: str) -> str:
    """Return text as a string of C: what is no plain letter by its bytes."""
    plain = (chr(b) if (chr(b).isalnum() and b < 128) or b in b" -_.,:" else f"\\{b:03o}"
             for b in text.encode())  # fmt: skip
    return f'"{"".join(plain)}"'


def _enter(description: Description) -> str:
    """Return the function that makes channels of numbers from 0 to 1 of an image."""
    pixels, (channels, height, width) = description.pixels, description.pixels.shape
    at = "i" if channels == 1 else f"i * {channels} + c"
    if pixels.are_bytes:
        equation = "out[c][i] = image[i][c] / 255"
        line = f"out[c * {height * width} + i] = (float)image[{at}] * (1.0f / 255.0f);"
    else:
        low, high = f"{pixels.low!r}", f"{pixels.high!r}"
        equation = f"out[c][i] = (image[i][c] - {low}) / ({high} - {low}), but from 0 to 1"
        line = (
            f"const double value = ((double)image[{at}] - ({low})) / ({high} - ({low}));\n"
            "            const double held = value > 0.0 ? value : 0.0;\n"
            f"            out[c * {height * width} + i] = (float)(held < 1.0 ? held : 1.0);"
        )
    return f"""/* {equation} */
static void scale(const {_taken(description)} *image, float *out)
{{
    for (int c = 0; c < {channels}; c++) {{
        for (int i = 0; i < {height * width}; i++) {{
            {line}
        }}
    }}
}}

"""


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


def _leave(description: Description) -> str:
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


def _predict(description: Description, name: str, called: dict[int, str]) -> str:
    """Return both functions of the header."""
    memory, (back, gives) = _memory(description), _answers(description)
    values = {0: description.pixels.shape}
    values |= {step.output: step.gives for step in description.steps}
    lines = [
        f"float *const value_{k} = work + {memory.offsets[k]}; /* {' x '.join(map(str, shape))} */"
        for k, shape in values.items()
    ]
    lines.append("scale(image, value_0);")
    for step in description.steps:
        if step.output in called:
            inputs = ", ".join(f"value_{value}" for value in step.inputs)
            lines.append(f"{called[step.output]}({inputs}, value_{step.output});")
    returns = "return " if back == "int" else ""
    lines.append(f"{returns}leave(value_{description.steps[-1].output}, {gives});")
    plain, given = _prototypes(description, name)
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"{given}\n{{\n{body}}}\n\n{plain}\n{{\n    float work[{name.upper()}_WORK];\n"
        f"    {returns}{name}_predict_in(image, work, {gives});\n}}\n"
    )
