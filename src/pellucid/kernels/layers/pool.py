"""What the ops of pooling layers have in common."""

from __future__ import annotations

from pellucid.kernels.program.arena import View
from pellucid.network.layers.pool import Pool

__all__ = ["pool_fields"]


def pool_fields(layer: Pool, view: View, name: str) -> dict[str, int]:
    """Return the fields for the unpooled array of a pool."""
    step, pool = layer.stride_pair, layer.pool_pair
    return {
        "pool_rows": pool[0],
        "pool_columns": pool[1],
        **view.fields(name),
        f"{name}_step_row": step[0] * view.row,
        f"{name}_step_column": step[1] * view.column,
    }
