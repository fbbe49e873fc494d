"""The command line: ``pellucid train``, ``evaluate``, ``predict``, ``summary``, ``data``."""

from __future__ import annotations

import functools
import io
import json
import re
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from pellucid.augmentation import Augmentation
from pellucid.errors import ConfigurationError, PellucidError
from pellucid.run import RunSettings, reference_run
from pellucid.training import Adam, Schedule

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["app", "main"]

F = TypeVar("F", bound=Callable[..., Any])

app = typer.Typer(
    help="A convolutional classifier for ordinary CPUs, every equation of which can be read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="List and fetch the data sets that have a name.", no_args_is_help=True)
app.add_typer(data_app, name="data")

STOPPED = 130
"""The exit code after Ctrl-C, as shells have it: 128 + SIGINT."""


def main() -> None:
    """Run the command line; what ``pellucid`` and ``python -m pellucid`` call."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't show a letter of a file's name is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    app()


def one_line_errors(command: F) -> F:
    """Turn an error that a person can mend into one line on standard error and exit code 1."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            _fail("Stopped.", STOPPED)
        except ConfigurationError as error:
            _fail(f"Error: {_as_options(str(error), kwargs)}", 1)
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


def _fail(message: str, code: int) -> NoReturn:
    """Print the message as one line, what it lists behind one another, and leave."""
    line = "; ".join(" ".join(part.split()) for part in message.splitlines())
    typer.echo("".join(c if c.isprintable() else "?" for c in line.replace(":; ", ": ")), err=True)
    raise typer.Exit(code)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _show_table(table: Table) -> None:
    from pellucid.reports import console

    console().print(table)


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


def _option(help: str, panel: str | None = None, **settings: Any) -> Any:
    return typer.Option(help=help, rich_help_panel=panel, **settings)


def _flag(help: str, name: str, panel: str | None = None) -> Any:
    return typer.Option(name, help=help, rich_help_panel=panel, metavar="")


def _range(help: str) -> Any:
    return _option(help, "Randomizing", metavar="LOW HIGH")


def _training(help: str) -> Any:
    return _option(help, "Training")


Model = Annotated[
    Path, typer.Argument(help="A model.safetensors that a run wrote.", metavar="MODEL")
]
Bounds = tuple[float, float]
ONE_EACH = "one on each processor"
SETTINGS = RunSettings()
RANDOMIZING = Augmentation()


@app.command()
@one_line_errors
def train(
    data: Annotated[
        str | None,
        _option(
            "A name from 'pellucid data list', an .npz file, or a folder of IDX files.",
            show_default="mnist; where it is out of reach, digits",
        ),
    ] = SETTINGS.data,
    out: Annotated[Path, _option("Folder for what the run writes.")] = Path("runs/reference"),
    overwrite: Annotated[
        bool, _flag("Replace a run that is in the folder.", "--overwrite")
    ] = False,
    images: Annotated[
        int, _training("Training images to draw in all, again and again if need be.")
    ] = SETTINGS.images,
    batch_size: Annotated[int, _training("Images in each update.")] = SETTINGS.batch_size,
    learning_rate: Annotated[
        float, _training("Adam's step size.")
    ] = SETTINGS.optimizer.learning_rate,
    warmup: Annotated[
        float, _training("Share of the updates in which the learning rate rises.")
    ] = SETTINGS.schedule.warmup,
    cooldown: Annotated[
        float, _training("Share of the updates in which the learning rate falls.")
    ] = SETTINGS.schedule.cooldown,
    beta1: Annotated[
        float, _training("How much of the gradient's mean Adam keeps from update to update.")
    ] = SETTINGS.optimizer.beta1,
    beta2: Annotated[
        float, _training("How much of the squared gradient's mean Adam keeps.")
    ] = SETTINGS.optimizer.beta2,
    eps: Annotated[
        float, _training("What keeps Adam from dividing by zero.")
    ] = SETTINGS.optimizer.eps,
    seed: Annotated[int, _training("Number that all randomness comes from.")] = SETTINGS.seed,
    sections: Annotated[
        int, _training("Parts of a batch that are worked on at the same time.")
    ] = SETTINGS.sections,
    workers: Annotated[
        int | None,
        _option("Threads. They never change the result.", "Training", show_default=ONE_EACH),
    ] = SETTINGS.workers,
    randomize: Annotated[
        bool, _flag("Randomize the training images.", "--randomize/--no-randomize", "Randomizing")
    ] = True,
    scale: Annotated[Bounds, _range("Factor of the size.")] = RANDOMIZING.scale,
    rotation: Annotated[
        Bounds, _range("Angle in degrees, counter-clockwise.")
    ] = RANDOMIZING.rotation,
    shift: Annotated[Bounds, _range("Shift in x and in y, in pixels.")] = RANDOMIZING.shift,
    noise_probability: Annotated[
        Bounds, _range("Share of the pixels that get noise.")
    ] = RANDOMIZING.noise_probability,
    noise: Annotated[
        Bounds, _range("What is added to them, where 0 is black and 1 is white.")
    ] = RANDOMIZING.noise,
) -> None:
    """Train the reference network on handwritten digits, test it, and draw the result.

    With no options this is the reference run: 81,000 randomized MNIST images in 79 updates, then
    the 10,000 test images. Ctrl-C ends it early and keeps what was learned.
    """
    augmentation = Augmentation(scale, rotation, shift, noise_probability, noise)
    settings = RunSettings(
        data=data, images=images, batch_size=batch_size, sections=sections, workers=workers,
        optimizer=Adam(learning_rate, beta1, beta2, eps), schedule=Schedule(warmup, cooldown),
        augmentation=augmentation if randomize else None, seed=seed,
    )  # fmt: skip
    metrics = reference_run(settings, out, _say, overwrite=overwrite)
    typer.echo(
        f"Accuracy {metrics['accuracy']:.3%} on {metrics['test_images']:,} test images, loss "
        f"{metrics['loss']:.4f}."
    )
    typer.echo(
        f"Trained on {metrics['images']:,} images in {metrics['seconds']:.1f} s, "
        f"{metrics['images_per_second']:,.0f} a second."
    )
    typer.echo(f"Written to {out}: model, metrics, history and pictures.")
    if metrics["interrupted"]:
        raise typer.Exit(STOPPED)


@app.command("evaluate")
@one_line_errors
def evaluate_command(
    model: Model,
    data: Annotated[
        str,
        _option(
            "What to test on: a name from 'pellucid data list', an .npz file, or a folder of IDX "
            "files."
        ),
    ] = "mnist",
    workers: Annotated[int | None, _option("Threads.", show_default=ONE_EACH)] = None,
    confusion: Annotated[
        Path | None, _option("Also draw the confusion matrix, into this .png file.")
    ] = None,
) -> None:
    """Test a model: accuracy, loss, and a table of the classes."""
    from pellucid import plots
    from pellucid.data import load
    from pellucid.inference import evaluate
    from pellucid.kernels.compile import announce_with
    from pellucid.model_file import load_model
    from pellucid.reports import check_classes, class_table

    loaded = load_model(model)
    dataset = load(data, say=_say)
    check_classes(loaded, dataset)
    announce_with(_say)
    found = evaluate(
        loaded.network, loaded.parameters, dataset.test_images, dataset.test_labels, workers
    )
    if confusion is not None:
        figure = plots.confusion(dataset.test_labels, found.predicted, loaded.classes)
        plots.save(figure, confusion)
    _show_table(class_table(dataset.test_labels, found.predicted, loaded.classes))
    typer.echo(
        f"Accuracy {found.accuracy:.3%}, loss {found.loss:.4f} on "
        f"{len(dataset.test_labels):,} test images of {dataset.name}."
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
        bool, _flag("Print a line of JSON for each picture, not a table.", "--json")
    ] = False,
) -> None:
    """Say what is on pictures, and how sure the model is.

    Pictures may have any size, and be light on dark or dark on light.
    """
    import numpy as np

    from pellucid.data import read_pictures
    from pellucid.inference import predict_proba
    from pellucid.kernels.compile import announce_with
    from pellucid.model_file import load_model
    from pellucid.reports import prediction_table

    loaded = load_model(model)
    read = read_pictures(pictures)
    images = np.stack([loaded.preprocessing.picture(picture) for picture in read])
    announce_with(_say)
    probabilities = predict_proba(loaded.network, loaded.parameters, images)
    if as_json:
        for path, row in zip(pictures, probabilities, strict=True):
            shares = dict(zip(loaded.classes, map(float, row), strict=True))
            label = loaded.classes[int(row.argmax())]
            typer.echo(json.dumps({"image": str(path), "label": label, "probabilities": shares}))
    else:
        _show_table(prediction_table(pictures, probabilities, loaded.classes))


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
    from pellucid import presets
    from pellucid.model_file import load_model

    network = presets.reference() if model is None else load_model(model).network
    typer.echo(network.summary())


@data_app.command("list")
@one_line_errors
def data_list() -> None:
    """List the data sets that have a name, and where they are."""
    from pellucid.data import available
    from pellucid.reports import data_table

    _show_table(data_table(available()))


@data_app.command("fetch")
@one_line_errors
def data_fetch(
    name: Annotated[
        str, typer.Argument(help="A name from 'pellucid data list'.", metavar="NAME")
    ] = "mnist",
) -> None:
    """Fetch a data set into the cache, and verify it."""
    from pellucid.data import fetch

    dataset = fetch(name, _say)
    typer.echo(
        f"{dataset.name}: {len(dataset.train_images):,} training and "
        f"{len(dataset.test_images):,} test images, {dataset.source}."
    )
