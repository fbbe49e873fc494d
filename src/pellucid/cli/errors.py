"""Errors of the command line: what a person can mend becomes a line, with the options' names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container
from typing import Any, NoReturn, TypeVar

import typer

from pellucid.console import printable
from pellucid.errors import DataError, PellucidError
from pellucid.training.interrupt import Terminated

__all__ = ["STOPPED", "as_typed", "one_line_errors"]

F = TypeVar("F", bound=Callable[..., Any])

STOPPED = 130
"""The exit code after Ctrl-C, as shells have it: 128 + SIGINT."""
TERMINATED = 143
"""The exit code after SIGTERM."""

IN_A_LINE = 6
"""Lines of an error's message that are printed as one."""

_AS_TYPED = (
    ("(skip_bad)", "(--skip-bad)"),
    ("size=(28, 28)", "--size 28 28"),
    ("size=(height, width)", "--size HEIGHT WIDTH"),
    ("size= ", "--size "),
    ("preprocessing=Preprocessing((height, width))", "--fit mnist"),
    ("pixel_range=(low, high)", "--pixel-range LOW HIGH"),
    ("label=", "--label "),
    ("channels=", "--channels "),
    ("follow_links=True follows it", "--follow-links follows it"),
    ("(transpose=True turns", "(--transpose turns"),
    (" (transpose=False leaves them)", ""),
)
"""What the data's lines advise, as Python has it and as it is typed; errors come nested in others,
with a file's name before them."""


def one_line_errors(command: F) -> F:
    """Turn an error that a person can mend into one line on standard error and exit code 1."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            _fail("Stopped.", STOPPED)
        except Terminated:
            _fail("Stopped.", TERMINATED)
        except PellucidError as error:
            _fail(f"Error: {_as_typed(error, kwargs)}", 1)
        except MemoryError:
            _fail("Error: There is not enough memory for this.", 1)
        except BrokenPipeError:
            raise  # what reads our output has seen enough; Typer ends quietly
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _fail(f"Error: {where}{error.strerror or error}.", 1)

    return wrapper  # type: ignore[return-value]


def as_typed(line: str) -> str:
    """Return a line that the data told, with its advice as it is typed.

    Examples
    --------
    >>> as_typed("It is taken for the label; say otherwise with label=NAME.")
    'It is taken for the label; say otherwise with --label NAME.'
    """
    for python, typed in _AS_TYPED:
        line = line.replace(python, typed)
    return line


def _as_typed(error: PellucidError, options: Container[str]) -> str:
    """Return an error's message with what a command takes named as it is typed."""

    def name(argument: str) -> str:
        return f"--{argument.replace('_', '-')}" if argument in options else argument

    message = str(error.named(name))
    return as_typed(message) if isinstance(error, DataError) and "data" in options else message


def _fail(message: str, code: int) -> NoReturn:
    """Print the message and leave; a short list goes into the line, a long one below it."""
    lines = [" ".join(part.split()) for part in message.splitlines()]
    if len(lines) <= IN_A_LINE:
        lines = ["; ".join(lines).replace(":; ", ": ")]
    for line in lines:
        typer.echo(printable(line), err=True)
    raise typer.Exit(code)
