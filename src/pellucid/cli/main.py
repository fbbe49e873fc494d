"""The command line: ``pellucid train``, ``verify``, ``evaluate``, ``predict`` and so on."""

from __future__ import annotations

import io
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pellucid.arguments import positive, whole
from pellucid.cli.checkpoints import checkpoints_of, resumed
from pellucid.cli.data import data_app
from pellucid.cli.errors import STOPPED, one_line_errors
from pellucid.cli.options import (
    ONE_EACH,
    SOURCES,
    Bounds,
    Model,
    SkipBad,
    flag,
    option,
    range_of,
    say,
    show_table,
    source,
    training,
)
from pellucid.images.augmentation import Augmentation
from pellucid.images.preprocessing import Fit
from pellucid.runs.printable import printable
from pellucid.runs.run import reference_run
from pellucid.runs.settings import RunSettings
from pellucid.training.interrupt import exit_on_sigterm

if TYPE_CHECKING:
    from pellucid.measuring.own import Figure

__all__ = ["app", "main"]

app = typer.Typer(
    help="A convolutional classifier for ordinary CPUs, every equation of which can be read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data_app, name="data")


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


SETTINGS = RunSettings()
RANDOMIZING = Augmentation()


@app.command()
@one_line_errors
def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        source(SOURCES, show_default="mnist; where it is out of reach, digits"),
    ] = SETTINGS.data,
    size: Annotated[
        tuple[int, int] | None,
        source(
            "Bring pictures to this size. Rows of a .csv file are images of it.",
            metavar="HEIGHT WIDTH",
            show_default="as they are",
        ),
    ] = SETTINGS.size,
    fit: Annotated[
        Fit,
        source(
            "How pictures are brought to it: resize the whole, or as MNIST's digits are, the ink "
            "cut out and centered. The model does the same to what it is to predict."
        ),
    ] = SETTINGS.fit,
    skip_bad: SkipBad = SETTINGS.skip_bad,
    test_share: Annotated[
        float, source("Part of each class to keep for the test, if there are no test images.")
    ] = SETTINGS.test_share,
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
    images: Annotated[
        int, training("Training images to draw in all, again and again if need be.")
    ] = SETTINGS.images,
    batch_size: Annotated[int, training("Images in each update.")] = SETTINGS.batch_size,
    learning_rate: Annotated[
        float, training("Adam's step size.")
    ] = SETTINGS.optimizer.learning_rate,
    warmup: Annotated[
        float, training("Share of the updates in which the learning rate rises.")
    ] = SETTINGS.schedule.warmup,
    cooldown: Annotated[
        float, training("Share of the updates in which the learning rate falls.")
    ] = SETTINGS.schedule.cooldown,
    beta1: Annotated[
        float, training("How much of the gradient's mean Adam keeps from update to update.")
    ] = SETTINGS.optimizer.beta1,
    beta2: Annotated[
        float, training("How much of the squared gradient's mean Adam keeps.")
    ] = SETTINGS.optimizer.beta2,
    eps: Annotated[
        float, training("What keeps Adam from dividing by zero.")
    ] = SETTINGS.optimizer.eps,
    seed: Annotated[int, training("Number that all randomness comes from.")] = SETTINGS.seed,
    sections: Annotated[
        int, training("Parts of a batch that are worked on at the same time.")
    ] = SETTINGS.sections,
    workers: Annotated[
        int | None,
        option(
            "Threads or processes. They never change the result.",
            "Training",
            show_default=ONE_EACH,
        ),
    ] = SETTINGS.workers,
    executor: Annotated[
        str,
        training("What works on the sections: threads, processes, dask://HOST:PORT or mpi."),
    ] = SETTINGS.executor,
    randomize: Annotated[
        bool, flag("Randomize the training images.", "--randomize/--no-randomize", "Randomizing")
    ] = True,
    scale: Annotated[Bounds, range_of("Factor of the size.")] = RANDOMIZING.scale,
    rotation: Annotated[
        Bounds, range_of("Angle in degrees, counter-clockwise.")
    ] = RANDOMIZING.rotation,
    shift: Annotated[Bounds, range_of("Shift in x and in y, in pixels.")] = RANDOMIZING.shift,
    noise_probability: Annotated[
        Bounds, range_of("Share of the pixels that get noise.")
    ] = RANDOMIZING.noise_probability,
    noise: Annotated[
        Bounds, range_of("What is added to them, where 0 is black and 1 is white.")
    ] = RANDOMIZING.noise,
) -> None:
    """Train the reference network on images, test it, and draw the result.

    With no options this is the reference run: 81,000 randomized MNIST images in 79 updates, then
    the 10,000 test images. Ctrl-C or SIGTERM ends it early and keeps what was learned; --resume
    goes on with it, to the same bits as if nothing had happened.

    Your own images: --data pictures --size 28 28, for a folder pictures with one subfolder a class.
    """
    checkpoints = checkpoints_of(out, checkpoint_every, keep)
    options = {name: context.params[name] for name in SETTINGS.to_options()}
    if resume:
        options = resumed(context, out, options, checkpoints)
    metrics = reference_run(
        RunSettings.from_options(options), out, say, overwrite=overwrite, checkpoints=checkpoints,
        resume=resume,
    )  # fmt: skip
    typer.echo(
        f"Accuracy {metrics['accuracy']:.3%} on {metrics['test_images']:,} test images, loss "
        f"{metrics['loss']:.4f}."
    )
    typer.echo(
        f"Trained on {metrics['images']:,} images in {metrics['seconds']:.1f} s, "
        f"{metrics['images_per_second']:,.0f} a second."
    )
    typer.echo(f"Fingerprint {metrics['fingerprint']}")
    typer.echo(f"Written to {out}: model, metrics, history and pictures.")
    if metrics["interrupted"]:
        raise typer.Exit(STOPPED)


@app.command()
@one_line_errors
def verify(
    run: Annotated[
        Path, typer.Argument(help="A folder that 'pellucid train' wrote.", metavar="RUN")
    ],
    last: Annotated[
        int | None,
        option(
            "Train only so many last updates anew, from a checkpoint.", show_default="all of them"
        ),
    ] = None,
    data: Annotated[
        str | None, option("Where the run's data is now.", show_default="where it was")
    ] = None,
    workers: Annotated[int | None, option("Threads.", show_default=ONE_EACH)] = None,
) -> None:
    """Train a run anew, and say whether it gives the same bits.

    Every update's loss and parameters are compared with the run's history, and the parameters at
    the end with its model. The exit code is 1 if they differ. Nothing is written.
    """
    from pellucid.kernels.compiling.compile import announce_with
    from pellucid.runs.verification import verify_run

    announce_with(say)
    found = verify_run(run, say, last=last, data=data, workers=workers)
    typer.echo(str(found))
    if not found.same:
        raise typer.Exit(1)


@app.command("evaluate")
@one_line_errors
def evaluate_command(
    model: Model,
    data: Annotated[
        str,
        source("What to test on, as for train. The model knows how to make images of pictures."),
    ] = "mnist",
    skip_bad: SkipBad = False,
    test_share: Annotated[
        float | None,
        source(
            "Part of each class to test on, if there are no test images.",
            show_default="what train kept",
        ),
    ] = None,
    workers: Annotated[int | None, option("Threads.", show_default=ONE_EACH)] = None,
    confusion: Annotated[
        Path | None, option("Also draw the confusion matrix, into this .png file.")
    ] = None,
) -> None:
    """Test a model: accuracy, loss, and a table of the classes."""
    from pellucid.data import load, show_reading
    from pellucid.execution.inference import evaluate
    from pellucid.files.model_file import load_model
    from pellucid.kernels.compiling.compile import announce_with
    from pellucid.runs.reports import class_table, labels_for

    loaded = load_model(model)
    kept = loaded.configuration.get("test_share")
    stored = kept if isinstance(kept, float) else SETTINGS.test_share
    share = stored if test_share is None else test_share
    with show_reading("reading") as progress:
        dataset = load(
            data, say=say, progress=progress, skip_bad=skip_bad, test_share=share,
            preprocessing=loaded.preprocessing,
        )  # fmt: skip
    labels = labels_for(loaded, dataset)
    announce_with(say)
    images = loaded.preprocessing.for_kernels(dataset.test_images)
    found = evaluate(loaded.network, loaded.parameters, images, labels, workers)
    if confusion is not None:
        from pellucid import plots  # 0.3 seconds, of which who draws nothing need not wait

        figure = plots.confusion(labels, found.predicted, loaded.classes)
        plots.save(figure, confusion)
    show_table(class_table(labels, found.predicted, loaded.classes))
    typer.echo(
        f"Accuracy {found.accuracy:.3%}, loss {found.loss:.4f} on "
        f"{len(labels):,} test images of {printable(dataset.name)}."
    )
    if confusion is not None:
        typer.echo(f"Confusion matrix written to {confusion}.")


@app.command()
@one_line_errors
def predict(
    model: Model,
    pictures: Annotated[
        list[Path], typer.Argument(metavar="IMAGE", help="PNG or JPEG files of any size.")
    ],
    as_json: Annotated[
        bool, flag("Print a line of JSON for each picture, not a table.", "--json")
    ] = False,
) -> None:
    """Say what is on pictures, and how sure the model is.

    Pictures may have any size, and be light on dark or dark on light.
    """
    from pellucid.data import read_images
    from pellucid.execution.inference import predict_proba
    from pellucid.files.model_file import load_model
    from pellucid.kernels.compiling.compile import announce_with
    from pellucid.runs.reports import prediction_table

    loaded = load_model(model)
    images = read_images(pictures, loaded.preprocessing)
    announce_with(say)
    ready = loaded.preprocessing.for_kernels(images)
    probabilities = predict_proba(loaded.network, loaded.parameters, ready)
    if as_json:
        for path, row in zip(pictures, probabilities, strict=True):
            shares = dict(zip(loaded.classes, map(float, row), strict=True))
            label = loaded.classes[int(row.argmax())]
            typer.echo(json.dumps({"image": str(path), "label": label, "probabilities": shares}))
    else:
        show_table(prediction_table(pictures, probabilities, loaded.classes))


@app.command()
@one_line_errors
def summary(
    model: Annotated[
        Path | None,
        typer.Argument(
            help="A model.safetensors that a run wrote.",
            metavar="MODEL",
            show_default="the reference network",
        ),
    ] = None,
) -> None:
    """Print the layers of a network, their shapes and how many parameters they have."""
    from pellucid.files.model_file import load_model
    from pellucid.network import presets

    network = presets.reference() if model is None else load_model(model).network
    typer.echo(network.summary())


@app.command()
@one_line_errors
def bench(
    workers: Annotated[int | None, option("Threads.", show_default=ONE_EACH)] = None,
    rounds: Annotated[int, option("Measurements of each figure; the median is shown.")] = 3,
    seconds: Annotated[float, option("How long each measurement lasts, at least.")] = 0.15,
    as_json: Annotated[
        bool, flag("Print a line of JSON for each figure, not a table.", "--json")
    ] = False,
) -> None:
    """Measure this machine: training and inference of three networks, start, share of the peak.

    Takes about half a minute, and an otherwise idle machine. To compare with PyTorch, JAX and
    onnxruntime, run 'make bench' in Pellucid's repository.
    """
    import dataclasses

    from pellucid.execution.workers import count_workers
    from pellucid.kernels.compiling.compile import announce_with
    from pellucid.measuring.own import own_figures
    from pellucid.runs.reports import bench_table

    threads = count_workers(workers)
    whole("rounds", rounds, least=1)
    positive("seconds", seconds)
    announce_with(say)
    found: list[Figure] = []
    group = ""
    for figure in own_figures(seconds, rounds, threads):
        if figure.group != group:
            group = figure.group
            say(f"Measured: {group}")
        found.append(figure)
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(figure)))
    if not as_json:
        show_table(bench_table(found))
        typer.echo(f"{threads} workers, medians of {rounds} measurements.")
