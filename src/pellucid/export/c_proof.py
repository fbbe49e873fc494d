"""The proof of an export to C: the program that a source file is with NAME_MAIN, and its use."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.c_writing import number
from pellucid.export.description import Description
from pellucid.export.proof import Answer, Predictor, Vectors

__all__ = ["BOUND", "EXACT", "FLAGS", "c_predictor", "compiled", "test_main"]

BOUND = 1e-5
"""How far a probability may be off on any target, and after curves, which the C library rounds."""

EXACT = 1e-6
"""The same where all sums have the kernels' order, and multiply-adds are rounded once."""

FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
"""What an export compiles with, without a word."""

_MAIN = """
#ifdef ${NAME}_MAIN

#include <stdio.h>

/* Ten images, and what Pellucid says of them. */
static const $type test_images[10][$size] = {
$images
};
static const float test_outputs[10][$outputs] = {
$answers
};

/* Without an argument: checks the ten images, and returns 1 if one is more than $bound off.
   With one: reads images from the standard input until it ends, and writes for each the place of
   its class, an int32_t, and the floats that predict writes. */
int main(int argc, char **argv)
{
    float outputs[$outputs];
    (void)argv;
    if (argc > 1) {
        static $type image[$size];
        while (fread(image, sizeof image[0], $size, stdin) == $size) {
            $predict
            if (fwrite(&place, sizeof place, 1, stdout) != 1
                || fwrite(outputs, sizeof outputs[0], $outputs, stdout) != $outputs) {
                return 1;
            }
        }
        return 0;
    }
    float largest = 0.0f;
    for (int n = 0; n < 10; n++) {
        const $type *const image = test_images[n];
        $predict
        (void)place;
        for (int k = 0; k < $outputs; k++) {
            const float off = fabsf(outputs[k] - test_outputs[n][k]);
            largest = off <= largest ? largest : off; /* NaN counts */
        }
    }
    printf("10 images, largest difference %g\\n", (double)largest);
    return largest <= $allowed ? 0 : 1;
}

#endif
"""


def test_main(description: Description, name: str, vectors: Vectors) -> str:
    """Return the part of a source file that is a program to test it, on some vectors."""
    is_bytes = description.pixels.kind == "uint8"
    images = vectors.images.transpose(0, 2, 3, 1).reshape(len(vectors.images), -1)
    bound = BOUND
    if description.kind == "numbers":
        bound *= 1.0 if description.deviation is None else float(description.deviation.max())
    call = f"{name}_predict(image, outputs)"
    return Template(_MAIN).substitute(
        NAME=name.upper(),
        type="uint8_t" if is_bytes else "float",
        size=images.shape[1],
        outputs=description.outputs,
        images=_rows([[str(v) if is_bytes else number(v) for v in row] for row in images]),
        answers=_rows([[number(value) for value in row] for row in vectors.outputs]),
        bound=f"{bound:g}",
        allowed=number(bound),
        predict=f"const int32_t place = {call};" if description.kind == "classes"
        else f"const int32_t place = 0;\n            {call};",
    )  # fmt: skip


def _rows(rows: list[list[str]]) -> str:
    written = []
    for row in rows:
        lines = (", ".join(row[k : k + 16]) for k in range(0, len(row), 16))
        written.append("    {" + ",\n     ".join(lines) + "}")
    return ",\n".join(written)


def compiled(source: Path, program: Path, *flags: str, compiler: str | None = None) -> None:
    """Compile an export to a program that tests it.

    Raises
    ------
    ExportError
        There is no compiler, or it refuses the file.
    """
    there = next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    found = compiler or os.environ.get("CC") or there
    if found is None:
        raise ExportError(
            "This needs a C compiler, and neither cc, gcc nor clang is there; install one, or name "
            "yours by the environment variable CC."
        )
    main = f"-D{source.stem.upper()}_MAIN"
    command = [found, *(flags or FLAGS), main, str(source), "-o", str(program), "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise ExportError(f"The C compiler {found} can't be started: {error.strerror}.") from error
    if done.returncode:
        said = " ".join(done.stderr.split())[:300]
        raise ExportError(f"The C compiler {found} refuses {source}: {said}")


def c_predictor(source: Path, name: str, description: Description) -> Predictor:
    """Return what a source file of :func:`pellucid.export.to_c` says of images; it is compiled.

    Raises
    ------
    ExportError
        There is no compiler, it refuses the file, or the program ends early.
    """

    def predict(images: NDArray[Any]) -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, name)
            compiled(source, program)
            return answer_of([str(program)], images, description)

    return predict


def answer_of(command: list[str], images: NDArray[Any], description: Description) -> Answer:
    """Return what a program says of images (n, C, H, W): it is handed them as bytes."""
    given = np.ascontiguousarray(images.transpose(0, 2, 3, 1)).tobytes()
    done = subprocess.run([*command, "-"], input=given, capture_output=True)
    record = np.dtype([("place", np.int32), ("outputs", np.float32, (description.outputs,))])
    if done.returncode or len(done.stdout) != len(images) * record.itemsize:
        raise ExportError(
            f"The exported program ended with {done.returncode} after "
            f"{len(done.stdout) // record.itemsize:,} of {len(images):,} images."
        )
    said = np.frombuffer(done.stdout, record)
    chosen = {"classes": said["place"].astype(np.int64), "numbers": None}.get(
        description.kind, (said["outputs"] > 0.5).astype(np.int64)
    )
    return Answer(said["outputs"], chosen)
