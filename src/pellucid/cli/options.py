"""What the commands have in common: kinds of options, and how they speak to a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.runs.printable import printable

if TYPE_CHECKING:
    from rich.table import Table

__all__ = [
    "ONE_EACH",
    "SOURCES",
    "Bounds",
    "Model",
    "SkipBad",
    "flag",
    "option",
    "range_of",
    "say",
    "show_table",
    "source",
    "training",
]


def say(line: str) -> None:
    """Print a line for a person, where it does not mix with results."""
    typer.echo(printable(line), err=True)


def show_table(table: Table) -> None:
    """Print a table, as wide as the terminal."""
    from pellucid.runs.reports import console

    console().print(table)


def option(help: str, panel: str | None = None, **settings: Any) -> Any:
    """Return an option with a value; ``panel`` is its group in the help."""
    return typer.Option(help=help, rich_help_panel=panel, **settings)


def flag(help: str, name: str, panel: str | None = None) -> Any:
    """Return an option without a value."""
    return typer.Option(name, help=help, rich_help_panel=panel, metavar="")


def source(help: str, **settings: Any) -> Any:
    """Return an option of the group that says where images come from."""
    return option(help, "Data", **settings)


def range_of(help: str) -> Any:
    """Return an option with two numbers, of the group of randomizing."""
    return option(help, "Randomizing", metavar="LOW HIGH")


def training(help: str) -> Any:
    """Return an option of the group of training."""
    return option(help, "Training")


Model = Annotated[
    Path, typer.Argument(help="A model.safetensors that a run wrote.", metavar="MODEL")
]
Bounds = tuple[float, float]
SkipBad = Annotated[
    bool, flag("Go on without bad files and rows, and say how many.", "--skip-bad", "Data")
]
SOURCES = (
    "A name from 'pellucid data list'; an .npz, .csv, .parquet or IDX file; a folder of IDX files, "
    "of train.csv, of Parquet files, or with a subfolder of pictures for each class; or several of "
    "them joined with +, as in mnist+mine.csv."
)
ONE_EACH = "one on each processor"
