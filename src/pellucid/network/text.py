"""Layers as a short text, as ``pellucid summary`` prints them, and back; nothing is executed."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from pellucid.errors import NetworkError, PellucidError, did_you_mean
from pellucid.network.layers import LAYERS, Layer
from pellucid.network.summary import describe

__all__ = ["layers_from_text", "layers_to_text"]

LONGEST = 100_000
"""Characters of a text that is read."""

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in LAYERS}


def layers_to_text(layers: Iterable[Layer]) -> str:
    """Return layers as a text that :func:`layers_from_text` reads back, how they start included.

    Examples
    --------
    >>> from pellucid import Conv2D, Dense, Flatten, ReLU
    >>> layers_to_text([Conv2D(8, 3, padding="same"), ReLU(), Flatten(), Dense(10, bias=0.1)])
    "Conv2D(8, 3, padding='same'), ReLU(), Flatten(), Dense(10, bias=0.1)"
    """
    return ", ".join(describe(layer, with_start=True) for layer in layers)


def layers_from_text(text: str) -> list[Layer]:
    """Return the layers that a text names, one after another.

    They are written as in Python, or as a summary prints them: with commas or on lines of their
    own, with or without brackets around them. Words need no quotes, and a layer without settings no
    parentheses.

    Parameters
    ----------
    text : str
        For example ``"Conv2D(8, 3, padding=same), ReLU, Flatten, Dense(10)"``.

    Returns
    -------
    list of Layer

    Raises
    ------
    NetworkError
        Text that names no layers, a layer that is not known, or settings that it does not have.

    Examples
    --------
    >>> layers_from_text("Conv2D(8, 3, padding=same), ReLU, MaxPool2D(2)")[1:]
    [ReLU(), MaxPool2D(pool_size=(2, 2), stride=(2, 2), padding=(0, 0))]
    """
    if len(text) > LONGEST:
        raise NetworkError(
            f"The layers are a text of {len(text):,} characters; at most {LONGEST:,} are read."
        )
    found = _parsed(text)
    if len(found) == 1 and isinstance(found[0], ast.List):
        found = found[0].elts
    if not found:
        raise NetworkError(
            "There are no layers; name some, such as 'Conv2D(16, 3), ReLU, Flatten, Dense(10)'."
        )
    try:
        return [_layer(part) for part in found]
    except RecursionError:
        raise NetworkError("The layers stand too deep inside one another.") from None


def _parsed(text: str) -> list[ast.expr]:
    """Return the parts of a text, as Python would see them."""
    # Layers on lines of their own, as a summary has them, need no commas.
    joined = re.sub(r"([\w)\]])[ \t]*(?:\r?\n[ \t]*)+(?=[A-Za-z])", r"\1, ", text.strip())
    try:
        tree = ast.parse(f"[{joined}]", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = getattr(error, "offset", None)
        near = f" near {joined[max(0, where - 12) : where + 8]!r}" if where else ""
        raise NetworkError(
            f"The layers {text!r:.200} can't be read{near}; write them as in 'Conv2D(16, 3), ReLU, "
            "Flatten, Dense(10)'."
        ) from None
    body = tree.body
    if not isinstance(body, ast.List):  # "1][0" would close the bracket around it
        raise NetworkError(f"The layers {text!r:.200} can't be read; they are no list.")
    return body.elts


def _layer(part: ast.expr) -> Layer:
    """Return the layer of a call such as ``Conv2D(8, 3)``, or of its name alone."""
    call = part if isinstance(part, ast.Call) else ast.Call(part, [], [])
    name = call.func.id if isinstance(call.func, ast.Name) else None
    if name not in _KINDS:
        said = ast.unparse(part)
        hint = did_you_mean(name or said, _KINDS)
        raise NetworkError(
            f"{said[:200]!r} is no layer; there are {', '.join(_KINDS)}.{hint}"
        )  # fmt: skip
    kind = _KINDS[name]
    values = [_value(name, each) for each in call.args]
    settings = {}
    known = [field.name for field in dataclasses.fields(kind)]
    for each in call.keywords:
        if each.arg not in known:
            hint = did_you_mean(str(each.arg), known)
            raise NetworkError(
                f"{name} has no setting {each.arg!r}; it has {', '.join(known) or 'none'}.{hint}"
            )
        settings[each.arg] = _value(name, each.value)
    try:
        made: Layer = kind(*values, **settings)
    except TypeError:
        raise NetworkError(
            f"{ast.unparse(part)[:200]} has too many settings or too few; {name} takes "
            f"{', '.join(known) or 'none'}."
        ) from None
    except NetworkError:
        raise
    except PellucidError as error:
        raise NetworkError(str(error)) from error
    return made


def _value(name: str, part: ast.expr) -> Any:
    """Return a setting: a number, a word, a pair, layers, True, False or None."""
    if isinstance(part, ast.Name) and part.id not in _KINDS:
        return part.id  # a word that needs no quotes
    if isinstance(part, ast.List) or (
        isinstance(part, ast.Tuple) and any(isinstance(each, ast.Call) for each in part.elts)
    ):
        return [_layer(each) for each in part.elts]
    try:
        return ast.literal_eval(part)
    except (ValueError, TypeError, MemoryError, RecursionError):
        raise NetworkError(
            f"{name} has the setting {ast.unparse(part)[:200]!r}; it must be a number, a word, a "
            "pair such as (3, 5), or layers in brackets."
        ) from None
