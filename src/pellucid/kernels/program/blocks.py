"""Blocks: how many filters a register tile takes, and in how many parts a dense sum is added up."""

from __future__ import annotations

__all__ = ["PARTS", "REGISTERS", "SUMS", "TOGETHER", "filter_block", "planes", "whole_block"]

PARTS = 4
"""Sums that the inputs of a dense layer's output are dealt out to in turn."""
TOGETHER = 256
"""Inputs that each of them adds up one by one; then such sums are added up, which loses less."""
SUMS, REGISTERS = 25, 32
"""Sums of a register tile, and registers, that the choices are made for on which bits hang: which
way a convolution takes, and which rows are added up together. They are the same on every processor,
whatever its own registers hold (``compiling.vector``)."""


def filter_block(filters: int) -> int:
    """Return how many filters a register tile takes: all of up to 6, else what wastes least.

    Examples
    --------
    >>> [filter_block(n) for n in (1, 5, 6, 10, 16, 32)]
    [1, 5, 6, 5, 8, 8]
    """
    if filters <= 6:
        return filters
    return min((8, 6, 5, 4), key=lambda block: -(-filters // block) * block)


def planes(filters: int) -> int:
    """Return how many channel planes ``filters`` outputs take, the last block filled up."""
    block = filter_block(filters)
    return -(-filters // block) * block


def whole_block(filters: int, most: int = 8) -> int:
    """Return the largest block of up to ``most`` filters that leaves none over.

    That is what one of several groups takes: a block filled up would write over the next group.

    Examples
    --------
    >>> [whole_block(n) for n in (1, 5, 7, 10, 11, 16)]
    [1, 5, 7, 5, 1, 8]
    """
    return next(block for block in range(most, 0, -1) if filters % block == 0)
