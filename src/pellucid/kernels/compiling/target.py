"""What machine code is made for: processor, its features, width of vectors, Numba's options.

Machine code is kept by it, and checkpoints and models tell it. It changes no bit of a result: that
hangs on the versions of what computes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pellucid.files.versions import current_versions

__all__ = ["made_with", "target", "told_apart"]

DECIDING = ("pellucid", "numpy", "numba", "python")
"""The versions that the last bits of a training may hang on."""


@functools.cache
def target() -> dict[str, str]:
    """Return what this process makes machine code for.

    Numba decides: ``NUMBA_CPU_NAME``, ``NUMBA_CPU_FEATURES``, ``NUMBA_OPT`` and their like count.
    """
    # Here, for whoever reads a checkpoint's settings need not wait for Numba.
    from numba.core import config
    from numba.core.registry import cpu_target

    from pellucid.kernels.compiling.vector import ACCUMULATORS, COLUMNS, FLOATS

    triple, processor, features = cpu_target.target_context.codegen().magic_tuple()
    return {
        "triple": triple,
        "processor": processor,
        "tiles": f"{FLOATS} floats, {COLUMNS} columns, {ACCUMULATORS} sums",
        "optimizing": f"{config.OPT}, loops {config.LOOP_VECTORIZE}, slp {config.SLP_VECTORIZE}",
        "features": ",".join(sorted(name[1:] for name in features.split(",") if name[:1] == "+")),
    }


def made_with() -> dict[str, str]:
    """Return what a training here is made with: versions, and the target."""
    return current_versions() | target()


def told_apart(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Return how the versions differ that bits may hang on, in words; ``""`` where they don't.

    What only one of them tells, such as a file of an older version, says nothing.

    Examples
    --------
    >>> there = {"numpy": "2.3.0", "processor": "skylake"}
    >>> told_apart(there, {"numpy": "2.4.0", "processor": "znver4"})
    'numpy: 2.3.0 there, 2.4.0 here'
    """
    names = [name for name in DECIDING if name in there and name in here]
    return "; ".join(
        f"{name}: {there[name]} there, {here[name]} here"
        for name in names
        if there[name] != here[name]
    )
