"""``pellucid summary``: the layers of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.options import MODEL_HELP, command
from pellucid.files.model_file import load_model
from pellucid.network import presets
from pellucid.runs.folder import model_in

__all__ = ["summary"]


@command
def summary(
    model: Annotated[
        Path | None,
        typer.Argument(
            help=MODEL_HELP,
            metavar="MODEL",
            show_default="the reference network",
        ),
    ] = None,
) -> None:
    """Print the layers of a network, their shapes and how many parameters they have."""
    network = presets.reference() if model is None else load_model(model_in(model)).network
    typer.echo(network.summary())
