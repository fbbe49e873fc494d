"""A line in a notebook's cell that is written anew in its place, as terminals do with a bar."""

from __future__ import annotations

import sys
import time
from typing import Any

__all__ = ["Line", "in_notebook", "text_bar"]

_WIDTH = 24

# A notebook is written to over a network: five times a second, at most.
_PAUSE = 0.2


def in_notebook() -> bool:
    """Return whether this code runs in a cell of a notebook.

    Examples
    --------
    >>> in_notebook()
    False
    """
    shells = sys.modules.get("IPython.core.getipython")
    shell = shells.get_ipython() if shells is not None else None
    return hasattr(shell, "kernel")


def text_bar(share: float) -> str:
    """Return a bar of letters that is full by a share.

    Examples
    --------
    >>> text_bar(0.5)
    '████████████            '
    """
    full = round(_WIDTH * min(1.0, max(0.0, share)))
    return "█" * full + " " * (_WIDTH - full)


class Line:
    """One line of a cell's output; it can be used where :func:`in_notebook` says so."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._moved = -_PAUSE

    def write(self, text: str) -> None:
        """Write a text in place of the one before."""
        from IPython.display import display  # there, for a notebook runs this

        content = {"text/plain": text}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(content, raw=True)

    def move(self, text: str, *, is_last: bool) -> None:
        """Write a text, unless another came just before and more will follow."""
        now = time.monotonic()
        if is_last or now - self._moved >= _PAUSE:
            self._moved = now
            self.write(text)

    def clear(self) -> None:
        """Leave nothing of it to see, if it was written at all."""
        if self._handle is not None:
            self.write("")
