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
from pellucid.images.views import Views
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
    views: Annotated[
        Views | None,
        option(
            "Look at each picture and its mirror image; at it and four that are shifted a little; "
            "or at both. It takes 2, 5 or 10 times as long.",
            show_default="it alone",
        ),
    ] = None,
) -> None:
    """Say what is on pictures, and how sure the model is.

    Pictures may have any size, and be light on dark or dark on light.
    """
    if as_json + as_csv + kaggle > 1:
        raise ConfigurationError("Only one of --json, --csv and --kaggle can be given.")
    loaded = load_model(model_in(model))
    found = runs.predict_pictures(loaded, pictures, tell, skip_bad=skip_bad, views=views)
    if as_json:
        _print_json(found, loaded.classes)
    elif as_csv:
        _print_csv(found, loaded.classes)
    elif kaggle:
        labels = _labels(found, loaded.classes)
        _print_rows([("ImageId", "Label"), *zip(found.ids, labels, strict=True)])
    else:
        show_table(prediction_table(found.names, found.probabilities, loaded.classes))


def _labels(found: Predicted, classes: tuple[str, ...]) -> list[str]:
    return [classes[int(row.argmax())] for row in found.probabilities]


def _print_json(found: Predicted, classes: tuple[str, ...]) -> None:
    labels = _labels(found, classes)
    for name, label, row in zip(found.names, labels, found.probabilities, strict=True):
        shares = dict(zip(classes, map(float, row), strict=True))
        typer.echo(json.dumps({"image": name, "label": label, "probabilities": shares}))


def _print_csv(found: Predicted, classes: tuple[str, ...]) -> None:
    rows: list[tuple[object, ...]] = [("image", "label", *classes)]
    labels = _labels(found, classes)
    for name, label, row in zip(found.names, labels, found.probabilities, strict=True):
        rows.append((name, label, *(f"{share:.6g}" for share in row)))
    _print_rows(rows)


def _print_rows(rows: list[tuple[object, ...]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
