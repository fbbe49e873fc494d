"""The formats that a model can be exported to, by their names."""

from __future__ import annotations

import os
from typing import Any

from pellucid.errors import ConfigurationError, did_you_mean
from pellucid.export.c_file import to_c
from pellucid.export.description import Exportable
from pellucid.export.exported import Export
from pellucid.export.onnx_file import to_onnx
from pellucid.export.torch_file import to_torch

__all__ = ["FORMATS", "export_to"]

FORMATS = {"onnx": to_onnx, "c": to_c, "torch": to_torch}
"""What writes each."""


def export_to(model: Exportable, path: str | os.PathLike[str], to: str, **settings: Any) -> Export:
    """Write a model in a format; see :func:`pellucid.export.to_onnx` and its like.

    Raises
    ------
    ConfigurationError
        There is no such format.
    """
    if to not in FORMATS:
        raise ConfigurationError(
            f"to is {to!r}; it must be one of {', '.join(FORMATS)}."
            f"{did_you_mean(str(to), FORMATS)}",
            argument="to",
        )
    return FORMATS[to](model, path, **settings)
