"""``pellucid import``: a network of another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid import runs
from pellucid.cli.options import command, option, say
from pellucid.console import printable
from pellucid.errors import ConfigurationError

__all__ = ["import_"]


@command
def import_(
    source: Annotated[
        Path,
        typer.Argument(
            help="An ONNX file, as PyTorch, Keras or Pellucid write it.", metavar="FILE"
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="The file to write, such as model.safetensors; an existing one is replaced.",
        ),
    ],
    classes: Annotated[
        str | None,
        option(
            "What the outputs are called, in their order, such as cat,dog.",
            metavar="NAMES",
            show_default="as the file says, or 0,1,...",
        ),
    ] = None,
    size: Annotated[
        tuple[int, int] | None,
        option(
            "Of its images, where the file does not say it.",
            metavar="HEIGHT WIDTH",
            show_default="as the file says",
        ),
    ] = None,
    channels: Annotated[int, option("How many these have, with --size.")] = 1,
    pixel_range: Annotated[
        tuple[float, float] | None,
        option(
            "The pixels of the file's images that are black and white.",
            metavar="LOW HIGH",
            show_default="what the file scales by, or 0 1",
        ),
    ] = None,
    output: Annotated[
        str | None,
        option("Which of several outputs.", metavar="NAME", show_default="logits, probabilities"),
    ] = None,
) -> None:
    """Take a network over from an ONNX file, and prove that it says the same here.

    What no layer here does is refused, with its place in the file.
    """
    if channels != 1 and size is None:
        raise ConfigurationError("--channels is given, but not --size; give both.")
    shape = None if size is None else (channels, *size)
    names = None if classes is None else classes.split(",")
    model = runs.import_model(
        source, out, say, classes=names, input_shape=shape, pixel_range=pixel_range, output=output
    )
    typer.echo(f"Written: {printable(str(out))}.")
    typer.echo(model.network.summary())
