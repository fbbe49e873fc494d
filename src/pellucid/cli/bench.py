"""``pellucid bench``: how fast this machine trains and predicts."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from pellucid import measuring
from pellucid.arguments import count_workers, positive, whole
from pellucid.cli.options import command, flag, option, say
from pellucid.cli.settings import Threads
from pellucid.runs.reports import bench_table, show_table

if TYPE_CHECKING:
    from pellucid.measuring import Figure

__all__ = ["bench"]


@command
def bench(
    workers: Threads = None,
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
    threads = count_workers(workers)
    whole("rounds", rounds, least=1)
    positive("seconds", seconds)
    figures: list[Figure] = []
    for figure in measuring.own_figures(seconds, rounds, threads, say=say):
        if not figures or figure.group != figures[-1].group:
            say(f"Measured: {figure.group}")
        figures.append(figure)
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(figure)))
    if not as_json:
        show_table(bench_table(figures))
        typer.echo(f"{threads} workers, medians of {rounds} measurements.")
