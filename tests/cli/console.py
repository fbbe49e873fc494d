"""Running commands, in this process and as a process of their own."""

import os
import subprocess
import sys

from typer.testing import CliRunner

from pellucid.cli import main as cli

QUICK = ["--data", "digits", "--images", "1024", "--batch-size", "128"]


def invoke(*arguments, **environment):
    """Run a command in this process; return exit code, standard output, standard error."""
    settings = {"COLUMNS": None, "TERM": "dumb", "FORCE_COLOR": None, **environment}
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments], env=settings)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def fails(*arguments, code=1):
    """Run a command that must fail in one line; return the line."""
    exit_code, out, err = invoke(*arguments)
    assert exit_code == code
    assert out == ""
    *notes, line = err.splitlines()
    assert all(note.startswith(("Data: ", "update ", "Testing")) for note in notes)
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def process(*arguments, **settings):
    """Start the command as a user would."""
    environment = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "COLUMNS")}
    return subprocess.Popen(
        [sys.executable, "-m", "pellucid", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env=environment | settings,
    )  # fmt: skip


def read_until(stream, text):
    """Read lines until one has some text; return all of them."""
    seen = []
    for line in stream:
        seen.append(line)
        if text in line:
            return "".join(seen)
    raise AssertionError(f"{text!r} never came: {''.join(seen)}")
