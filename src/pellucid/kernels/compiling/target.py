"""What machine code is made for: processor, its features, width of vectors, Numba's options.

Two processes that differ in any of them may give results that differ in their last bits, so caches
of code, workers elsewhere and checkpoints compare it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pellucid.console import some
from pellucid.files.versions import current_versions

__all__ = ["made_with", "target", "told_apart"]

FEATURES = "features"
"""The entry that is a list of names, of which only those that differ are told."""

_NAMES = 4
"""How many of them."""


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
        FEATURES: ",".join(sorted(name[1:] for name in features.split(",") if name[:1] == "+")),
    }


def made_with() -> dict[str, str]:
    """Return all that the last bits of a training here depend on: versions, and the target."""
    return current_versions() | target()


def told_apart(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Return how two of these differ, in words; ``""`` where they don't.

    What only one of them tells, such as a file of an older version, says nothing.

    Examples
    --------
    >>> there = {"processor": "skylake", "features": "avx,avx2,fma"}
    >>> told_apart(there, {"processor": "znver4", "features": "avx,fma", "vectors": "8 floats"})
    'processor: skylake there, znver4 here; features: with avx2 there, without here'
    """
    apart = []
    for name, own in here.items():
        other = str(there.get(name, own))
        if other != own:
            pair = _features_apart(other, own) if name == FEATURES else (other, own)
            apart.append(f"{name}: {pair[0]} there, {pair[1]} here")
    return "; ".join(apart)


def _features_apart(there: str, here: str) -> tuple[str, str]:
    """Return what only either of two processors can do, as a phrase for each."""
    a, b = set(there.split(",")), set(here.split(","))
    first, second = some(sorted(a - b), _NAMES), some(sorted(b - a), _NAMES)
    return f"with {first}" if first else "without", f"with {second}" if second else "without"
