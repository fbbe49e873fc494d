"""Compilers that are here, and flags under which an export must compile without a word."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pellucid.export.c_proof import FLAGS, answer_of, compiled

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
STRICT = (*FLAGS, "-Wshadow", "-Wdouble-promotion", "-Wundef", "-Wstrict-prototypes")
SANITIZED = (
    "-std=c99", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
)  # fmt: skip


def builds(compiler, *flags, line="int main(void) { return 0; }"):
    """Return whether a compiler makes a program of a line, with its libraries."""
    done = subprocess.run(
        [compiler, *flags, "-x", "c", "-", "-o", "/dev/null"], input=line.encode(),
        capture_output=True,
    )  # fmt: skip
    return done.returncode == 0


SANITIZING = [name for name in COMPILERS if builds(name, *SANITIZED)]
FUSED = "#ifndef __FMA__\n#ifndef __ARM_FEATURE_FMA\n#error none\n#endif\n#endif\n"

needs_compiler = pytest.mark.skipif(not COMPILERS, reason="no C compiler is installed")

needs_sanitizers = pytest.mark.skipif(not SANITIZING, reason="no compiler has sanitizers here")
needs_fused = pytest.mark.skipif(
    not COMPILERS
    or not builds(COMPILERS[0], "-march=native", line=f"{FUSED}int main(void) {{ return 0; }}"),
    reason="no compiler here, or a processor that does not fuse multiply-adds",
)


def program(export, folder, *flags, compiler=None):
    """Compile an export; return the program."""
    built = Path(folder, "program")
    compiled(export.paths[0], built, *flags, compiler=compiler or COMPILERS[0])
    return built


def says(export, images, folder, *flags, compiler=None):
    built = program(export, folder, *flags, compiler=compiler)
    return answer_of([str(built)], images, export.description)


def checks_itself(export, folder, *flags, compiler=None):
    """Return what the program says of its own test vectors, after it said that they are right."""
    done = subprocess.run([program(export, folder, *flags, compiler=compiler)], capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.decode()
