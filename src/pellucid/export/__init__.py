"""Models in other formats, each with its proof, and what comes from them.

Comes in: a model, or a fitted estimator. Goes out: a file for another program, with ten test
vectors. ``description`` is what every exporter reads, ``proof`` compares what both say.
"""

from typing import TYPE_CHECKING

from pellucid._lazy import lazy_names

if TYPE_CHECKING:
    from pellucid.export.c_file import to_c
    from pellucid.export.exported import Export
    from pellucid.export.int8_cost import Int8, Int8Cost
    from pellucid.export.onnx_file import to_onnx
    from pellucid.export.proof import Comparison
    from pellucid.export.torch_file import to_torch

__all__ = ["Comparison", "Export", "Int8", "Int8Cost", "to_c", "to_onnx", "to_torch"]

__getattr__ = lazy_names(
    __name__,
    {
        "pellucid.export.c_file": ("to_c",),
        "pellucid.export.exported": ("Export",),
        "pellucid.export.int8_cost": ("Int8", "Int8Cost"),
        "pellucid.export.onnx_file": ("to_onnx",),
        "pellucid.export.proof": ("Comparison",),
        "pellucid.export.torch_file": ("to_torch",),
    },
)


def __dir__() -> list[str]:
    return list(__all__)
