"""``pellucid evaluate``: how a model does on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid import runs
from pellucid.cli.options import Model, Several, command, option, say
from pellucid.cli.settings import Threads, setting, told_as_train
from pellucid.console import printable
from pellucid.data.catalog import Channels
from pellucid.files.model_file import load_model
from pellucid.runs.folder import model_in
from pellucid.runs.reports import class_table, show_table

__all__ = ["evaluate"]


@command
def evaluate(
    model: Model,
    data: Annotated[
        str | None,
        option(
            "What to test on, as for train. The model knows how to make images of pictures.",
            "Data",
            show_default="what the model was trained on",
        ),
    ] = None,
    skip_bad: Annotated[bool, setting("skip_bad")] = False,
    test_share: Annotated[
        float | None,
        option(
            "Part of each class to test on, if there are no test images; 1 is all.",
            "Data",
            show_default="all; of the training's own data what train kept",
        ),
    ] = None,
    label: Annotated[str | None, told_as_train("label")] = None,
    pixel_range: Annotated[tuple[float, float] | None, told_as_train("pixel_range")] = None,
    channels: Annotated[Channels | None, told_as_train("channels")] = None,
    views: Several = None,
    transpose: Annotated[bool, setting("transpose")] = False,
    workers: Threads = None,
    confusion: Annotated[
        Path | None, option("Also draw the confusion matrix, into this .png file.")
    ] = None,
) -> None:
    """Test a model: accuracy, loss, and a table of the classes.

    Without --data that is on the test images of what it was trained on.
    """
    loaded = load_model(model_in(model))
    test = runs.run_model_test(
        loaded, data, say, skip_bad=skip_bad, test_share=test_share, label=label,
        pixel_range=pixel_range, channels=channels, transpose=transpose, views=views,
        workers=workers,
    )  # fmt: skip
    labels, evaluation = test.labels, test.evaluation
    if confusion is not None:
        from pellucid import plots  # matplotlib takes 0.3 s, for those who draw

        plots.save(plots.confusion(labels, evaluation.predicted, loaded.classes), confusion)
    show_table(class_table(labels, evaluation.predicted, loaded.classes))
    typer.echo(
        f"Accuracy {evaluation.accuracy:.3%}, loss {evaluation.loss:.4f} on "
        f"{len(labels):,} test images of {printable(test.data)}."
    )
    if confusion is not None:
        typer.echo(f"Confusion matrix written to {confusion}.")
