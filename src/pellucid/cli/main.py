"""The command line: ``pellucid train``, ``verify``, ``evaluate``, ``predict`` and so on.

A command is the file of its name beside this one (``import_`` for ``import``), imported when
somebody asks for the command.
"""

from __future__ import annotations

import importlib
import io
import keyword
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Annotated, Any, cast

import typer

from pellucid.cli.commands import AdvisingGroup
from pellucid.training.interrupt import exit_on_sigterm

__all__ = ["COMMANDS", "app", "main"]

COMMANDS = (
    "train", "verify", "evaluate", "predict", "export", "import", "page", "studio",
    "summary", "recipes", "bench", "data",
)  # fmt: skip
"""The commands, in the order of the help."""


class _Commands(Mapping[str, Any]):
    """The commands by their names; a command's file is imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        own = f"{name}_" if keyword.iskeyword(name) else name
        return getattr(importlib.import_module(f"pellucid.cli.{own}"), own)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(AdvisingGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = cast(Any, _Commands())


app = typer.Typer(
    cls=_Group,
    help="A convolutional classifier for ordinary CPUs, every equation of which can be read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; what ``pellucid`` and ``python -m pellucid`` call."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't show a letter of a file's name is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    exit_on_sigterm()
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pellucid {version('pellucid')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            callback=_show_version,
            is_eager=True,
            metavar="",
        ),
    ] = False,
) -> None:
    pass
