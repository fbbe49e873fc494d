"""``pellucid train``: from images to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid import runs
from pellucid.cli.checkpoints import checkpoints_of, given_options, how_to_go_on, resumed
from pellucid.cli.errors import STOPPED
from pellucid.cli.options import command, flag, option, say
from pellucid.cli.settings import takes_settings
from pellucid.errors import CheckpointError
from pellucid.runs.options import from_options
from pellucid.runs.plan import Plan
from pellucid.runs.settings import RunSettings

__all__ = ["train"]


@command
@takes_settings
def train(
    context: typer.Context,
    out: Annotated[Path, option("Folder for what the run writes.")] = Path("runs/reference"),
    overwrite: Annotated[bool, flag("Replace a run that is in the folder.", "--overwrite")] = False,
    resume: Annotated[
        bool,
        flag(
            "Go on with the run in the folder, from its newest checkpoint. Its options are those "
            "of the run; any that you give must be the same.",
            "--resume",
            "Checkpoints",
        ),
    ] = False,
    checkpoint_every: Annotated[
        str,
        option(
            "How often to write a checkpoint: after so many updates (100), after so much time "
            "(30s, 5min, 1h), or 'never'.",
            "Checkpoints",
        ),
    ] = "30s",
    keep: Annotated[int, option("How many checkpoints to keep.", "Checkpoints")] = 3,
    **options: Any,
) -> None:
    """Train a network on images, test it, and draw the result.

    Your own images: --data pictures, for a folder pictures with one subfolder a class. What suits
    them is chosen, said, and can be changed: see 'pellucid recipes'.

    With no options this is the reference run: 81,000 randomized MNIST images in 79 updates, then
    the 10,000 test images; the defaults below are its own. Ctrl-C or SIGTERM ends a run early and
    keeps what was learned; --resume goes on with it, to the same bits as if nothing had happened.
    """
    checkpoints = checkpoints_of(out, checkpoint_every, keep)
    settings: RunSettings | Plan
    if resume:
        settings = from_options(resumed(context, out, options, checkpoints))
    else:
        settings = Plan.of(given_options(context, options)).settled()
    try:
        metrics = runs.reference_run(
            settings,
            out,
            say,
            overwrite=overwrite,
            checkpoints=checkpoints,
            resume=resume,
        )
    except CheckpointError as error:
        if resume:
            error.add(*how_to_go_on(context, out))
        raise
    typer.echo(
        f"Accuracy {metrics.accuracy:.3%} on {metrics.test_images:,} test images, loss "
        f"{metrics.loss:.4f}."
    )
    if metrics.validation_accuracy is not None:
        typer.echo(
            f"Validation: accuracy {metrics.validation_accuracy:.3%}, loss "
            f"{metrics.validation_loss:.4f}."
        )
    typer.echo(
        f"Trained on {metrics.images:,} images in {metrics.seconds:.1f} s, "
        f"{metrics.images_per_second:,.0f} a second."
    )
    typer.echo(f"Fingerprint {metrics.fingerprint}")
    typer.echo(f"Written to {out}: model, metrics, history, pictures, and report.html with all.")
    if metrics.interrupted:
        raise typer.Exit(STOPPED)
