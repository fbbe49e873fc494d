"""``pellucid data``: which data sets have a name, and fetching one."""

from __future__ import annotations

from typing import Annotated

import typer

from pellucid.cli.commands import AdvisingGroup
from pellucid.cli.errors import one_line_errors
from pellucid.cli.options import say
from pellucid.data import available, fetch
from pellucid.runs.reports import data_table, show_table

__all__ = ["data"]

_app = typer.Typer(
    name="data",
    cls=AdvisingGroup,
    help="List and fetch the data sets that have a name.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
)


@_app.command("list")
@one_line_errors
def _list() -> None:
    """List the data sets that have a name, and where they are."""
    show_table(data_table(available()))


@_app.command("fetch")
@one_line_errors
def _fetch(
    name: Annotated[
        str, typer.Argument(help="A name from 'pellucid data list'.", metavar="NAME")
    ] = "mnist",
) -> None:
    """Fetch a data set into the cache, and verify it."""
    dataset = fetch(name, say)
    typer.echo(
        f"{dataset.name}: {len(dataset.train_images):,} training and "
        f"{len(dataset.test_images):,} test images, {dataset.source}."
    )


data = typer.main.get_command(_app)
