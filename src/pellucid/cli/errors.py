"""Errors of the command line: what a person can mend becomes a line, with the options' names."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

import typer

from pellucid.errors import ConfigurationError, DataError, PellucidError
from pellucid.runs.printable import printable
from pellucid.training.interrupt import Terminated

__all__ = ["STOPPED", "one_line_errors"]

F = TypeVar("F", bound=Callable[..., Any])

STOPPED = 130
"""The exit code after Ctrl-C, as shells have it: 128 + SIGINT."""
TERMINATED = 143
"""The exit code after SIGTERM."""

IN_A_LINE = 6
"""Lines of an error's message that are printed as one."""


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
        except ConfigurationError as error:
            _fail(f"Error: {_as_options(str(error), kwargs)}", 1)
        except DataError as error:
            _fail(f"Error: {_as_data_options(str(error)) if 'data' in kwargs else error}", 1)
        except PellucidError as error:
            _fail(f"Error: {error}", 1)
        except MemoryError:
            _fail("Error: There is not enough memory for this.", 1)
        except BrokenPipeError:
            raise  # what reads our output has seen enough; Typer ends quietly
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _fail(f"Error: {where}{error.strerror or error}.", 1)

    return wrapper  # type: ignore[return-value]


def _as_options(message: str, names: Iterable[str]) -> str:
    """Say ``--batch-size`` where the library's error says ``batch_size``."""
    for name in names:
        anywhere = rf"(?<!\S){name}(?=[ =.;,]|$)"
        pattern = anywhere if "_" in name else rf"^{name}(?= is )"
        message = re.sub(pattern, "--" + name.replace("_", "-"), message)
    return message


def _as_data_options(message: str) -> str:
    """Say ``--size`` and ``--skip-bad`` where an error of the data says how Python spells them."""
    for pattern, option in (
        (r"(?<=\()skip_bad(?=\))", "--skip-bad"),
        (r"size=\(28, 28\), or give a Preprocessing", "--size 28 28"),
        (r"size=\(height, width\)", "--size HEIGHT WIDTH"),
        (r"\bsize=(?= )", "--size"),
    ):
        message = re.sub(pattern, option, message)
    return message


def _fail(message: str, code: int) -> NoReturn:
    """Print the message and leave; a short list goes into the line, a long one below it."""
    lines = [" ".join(part.split()) for part in message.splitlines()]
    if len(lines) <= IN_A_LINE:
        lines = ["; ".join(lines).replace(":; ", ": ")]
    for line in lines:
        typer.echo(printable(line), err=True)
    raise typer.Exit(code)
