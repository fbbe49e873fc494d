"""``pellucid data``: which data sets have a name, and fetching one."""

from __future__ import annotations

from typing import Annotated

import typer

from pellucid.cli.errors import one_line_errors
from pellucid.cli.options import say, show_table

__all__ = ["data_app"]

data_app = typer.Typer(help="List and fetch the data sets that have a name.", no_args_is_help=True)


@data_app.command("list")
@one_line_errors
def data_list() -> None:
    """List the data sets that have a name, and where they are."""
    from pellucid.data import available
    from pellucid.runs.reports import data_table

    show_table(data_table(available()))


@data_app.command("fetch")
@one_line_errors
def data_fetch(
    name: Annotated[
        str, typer.Argument(help="A name from 'pellucid data list'.", metavar="NAME")
    ] = "mnist",
) -> None:
    """Fetch a data set into the cache, and verify it."""
    from pellucid.data import fetch

    dataset = fetch(name, say)
    typer.echo(
        f"{dataset.name}: {len(dataset.train_images):,} training and "
        f"{len(dataset.test_images):,} test images, {dataset.source}."
    )
