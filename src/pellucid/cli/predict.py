"""``pellucid predict``: what is on pictures."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pellucid import runs
from pellucid.cli.options import Model, command, flag, option
from pellucid.cli.options import say as tell
from pellucid.errors import ConfigurationError
from pellucid.files.model_file import load_model
from pellucid.runs.folder import model_in
from pellucid.runs.reports import prediction_table, show_table

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
            help="Pictures of any size; folders of them; CSV files with an image a row.",
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
            "Print CSV as Kaggle takes it: ImageId and Label. The id is a row's number, or a "
            "picture's name.",
            "--kaggle",
        ),
    ] = False,
) -> None:
    """Say what is on pictures, and how sure the model is.

    Pictures may have any size, and be light on dark or dark on light.
    """
    if as_json + as_csv + kaggle > 1:
        raise ConfigurationError("Only one of --json, --csv and --kaggle can be given.")
    loaded = load_model(model_in(model))
    found = runs.predict_pictures(
        loaded, pictures, tell, skip_bad=skip_bad, unknown=unknown, false_alarms=false_alarms
    )
    labels = found.labels(loaded.classes)
    if as_json:
        _print_json(found, labels, loaded.classes)
    elif as_csv:
        _print_csv(found, labels, loaded.classes)
    elif kaggle:
        _print_rows([("ImageId", "Label"), *zip(found.ids, labels, strict=True)])
    else:
        show_table(prediction_table(found.names, found.probabilities, loaded.classes, labels))


def _print_json(found: Predicted, labels: list[str], classes: tuple[str, ...]) -> None:
    for number, (name, label, row) in enumerate(
        zip(found.names, labels, found.probabilities, strict=True)
    ):
        line: dict[str, object] = {"image": name, "label": label}
        if found.is_known is not None:  # a class may be called unknown too
            line["is_known"] = bool(found.is_known[number])
        line["probabilities"] = dict(zip(classes, map(float, row), strict=True))
        typer.echo(json.dumps(line))


def _print_csv(found: Predicted, labels: list[str], classes: tuple[str, ...]) -> None:
    rows: list[tuple[object, ...]] = [("image", "label", *classes)]
    for name, label, row in zip(found.names, labels, found.probabilities, strict=True):
        rows.append((name, label, *(f"{share:.6g}" for share in row)))
    _print_rows(rows)


def _print_rows(rows: list[tuple[object, ...]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
