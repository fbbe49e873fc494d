"""``pellucid predict``: what is on pictures."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pellucid import runs
from pellucid.cli.options import Model, command, flag
from pellucid.cli.options import say as tell
from pellucid.errors import ConfigurationError
from pellucid.files.model_file import load_model
from pellucid.runs.folder import model_in
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
            help="Pictures of any size; folders of them; CSV files with an image a row.",
        ),
    ],
    skip_bad: Annotated[
        bool, flag("Go on without what can't be read, and say how many.", "--skip-bad")
    ] = False,
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

    Pictures may have any size, and be light on dark or dark on light. A model of several labels a
    picture says those with a probability above 0.5.
    """
    if as_json + as_csv + kaggle > 1:
        raise ConfigurationError("Only one of --json, --csv and --kaggle can be given.")
    loaded = load_model(model_in(model))
    found = runs.predict_pictures(loaded, pictures, tell, skip_bad=skip_bad)
    if as_json:
        _print_json(found, loaded.classes)
    elif as_csv:
        _print_csv(found, loaded.classes)
    elif kaggle:
        labels = _in_a_cell(found, loaded.classes)
        _print_rows([("ImageId", "Label"), *zip(found.ids, labels, strict=True)])
    elif found.kind == "labels":
        show_table(label_table(found.names, found.probabilities, loaded.classes))
    else:
        show_table(prediction_table(found.names, found.probabilities, loaded.classes))


def _labels(found: Predicted, classes: tuple[str, ...]) -> list[list[str]]:
    """Return what each picture is said to be: one class, or the labels above 0.5."""
    if found.kind == "classes":
        return [[classes[int(row.argmax())]] for row in found.probabilities]
    return [
        [name for name, share in zip(classes, row, strict=True) if share > 0.5]
        for row in found.probabilities
    ]


def _in_a_cell(found: Predicted, classes: tuple[str, ...]) -> list[str]:
    return [" ".join(labels) for labels in _labels(found, classes)]


def _print_json(found: Predicted, classes: tuple[str, ...]) -> None:
    said = _labels(found, classes)
    for name, labels, row in zip(found.names, said, found.probabilities, strict=True):
        answer = {"label": labels[0]} if found.kind == "classes" else {"labels": labels}
        shares = dict(zip(classes, map(float, row), strict=True))
        typer.echo(json.dumps({"image": name, **answer, "probabilities": shares}))


def _print_csv(found: Predicted, classes: tuple[str, ...]) -> None:
    heading = "label" if found.kind == "classes" else "labels"
    rows: list[tuple[object, ...]] = [("image", heading, *classes)]
    cells = _in_a_cell(found, classes)
    for name, cell, row in zip(found.names, cells, found.probabilities, strict=True):
        rows.append((name, cell, *(f"{share:.6g}" for share in row)))
    _print_rows(rows)


def _print_rows(rows: list[tuple[object, ...]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
