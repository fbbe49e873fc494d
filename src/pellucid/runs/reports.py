"""Tables that the command line prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pellucid.console import printable
from pellucid.recipes import RECIPES
from pellucid.runs.page import class_rows

if TYPE_CHECKING:
    from pellucid.data import Available
    from pellucid.measuring import Figure

__all__ = [
    "bench_table",
    "class_table",
    "console",
    "data_table",
    "label_table",
    "prediction_table",
    "recipes_table",
    "show_table",
]

SHOWN = 3
"""Classes listed for a picture beside the likeliest."""

UNBROKEN = 10_000
"""Columns of an output that is no terminal: a table in a file or a pipe is not broken."""


def console() -> Console:
    """Return what prints tables: as wide as the terminal or ``COLUMNS``, else without a limit."""
    limited = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if limited else UNBROKEN)


def show_table(table: Table) -> None:
    """Print a table."""
    console().print(table)


def class_table(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]
) -> Table:
    """Return a row a class: how many images, how many found, precision and recall."""
    table = _table("class")
    for column in ("images", "right", "precision", "recall"):
        table.add_column(column, justify="right")
    for row in class_rows(labels, predicted, classes):
        table.add_row(*map(_text, row))
    return table


def prediction_table(
    names: Iterable[object],
    probabilities: NDArray[np.float32],
    classes: Sequence[str],
    labels: Sequence[str] | None = None,
) -> Table:
    """Return a row a picture: the label, its probability, and the next likeliest classes.

    A label that is not the likeliest class stands alone; without ``labels`` all are.
    """
    likeliest = [classes[int(row.argmax())] for row in probabilities]
    table = _table("picture", "label")
    table.add_column("probability", justify="right")
    table.add_column("then")
    for name, row, label in zip(names, probabilities, labels or likeliest, strict=True):
        order = np.argsort(-row, kind="stable")
        others = ", ".join(f"{classes[k]} {row[k]:.1%}" for k in order[1 : 1 + SHOWN])
        if label != classes[order[0]]:
            table.add_row(_text(name), _text(label))
            continue
        table.add_row(_text(name), _text(label), f"{row[order[0]]:.1%}", _text(others))
    return table


def label_table(
    names: Iterable[object], probabilities: NDArray[np.float32], classes: Sequence[str]
) -> Table:
    """Return a row a picture: its labels, those above 0.5, and the next likeliest."""
    table = _table("picture", "labels", "then")
    for name, row in zip(names, probabilities, strict=True):
        order = np.argsort(-row, kind="stable")
        said = [f"{classes[k]} {row[k]:.1%}" for k in order]
        count = int((row > 0.5).sum())
        has, others = ", ".join(said[:count]) or "none", ", ".join(said[count : count + SHOWN])
        table.add_row(_text(name), _text(has), _text(others))
    return table


def data_table(rows: Iterable[Available]) -> Table:
    """Return a row a named data set."""
    table = _table("name", "what", "images", "where")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def recipes_table() -> Table:
    """Return a row a recipe."""
    table = _table("name", "what")
    for name, made in RECIPES.items():
        table.add_row(_text(name), _text((made.__doc__ or "").splitlines()[0]))
    return table


def bench_table(figures: Iterable[Figure]) -> Table:
    """Return a row a figure of this machine, each group named once."""
    table, group = _table("what", ""), ""
    for column in ("median", "lowest", "highest", "unit"):
        table.add_column(column, justify="left" if column == "unit" else "right")
    for figure in figures:
        values = [f"{v:,.{_digits(v)}f}" for v in (figure.value, figure.low, figure.high)]
        table.add_row(
            _text("" if figure.group == group else figure.group), _text(figure.name), *values,
            _text(figure.unit),
        )  # fmt: skip
        group = figure.group
    return table


def _digits(value: float) -> int:
    return 0 if value >= 100 else 1 if value >= 10 else 2


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _text(value: object) -> Text:
    """Return names as they are: nothing in a file's or a class's name is markup or a command."""
    return Text(printable(str(value)))
