"""``pellucid studio``: a training before one's eyes, in the browser, on this machine alone."""

from __future__ import annotations

import functools
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid import runs
from pellucid.cli.checkpoints import given_options
from pellucid.cli.options import MODEL_HELP, command, flag, option, say
from pellucid.cli.settings import takes_settings
from pellucid.console import printable
from pellucid.files.model_file import load_model
from pellucid.runs.folder import model_in
from pellucid.runs.plan import Plan
from pellucid.runs.tested import options_of_training

__all__ = ["studio"]

PORT = 8017
"""Where the studio is, if nothing is said."""

PACE = 10.0
"""Updates a second, if nothing is said: slow enough to be followed by eye."""

_SETTINGS = (
    "data", "size", "fit", "skip_bad", "label", "validation_share", "recipe", "network", "epochs",
    "images", "batch_size", "learning_rate", "seed", "workers", "randomize",
)  # fmt: skip
"""The settings that can be told here; a recipe's file may have any."""


@command
@functools.partial(takes_settings, names=_SETTINGS)
def studio(
    context: typer.Context,
    model: Annotated[
        Path | None,
        typer.Argument(
            help=f"{MODEL_HELP} It is shown, and trained further when you say so.",
            metavar="MODEL",
            show_default="a new network, trained from the beginning",
        ),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        option(
            "A run's folder whose curves to draw beside; may be given several times.",
            metavar="RUN",
            show_default=False,
        ),
    ] = None,
    pace: Annotated[
        float,
        option(
            "Updates a second at the most, to be followed by eye; 0 is as fast as it can.", min=0
        ),
    ] = PACE,
    title: Annotated[
        str | None, option("What the page is called.", metavar="TEXT", show_default="the data")
    ] = None,
    port: Annotated[
        int, option("Where it listens; 0 takes any that is free.", min=0, max=65535)
    ] = PORT,
    host: Annotated[
        str,
        option("On which address. Any other than this machine's own lets others reach it."),
    ] = "127.0.0.1",
    no_browser: Annotated[
        bool, flag("Print the address alone, and open no browser.", "--no-browser")
    ] = False,
    **options: Any,
) -> None:
    """Train a network before your eyes, in the browser, and look at every number of it.

    Curves, filters, mistakes and the confusion matrix change as it learns; pause it, do one update
    at a time, change the learning rate, go back to an earlier update and on from there. Draw a
    digit meanwhile, and see what the network says of it now.

    With no options it trains the reference network on MNIST. Ctrl-C ends it.
    """
    # What computes and what serves take a second to import, and help needs neither.
    from pellucid.studio.server.serving import check_extra, is_loopback, opened, serve
    from pellucid.studio.server.token import new_token, own_token

    check_extra()
    given = given_options(context, options)
    shown = [runs.read_beside(run) for run in beside or ()]
    learned = None if model is None else load_model(model_in(model))
    if learned is not None:
        given = options_of_training(learned) | given | {"start_from": str(model)}
    plan = Plan.of(given) if learned is None or "data" in given else None
    with opened(host, port) as listening:
        if plan is not None:
            made = runs.make_studio(
                plan.settled(), say,
                beside=shown, pace=pace or None, title=title,
            )  # fmt: skip
        elif learned is not None:
            say("The model does not say what it was trained on; --data trains it further.")
            made = runs.studio_of(learned, title)
        is_own = is_loopback(host)
        if not is_own:
            say(
                f"Warning: on {printable(host)} everybody who reaches this machine and knows the "
                "address can look and steer, and what is sent can be read on the way."
            )
        token = own_token() if is_own else new_token()

        def ready(address: str) -> None:
            typer.echo(f"The studio is at {address}")
            begins = "Training begins when the page is open. " if learned is None else ""
            say(f"{begins}Ctrl-C ends it.")
            if not no_browser:
                webbrowser.open(address)

        code = serve(made, listening, host, token, ready)
    if code:
        raise typer.Exit(code)
