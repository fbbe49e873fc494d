"""``pellucid verify``: whether a run, trained anew, gives the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid import runs
from pellucid.cli.options import command, option, say
from pellucid.cli.settings import Threads

__all__ = ["verify"]


@command
def verify(
    run: Annotated[
        Path, typer.Argument(help="A folder that 'pellucid train' wrote.", metavar="RUN")
    ],
    last: Annotated[
        int | None,
        option(
            "Train only so many last updates anew, from a checkpoint.", show_default="all of them"
        ),
    ] = None,
    data: Annotated[
        str | None, option("Where the run's data is now.", show_default="where it was")
    ] = None,
    workers: Threads = None,
) -> None:
    """Train a run anew, and say whether it gives the same bits.

    Every update's loss and parameters are compared with the run's history, and the parameters at
    the end with its model. The exit code is 1 if they differ. Nothing is written.
    """
    verification = runs.verify_run(run, say, last=last, data=data, workers=workers)
    typer.echo(str(verification))
    if not verification.same:
        raise typer.Exit(1)
