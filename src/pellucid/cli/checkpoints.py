"""The options of ``pellucid train`` that are about checkpoints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer

from pellucid import runs
from pellucid.errors import Argument, CheckpointError, ConfigurationError
from pellucid.runs.folder import CHECKPOINTS, MODEL
from pellucid.runs.options import to_options
from pellucid.runs.plan import told_apart
from pellucid.training import Checkpoints

__all__ = ["checkpoints_of", "how_to_go_on", "resumed"]

_SECONDS = {"s": 1, "min": 60, "h": 3600}


def checkpoints_of(out: Path, every: str, keep: int) -> Checkpoints | None:
    """Return what ``--checkpoint-every`` and ``--keep`` ask for; None is never.

    Raises
    ------
    ConfigurationError
        They ask for something that can't be.

    Examples
    --------
    >>> checkpoints_of(Path("run"), "5min", 2).every_seconds
    300.0
    """
    if every == "never":
        return None
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(s|min|h)|([0-9]+)", every)
    if match is None or not 0 < float(match[1] or match[3]) < 1e15:
        raise ConfigurationError(
            f"checkpoint_every is {every!r}; it must be a number of updates, such as 100, a time, "
            "such as 30s, 5min or 1h, or never.",
            argument="checkpoint_every",
        )
    if match[3]:
        return Checkpoints(out / CHECKPOINTS, every_updates=int(match[3]), keep=keep)
    seconds = float(match[1]) * _SECONDS[match[2]]
    return Checkpoints(out / CHECKPOINTS, every_seconds=seconds, keep=keep)


def resumed(
    context: typer.Context, out: Path, options: dict[str, Any], checkpoints: Checkpoints | None
) -> dict[str, Any]:
    """Return the options of the run to resume, but those that stood on the command line.

    Training refuses them if they are not those of the run, and names what differs. Executor and
    workers change no bit, so these may be others.

    Raises
    ------
    ConfigurationError, CheckpointError
        There is nothing to resume from.
    """
    if checkpoints is None:
        raise ConfigurationError("--resume needs checkpoints; leave out --checkpoint-every never.")
    given = given_options(context, options)
    settings = runs.resumed_settings(out)
    if (apart := told_apart(settings, given)) is not None:
        raise CheckpointError(
            f"The run in {out} has ", Argument(apart), f" {getattr(settings, apart)}, so with ",
            Argument(apart), f" {given[apart]} it would be another run; leave it out, or train "
            "anew with ", Argument("overwrite"), " or another ", Argument("out"), ".",
        )  # fmt: skip
    recorded = to_options(settings)
    if "executor" in given:
        recorded["workers"] = None  # that was the number of another executor's
    return recorded | given


def given_options(context: typer.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that stood on the command line."""
    return {name: value for name, value in options.items() if _is_given(context, name)}


def how_to_go_on(context: typer.Context, out: Path) -> tuple[str, ...]:
    """Return what to do in place of resuming with more images; nothing if none were given."""
    if not _is_given(context, "images"):
        return ()
    return (
        " A run's learning rate rises and falls over all its images, so with another number it is "
        "another run: train it from the beginning, with ", Argument("overwrite"),
        " or another ", Argument("out"), "; or train what is learned on in Python: "
        f"pellucid.CNNClassifier.load({str(out / MODEL)!r}).partial_fit(X, y).",
    )  # fmt: skip


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"
