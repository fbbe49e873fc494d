"""The functions of :mod:`pellucid.elementary`, as parts of other compiled functions."""

from __future__ import annotations

from pellucid import elementary
from pellucid.kernels.compiling.compile import compile_part

__all__ = ["cosine_and_sine", "exp", "log", "log1p"]

cosine_and_sine = compile_part(elementary.cosine_and_sine)
exp = compile_part(elementary.exp)
log = compile_part(elementary.log)
log1p = compile_part(elementary.log1p)
