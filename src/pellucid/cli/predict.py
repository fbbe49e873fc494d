"""``pellucid predict``: what is on pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pellucid import runs
from pellucid.cli.options import Model, command, flag, say
from pellucid.files.model_file import load_model
from pellucid.runs.folder import model_in
from pellucid.runs.reports import prediction_table, show_table

__all__ = ["predict"]


@command
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
    loaded = load_model(model_in(model))
    probabilities = runs.predict_pictures(loaded, pictures, say)
    if not as_json:
        show_table(prediction_table(pictures, probabilities, loaded.classes))
        return
    for path, row in zip(pictures, probabilities, strict=True):
        shares = dict(zip(loaded.classes, map(float, row), strict=True))
        label = loaded.classes[int(row.argmax())]
        typer.echo(json.dumps({"image": str(path), "label": label, "probabilities": shares}))
