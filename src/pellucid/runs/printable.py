"""Names as a terminal may show them."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    r"""Return text in which nothing is a command to a terminal: what can't be printed is a "?".

    Examples
    --------
    >>> printable("\x1b[31mred.png")
    '?[31mred.png'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)
