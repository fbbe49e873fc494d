"""``pellucid predict``: what is on pictures."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pellucid import runs
from pellucid.cli.commands import model_before
from pellucid.cli.options import Model, Several, command, flag, option
from pellucid.cli.options import say as tell
from pellucid.errors import ConfigurationError
from pellucid.runs.reports import label_table, prediction_table, show_table

if TYPE_CHECKING:
    from pellucid.runs.models import Predicted

__all__ = ["predict"]


@command
def predict(
    model: Model,
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="IMAGE",
            help="Pictures of any size; folders and zip archives of them; files with an image a "
            "row (CSV) or of arrays (.npy, .npz, .mat, IDX).",
        ),
    ],
    skip_bad: Annotated[
        bool, flag("Go on without what can't be read, and say how many.", "--skip-bad")
    ] = False,
    unknown: Annotated[
        bool,
        flag(
            'Say "unknown" of pictures that are like none of the training. Strange pictures may '
            "still pass.",
            "--unknown",
        ),
    ] = False,
    false_alarms: Annotated[
        float | None,
        option(
            "How many pictures of the training's kind --unknown may take for unknown, as a share.",
            show_default="the model's, mostly 0.05",
        ),
    ] = None,
    as_json: Annotated[
        bool, flag("Print a line of JSON for each picture, not a table.", "--json")
    ] = False,
    as_csv: Annotated[
        bool, flag("Print CSV: image, label, and the probability of each class.", "--csv")
    ] = False,
    kaggle: Annotated[
        bool,
        flag(
            "Print CSV as Kaggle takes it: ImageId and Label. The id is what a column id or "
            "ImageId says, else a row's number; or a picture's name.",
            "--kaggle",
        ),
    ] = False,
    views: Several = None,
) -> None:
    """Say what is on pictures, and how sure the model is.

    Pictures may have any size, and be light on dark or dark on light. A model of several labels a
    picture says those with a probability above 0.5.
    """
    if as_json + as_csv + kaggle > 1:
        raise ConfigurationError("Only one of --json, --csv and --kaggle can be given.")
    loaded = model_before(model, pictures)
    found = runs.predict_pictures(
        loaded, pictures, tell, skip_bad=skip_bad, views=views, unknown=unknown,
        false_alarms=false_alarms,
    )  # fmt: skip
    labels = found.labels(loaded.classes)
    if as_json:
        _print_json(found, labels, loaded.classes)
    elif as_csv:
        _print_csv(found, labels, loaded.classes)
    elif kaggle:
        cells = [" ".join(said) for said in labels]
        _print_rows([("ImageId", "Label"), *zip(found.ids, cells, strict=True)])
    elif found.kind == "labels":
        show_table(label_table(found.names, found.probabilities, loaded.classes))
    else:
        said = [one for (one,) in labels]
        show_table(prediction_table(found.names, found.probabilities, loaded.classes, said))


def _print_json(found: Predicted, labels: list[list[str]], classes: tuple[str, ...]) -> None:
    for number, (name, said, row) in enumerate(
        zip(found.names, labels, found.probabilities, strict=True)
    ):
        line: dict[str, object] = {"image": name}
        line |= {"label": said[0]} if found.kind == "classes" else {"labels": said}
        if found.is_known is not None:  # a class may be called unknown too
            line["is_known"] = bool(found.is_known[number])
        line["probabilities"] = dict(zip(classes, map(float, row), strict=True))
        typer.echo(json.dumps(line))


def _print_csv(found: Predicted, labels: list[list[str]], classes: tuple[str, ...]) -> None:
    heading = "label" if found.kind == "classes" else "labels"
    rows: list[tuple[object, ...]] = [("image", heading, *classes)]
    for name, said, row in zip(found.names, labels, found.probabilities, strict=True):
        rows.append((name, " ".join(said), *(f"{share:.6g}" for share in row)))
    _print_rows(rows)


def _print_rows(rows: list[tuple[object, ...]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
