"""Serves a page without a training, as a process of its own; the tests end it by signals."""

from __future__ import annotations

import sys

import typer

from pellucid.cli.errors import one_line_errors
from pellucid.studio.server.app import Studio
from pellucid.studio.server.serving import opened, serve
from pellucid.training.interrupt import exit_on_sigterm

TOKEN = "t" * 32


@one_line_errors
def main() -> None:
    exit_on_sigterm()
    with opened("127.0.0.1", int(sys.argv[1])) as listening:
        code = serve(
            Studio("<p>here</p>"), listening, "127.0.0.1", TOKEN,
            lambda address: print(address, flush=True),
        )  # fmt: skip
    print("closed", flush=True)
    sys.exit(code)


if __name__ == "__main__":
    try:
        main()
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
