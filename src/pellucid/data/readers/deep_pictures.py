"""The range of pictures of more than 8 bits, found over all of a set, and said."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from pellucid.console import Say
from pellucid.data.readers.picture_file import Content, PictureError
from pellucid.data.readers.picture_pixels import Depth, deep_ends
from pellucid.errors import DataError
from pellucid.images.deep import FULL, UNIT, Ends, deep_range_of

__all__ = ["find_deep_range"]

DeepPictures = Iterable[tuple[Content, Depth]]
"""Pictures of more than 8 bits, each with what its values are."""


def find_deep_range(name: str, pictures: DeepPictures, tell: Say) -> tuple[float, float] | None:
    """Return the values that become 0 and 255, or None where no picture can be read.

    Parameters
    ----------
    name : str
        What to call the pictures.
    pictures : iterable of (Path or bytes, str)
        All of them that are deep.
    tell : callable
        Is told the range, unless it is the usual one.

    Raises
    ------
    DataError
        Some are whole numbers and some are floats.
    """
    found: dict[Depth, list[Ends]] = {}
    for content, depth in pictures:
        with contextlib.suppress(PictureError):  # it is told when it is decoded
            ends = deep_ends(content)
            found.setdefault(depth, []).append(ends)
    if not found:
        return None
    if len(found) > 1:
        raise DataError(
            f"{name}: {len(found['float']):,} of its pictures hold floats, {len(found['whole']):,} "
            "hold whole numbers of more than 8 bits, which have no range in common; save all alike."
        )
    (depth, all_ends), *_ = found.items()
    low, high = deep_range_of(all_ends, are_floats=depth == "float")
    if (low, high) != (UNIT if depth == "float" else FULL):
        least, most = min(e.low for e in all_ends), max(e.high for e in all_ends)
        kind = "of floats" if depth == "float" else "of more than 8 bits"
        tell(
            f"{name}: of its pictures {kind} the values from {low:g} to {high:g} become 0 to 255 "
            f"(they hold {least:g} to {most:g})."
        )
    return low, high
