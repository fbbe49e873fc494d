"""What the commands have in common: how one is made, kinds of options, lines for a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.cli.errors import as_typed, one_line_errors
from pellucid.cli.words import AdvisingCommand
from pellucid.console import printable
from pellucid.images.views import Views

__all__ = ["MODEL_HELP", "Model", "Several", "command", "flag", "option", "say"]


def command(function: Callable[..., None]) -> Any:
    """Make a command of a function: options of its parameters, help of its docstring."""
    app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    name = function.__name__.rstrip("_")  # a command may be called as a keyword of Python is
    app.command(name, cls=AdvisingCommand)(one_line_errors(function))
    return typer.main.get_command(app)


def say(line: str) -> None:
    """Print a line for a person, where it does not mix with results."""
    typer.echo(printable(as_typed(line)), err=True)


def option(help: str, panel: str | None = None, **settings: Any) -> Any:
    """Return an option with a value; ``panel`` is its group in the help."""
    return typer.Option(help=help, rich_help_panel=panel, **settings)


def flag(help: str, name: str, panel: str | None = None, **settings: Any) -> Any:
    """Return an option without a value."""
    return typer.Option(name, help=help, rich_help_panel=panel, metavar="", **settings)


MODEL_HELP = "A model.safetensors, or the folder of the run that wrote it."

Several = Annotated[
    Views | None,
    option(
        "Look at each picture and its mirror image; at it and four that are shifted a little; or "
        "at both. It takes 2, 5 or 10 times as long.",
        show_default="it alone",
    ),
]
"""How often a command that predicts looks at a picture."""

Model = Annotated[Path, typer.Argument(help=MODEL_HELP, metavar="MODEL")]
