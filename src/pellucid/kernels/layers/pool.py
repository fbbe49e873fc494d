"""What the ops of pooling layers have in common."""

from __future__ import annotations

from pellucid.kernels.program.arena import View
from pellucid.kernels.program.one_image import Pixels
from pellucid.network.layers.pool import Pool

__all__ = ["clipped_fields", "pool_fields"]


def pool_fields(layer: Pool, view: View | Pixels, name: str) -> dict[str, int]:
    """Return the fields for the unpooled array of a pool, from the corner of its border."""
    step, pool, (top, left) = layer.stride_pair, layer.pool_pair, layer.pad_pair
    fields = view.fields(name)
    row, column = fields[f"{name}_row"], fields[f"{name}_column"]
    return {
        "pool_rows": pool[0],
        "pool_columns": pool[1],
        **fields,
        name: view.start - top * row - left * column,
        f"{name}_step_row": step[0] * row,
        f"{name}_step_column": step[1] * column,
    }


def clipped_fields(layer: Pool, view: View | Pixels, name: str) -> dict[str, int]:
    """Return the fields for the unpooled array of a pool whose windows end where it does."""
    step, pool, (top, left) = layer.stride_pair, layer.pool_pair, layer.pad_pair
    return {
        "pool_rows": pool[0],
        "pool_columns": pool[1],
        "step_row": step[0],
        "step_column": step[1],
        "top": top,
        "left": left,
        **view.fields(name),
        f"{name}_rows": view.shape[1],
        f"{name}_columns": view.shape[2],
    }
