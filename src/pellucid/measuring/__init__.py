"""How speed is measured: rates over whole steps, work counted from shapes, sgemm as the yardstick.

``pellucid bench`` prints this machine's own figures; the folder ``benchmarks`` measures the peers
with the same tools.
"""

from typing import TYPE_CHECKING

from pellucid._lazy import lazy_names

if TYPE_CHECKING:
    from pellucid.measuring.own import Figure, own_figures

__all__ = ["Figure", "own_figures"]

# What is measured needs Numba; who only lists the commands does not wait for it.
__getattr__ = lazy_names(__name__, {"pellucid.measuring.own": ("Figure", "own_figures")})
