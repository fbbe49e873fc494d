"""What machine code is made for: processor, its features, width of vectors, Numba's options.

Two processes that differ in any of them may give results that differ in their last bits, so caches
of code, workers elsewhere and checkpoints compare it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from numba.core import config
from numba.core.registry import cpu_target

from pellucid.files.versions import current_versions
from pellucid.kernels.compiling.vector import LANES

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
    triple, processor, features = cpu_target.target_context.codegen().magic_tuple()
    return {
        "triple": triple,
        "processor": processor,
        "vectors": f"{LANES} floats",
        "optimizing": f"{config.OPT}, loops {config.LOOP_VECTORIZE}, slp {config.SLP_VECTORIZE}",
        FEATURES: ",".join(sorted(name[1:] for name in features.split(",") if name[:1] == "+")),
    }


def made_with() -> dict[str, str]:
    """Return all that the last bits of a training here depend on: versions, and the target."""
    return current_versions() | target()


def told_apart(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the names of what differs, with both values; what only one of the two tells is left.

    Examples
    --------
    >>> there = {"processor": "skylake", "features": "avx,avx2,fma"}
    >>> told_apart(there, {"processor": "skylake", "features": "avx,fma", "vectors": "8 floats"})
    [('features', 'with avx2', 'without')]
    """
    apart = []
    for name, value in ours.items():
        if (other := theirs.get(name, value)) == value:
            continue
        if name == FEATURES:
            apart.append((name, *_features_apart(other, value)))
        else:
            apart.append((name, other, value))
    return apart


def _features_apart(theirs: str, ours: str) -> tuple[str, str]:
    """Return what only either of two processors can do, as a phrase for each."""
    there, here = set(theirs.split(",")), set(ours.split(","))
    first, second = _some(there - here), _some(here - there)
    return f"with {first}" if first else "without", f"with {second}" if second else "without"


def _some(names: set[str]) -> str:
    known = sorted(names)
    more = f" and {len(known) - _NAMES} more" if len(known) > _NAMES else ""
    return ", ".join(known[:_NAMES]) + more
