"""``pellucid export``: a model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid import runs
from pellucid.cli.options import Model, command, flag, option, say
from pellucid.cli.settings import setting
from pellucid.console import printable
from pellucid.errors import ExportError
from pellucid.files.model_file import load_model
from pellucid.runs.folder import model_in

__all__ = ["export"]


@command
def export(
    model: Model,
    to: Annotated[str, option("The format: onnx, c or torch.", metavar="FORMAT")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="The file to write, such as digits.onnx, .c or .py; an existing one is replaced.",
        ),
    ],
    pixels: Annotated[
        str,
        option(
            "The type of the pixels that it takes: uint8 or float32; auto is what the model "
            "learned from.",
            metavar="TYPE",
        ),
    ] = "auto",
    verify: Annotated[
        str | None,
        option(
            "Compare what both say of all test images of this data set, as for train.",
            metavar="DATA",
            show_default="ten test vectors",
        ),
    ] = None,
    skip_bad: Annotated[bool, setting("skip_bad")] = False,
    int8: Annotated[
        bool,
        flag(
            "C in whole numbers of 8 bits, in a quarter of the memory; says the accuracy before "
            "and after.",
            "--int8",
        ),
    ] = False,
    calibrate: Annotated[
        str | None,
        option(
            "The images that --int8 takes the ranges of values from, and is tested on.",
            metavar="DATA",
            show_default="what the model was trained on",
        ),
    ] = None,
    force: Annotated[
        bool, flag("Write it though --int8 loses more than half a point of accuracy.", "--force")
    ] = False,
) -> None:
    """Write a model for other programs, and prove that it says the same there.

    It ends with 1 where a class changed, or a probability is further off than the format's bound.
    """
    loaded = load_model(model_in(model))
    exported, comparison = runs.export_model(
        loaded, out, to, say, pixels=pixels, verify=verify, skip_bad=skip_bad, int8=int8,
        calibrate=calibrate, force=force,
    )  # fmt: skip
    typer.echo(f"Written: {printable(', '.join(map(str, exported.paths)))}.")
    if exported.int8 is not None:
        typer.echo(f"{exported.int8}.")
    if comparison is None:
        return
    typer.echo(f"{comparison}; at most {comparison.bound:.0e} is allowed.")
    if not comparison.agrees:
        raise ExportError("What was written does not say the same as the model; don't use it.")
