"""``pellucid page``: a network as one file of HTML, to be looked into and sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid import runs
from pellucid.cli.options import Model, command, option, say
from pellucid.cli.settings import setting
from pellucid.console import printable
from pellucid.files.model_file import load_model
from pellucid.runs.folder import model_in
from pellucid.studio.examples import SHOWN

__all__ = ["page"]


@command
def page(
    model: Model,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="The file to write, such as digits.html; an existing one is replaced.",
        ),
    ],
    data: Annotated[
        str | None,
        option(
            "Whose test images to put in, as for train.",
            metavar="DATA",
            show_default="what the model was trained on",
        ),
    ] = None,
    images: Annotated[
        int, option("How many test images to put in.", min=1, max=500, metavar="COUNT")
    ] = SHOWN,
    title: Annotated[
        str | None, option("What the page is called.", metavar="TEXT", show_default="the data")
    ] = None,
    skip_bad: Annotated[bool, setting("skip_bad")] = False,
) -> None:
    """Write a network as a page to look into: every number, forward and backward.

    The file holds all that it needs and loads nothing: it works from disk, offline, on a phone.
    """
    loaded = load_model(model_in(model))
    size = runs.write_page(
        loaded, out, say, data=data, images=images, title=title, skip_bad=skip_bad
    )
    typer.echo(f"Written: {printable(str(out))}, {size / 1e6:.1f} MB.")
