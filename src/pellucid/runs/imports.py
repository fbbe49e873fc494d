"""A network of an ONNX file as a model of Pellucid's own, and what is told about that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pellucid.console import Say
from pellucid.export.from_onnx import read_onnx
from pellucid.files.model_file import Model, save_model
from pellucid.kernels.compiling.cache import announce_with

__all__ = ["import_model"]


def import_model(source: Path, out: Path, say: Say, **settings: Any) -> Model:
    """Read an ONNX file, write it as a model file, and tell what was found.

    Parameters
    ----------
    source : Path
        The ONNX file.
    out : Path
        Where to write to.
    say : callable
        Is told, a line at a time, what is going on.
    **settings
        As for :func:`pellucid.from_onnx`.

    Raises
    ------
    ConfigurationError, ExportError
        The file can't be taken over.
    ModelFileError
        The model can't be written.
    """
    announce_with(say)
    found = read_onnx(source, **settings)
    low, high = found.pixels
    why = ", as nothing in the file says otherwise (--pixel-range)" if found.are_guessed else ""
    say(f"Its pixels: {low:g} is 0 and {high:g} is 1{why}.")
    if found.compared:
        say(f"It says the same as {found.compared}.")
    else:
        say("It was not compared with the file: that needs onnxruntime, and a network that is not "
            "too large.")  # fmt: skip
    save_model(out, found.model)
    return found.model
