"""One image in C: what Pellucid writes, and what emx-onnx-cgen writes of the same network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.onnx_inference import onnx_model
from pellucid import Model, Network, Preprocessing
from pellucid.export import to_c

__all__ = ["COMPILERS", "Latency", "builds", "measure"]

COMPILERS = ("gcc", "clang")
FLAGS = ("-std=c99", "-D_POSIX_C_SOURCE=199309L", "-O3", "-march=native")

_TIMING = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
$declared
static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
/* Takes seconds and an image on standard input; prints the median, the 99th percentile, and what
   the network says. */
int main(int argc, char **argv)
{
    static uint8_t image[$pixels];
    static double took[200000];
    float said[$outputs] = {0};
    const double end = now() + (argc > 1 ? atof(argv[1]) : 0.1);
    int count = 0;
    if (fread(image, 1, sizeof image, stdin) != sizeof image) return 1;
    for (int k = 0; k < 100; k++) { $call; }
    do {
        const double start = now();
        $call;
        took[count++] = now() - start;
    } while (now() < end && count < 200000);
    qsort(took, (size_t)count, sizeof took[0], by_size);
    printf("%.9g %.9g", took[count / 2], took[count * 99 / 100]);
    for (int k = 0; k < $outputs; k++) printf(" %.9g", (double)said[k]);
    return 0;
}
"""


class Latency(NamedTuple):
    """What one image takes, in seconds: the median and the 99th percentile."""

    median: float
    slow: float


def builds(
    network: Network, parameters: NDArray[np.float32], folder: Path
) -> tuple[dict[str, Path], list[str]]:
    """Compile what there is to measure; return the programs, and lines about what there is not."""
    sources, failed = {"Pellucid's C": _ours(network, parameters, folder)}, []
    try:
        sources["emx-onnx-cgen's C"] = _emx(network, parameters, folder)
    except (OSError, subprocess.CalledProcessError) as error:
        failed.append(f"emx-onnx-cgen: {error}")
    programs = {}
    for compiler in COMPILERS:
        if shutil.which(compiler) is None:
            failed.append(f"{compiler} is not installed")
            continue
        for name, (source, declared, call) in sources.items():
            program = folder / f"{source.stem}_{compiler}"
            timing = _TIMING.replace("$declared", declared).replace("$call", call)
            timing = timing.replace("$pixels", str(int(np.prod(network.input_shape))))
            main = folder / f"time_{source.stem}.c"
            main.write_text(timing.replace("$outputs", str(network.classes)))
            command = [compiler, *FLAGS, str(main), str(source), "-lm", "-o", str(program)]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
            if done.returncode:
                failed.append(f"{name}, {compiler}: {' '.join(done.stderr.split())[:200]}")
            else:
                programs[f"{name}, {compiler} -O3 -march=native"] = program
    return programs, failed


def _ours(
    network: Network, parameters: NDArray[np.float32], folder: Path
) -> tuple[Path, str, str]:  # fmt: skip
    names = tuple(map(str, range(network.classes)))
    model = Model(network, parameters, Preprocessing(network.input_shape), names)
    source = to_c(model, folder / "ours.c").paths[0]
    return source, '#include "ours.h"', "ours_predict(image, said)"


def _emx(
    network: Network, parameters: NDArray[np.float32], folder: Path
) -> tuple[Path, str, str]:  # fmt: skip
    graph, source = folder / "theirs.onnx", folder / "theirs.c"
    model = onnx_model(network, parameters, is_float=False)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    graph.write_bytes(model.SerializeToString())
    found = shutil.which("emx-onnx-cgen", path=str(Path(sys.executable).parent)) or shutil.which(
        "emx-onnx-cgen"
    )
    if found is None:
        raise FileNotFoundError("it is not installed")
    command = [found, "compile", str(graph), str(source), "--large-weight-threshold", "0"]
    subprocess.run(command, check=True, capture_output=True)  # weights in the source, as ours are
    image = "".join(f"[{side}]" for side in network.input_shape)
    outputs = network.classes
    declared = f"void model(const uint8_t images[1]{image}, float said[1][{outputs}]);"
    call = f"model((const uint8_t (*){image})image, (float (*)[{outputs}])said)"
    return source, declared, call


def measure(
    program: Path, image: NDArray[np.uint8], seconds: float
) -> tuple[Latency, NDArray[np.float64]]:
    """Return what an image takes in a program, and the probabilities that it gives."""
    given = np.ascontiguousarray(image).tobytes()
    done = subprocess.run(
        [str(program), str(seconds)], input=given, capture_output=True, check=True
    )  # fmt: skip
    median, slow, *said = map(float, done.stdout.split())
    return Latency(median, slow), np.array(said)
