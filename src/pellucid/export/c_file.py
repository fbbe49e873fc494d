"""C99: a model as a header and a source file for a microcontroller, or any other machine."""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path

from pellucid.errors import ExportError
from pellucid.export.c_int8_file import int8_header, int8_source
from pellucid.export.c_layers import CURVES, OVER, Function, function_of
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
from pellucid.export.c_proof import BOUND, EXACT, c_predictor, test_main
from pellucid.export.c_winograd import transforms
from pellucid.export.description import Description, Exportable, description_of
from pellucid.export.exported import Export, write
from pellucid.export.int8_cost import Int8, in_int8
from pellucid.export.int8_reference import int8_answer
from pellucid.export.proof import Predictor
from pellucid.network.layers import Flatten, GroupNorm

__all__ = ["to_c"]


def to_c(
    model: Exportable,
    path: str | os.PathLike[str],
    *,
    pixels: str = "auto",
    int8: Int8 | None = None,
) -> Export:
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
    int8 : Int8, optional
        Images to bring the model to whole numbers of 8 bits by: constants and memory are a quarter,
        and all but the beginning and the end is whole numbers. By default it computes in float32.

    Returns
    -------
    Export
        Whose ``compare(X)`` compiles both files and proves that they say the same; with ``int8``
        the same as NumPy says of these whole numbers, and ``int8`` has what they cost.

    Raises
    ------
    ConfigurationError
        ``model`` is none, or ``pixels`` something else.
    ExportError
        The file's name is no name in C, the model can't be expressed, the files can't be written,
        or ``int8`` loses more than half a point of accuracy.

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
    beside = source.with_suffix(".h")

    def says() -> Predictor:
        return c_predictor(source, name, description)

    if int8 is not None:
        whole, cost = in_int8(description, int8)
        texts = {
            source: int8_source(whole, cost, name), beside: int8_header(whole, cost, name)
        }  # fmt: skip
        paths = write({file: text.encode() for file, text in texts.items()})
        ours = functools.partial(int8_answer, whole)
        return Export("c", paths, description, BOUND, says, cost, ours)
    functions = _functions(description)
    needs = Needs(
        "float",
        _memory(description).floats,
        4 * sum(function.weights for function in functions.values()),
        4 * max((function.local for function in functions.values()), default=0),
    )
    texts = {
        source: _source(description, name, functions),
        beside: header(description, name, needs),
    }
    paths = write({file: text.encode() for file, text in texts.items()})
    return Export("c", paths, description, EXACT if _is_exact(description) else BOUND, says)


def _name(source: Path) -> str:
    name = source.stem
    if source.suffix != ".c" or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name):
        raise ExportError(
            f"The file is {source.name!r}; it must be a name in C with the ending .c, such as "
            "digits.c, for its functions are called after it."
        )
    return name


def _is_exact(description: Description) -> bool:
    """Return whether every sum has the kernels' order, and nothing is the C library's."""
    return not any(
        isinstance(step.layer, CURVES)
        or (isinstance(step.layer, GroupNorm) and step.takes[0] > 32 * step.layer.groups)
        for step in description.steps
    )


def _memory(description: Description) -> Memory:
    return laid_out(description.steps, description.pixels.shape, OVER, Flatten)


_FUSED = """/* a * b + c, rounded once, as Pellucid does: where a PC can't, by double. */
#if defined(FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FUSED(a, b, c) fmaf(a, b, c)
#elif defined(__SSE2__)
#define FUSED(a, b, c) ((float)((double)(a) * (double)(b) + (double)(c)))
#else
#define FUSED(a, b, c) ((a) * (b) + (c))
#endif

"""


def _functions(description: Description) -> dict[str, Function]:
    """Return the layers' functions by their names, in order."""
    steps = [step for step in description.steps if not isinstance(step.layer, Flatten)]
    called = ((f"layer_{place}", step) for place, step in enumerate(steps, start=1))
    return {name: function_of(step, name) for name, step in called}


def _source(description: Description, name: str, written: dict[str, Function]) -> str:
    """Return the source file."""
    steps = [step for step in description.steps if not isinstance(step.layer, Flatten)]
    called = {step.output: f"layer_{place}" for place, step in enumerate(steps, start=1)}
    functions = "".join(function.text for function in written.values())
    return (
        f'{opening(description, name, "a convolutional network")}\n#include "{name}.h"\n\n'
        f"#include <math.h>\n\n{_FUSED}{names(description, name)}{_enter(description)}"
        f"{SPAN if 'first_inside(' in functions else ''}{transforms(functions)}{functions}"
        f"{leave(description)}"
        f"{_predict(description, name, called)}{test_main(description, name, description.vectors)}"
    )


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
static void scale(const {taken(description)} *image, float *out)
{{
    for (int c = 0; c < {channels}; c++) {{
        for (int i = 0; i < {height * width}; i++) {{
            {line}
        }}
    }}
}}

"""


def _predict(description: Description, name: str, called: dict[int, str]) -> str:
    """Return both functions of the header."""
    memory, (back, gives) = _memory(description), answers(description)
    values = {0: description.pixels.shape}
    values |= {step.output: step.gives for step in description.steps}
    lines = ["scale(image, value_0);"]
    for step in description.steps:
        if step.output in called:
            inputs = ", ".join(f"value_{value}" for value in step.inputs)
            lines.append(f"{called[step.output]}({inputs}, value_{step.output});")
    returns = "return " if back == "int" else ""
    lines.append(f"{returns}leave(value_{description.steps[-1].output}, {gives});")
    places = [
        f"float *const value_{k} = work + {memory.offsets[k]}; /* {' x '.join(map(str, shape))} */"
        for k, shape in values.items()
        if any(re.search(rf"\bvalue_{k}\b", line) for line in lines)
    ]
    lines = [*places, *lines]
    plain, given = prototypes(description, name, "float")
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"{given}\n{{\n{body}}}\n\n{plain}\n{{\n    float work[{name.upper()}_WORK];\n"
        f"    {returns}{name}_predict_in(image, work, {gives});\n}}\n"
    )
