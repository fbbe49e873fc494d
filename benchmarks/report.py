"""The results on disk: one JSON file that sections are added to, tables to read, and a picture."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks import picture
from benchmarks.bars import Verdict, judge
from benchmarks.results import Found, Table
from pellucid.arguments import count_workers
from pellucid.files.atomic import atomic_write

__all__ = ["Report", "bars_table", "show"]

PACKAGES = ("pellucid", "numpy", "numba", "scikit-learn", "torch", "jax", "onnxruntime", "skorch")
RESULTS, TABLES, PICTURE = "results.json", "results.md", "bars.png"


class Report:
    """A folder of results. Sections that were measured before stay until they are measured again.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / RESULTS
        self.sections: dict[str, dict[str, Any]] = (
            json.loads(path.read_text(encoding="utf-8"))["sections"] if path.exists() else {}
        )

    def add(
        self, name: str, title: str, found: Found, seconds: float, quick: bool, *,
        stays: bool = False,
    ) -> None:  # fmt: skip
        """Put a section in the place of what it was, and write everything.

        With ``stays`` only its cases that were measured again are replaced.
        """
        if stays and name in self.sections:
            found = self.found()[name].replaced_by(found)
        self.sections[name] = {
            "title": title, "measured": conditions(seconds, quick), **found.to_dict(),
        }  # fmt: skip
        self.write()

    def found(self) -> dict[str, Found]:
        """Return every section's findings."""
        keys = ("tables", "figures", "data", "failed")
        return {
            name: Found.from_dict({key: values[key] for key in keys})
            for name, values in self.sections.items()
        }

    def verdicts(self) -> list[Verdict]:
        """Return what is said of every bar."""
        return judge(self.found())

    def write(self) -> None:
        """Write JSON, tables and picture."""
        verdicts = self.verdicts()
        bars = [
            {"what": v.bar.what, "limit": v.bar.limit_text, "figure": v.figure, "verdict": v.text}
            for v in verdicts
        ]
        text = json.dumps({"bars": bars, "sections": self.sections}, indent=1)
        atomic_write(self.folder / RESULTS, (text + "\n").encode())
        atomic_write(self.folder / TABLES, self.markdown().encode())
        picture.draw(verdicts, self.folder / PICTURE)

    def markdown(self) -> str:
        """Return all tables as a page."""
        parts = ["# Results", "", f"![What was reached]({PICTURE})", ""]
        parts += _markdown(bars_table(self.verdicts()))
        for values in self.sections.values():
            parts += [f"## {values['title']}", "", _conditions_line(values["measured"]), ""]
            for table in values["tables"]:
                parts += _markdown(Table(**table))
            if values["failed"]:
                parts += ["Not measured:", "", *(f"- {line}" for line in values["failed"]), ""]
        return "\n".join(parts)


def bars_table(verdicts: list[Verdict]) -> Table:
    """Return the table of the bars."""
    rows = [
        [
            v.bar.what,
            v.bar.limit_text,
            "-" if v.figure is None else f"{v.figure:,.4g}{v.bar.unit}",
            v.text,
        ]
        for v in verdicts
    ]
    return Table("The bars", ["what", "bar", "measured", ""], rows)


def show(table: Table, console: Console) -> None:
    """Print a table."""
    rich = RichTable(title=table.title, caption=table.note or None, title_justify="left")
    for number, column in enumerate(table.columns):
        rich.add_column(column, justify="left" if number == 0 else "right")
    for row in table.rows:
        rich.add_row(*row)
    console.print(rich)


def conditions(seconds: float, quick: bool) -> dict[str, Any]:
    """Return when, where and with what was measured."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": round(seconds),
        "quick": quick,
        "cores": count_workers(None),
        "processor": processor(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "packages": versions,
    }


def processor() -> str:
    """Return the processor's name as the system knows it."""
    path = Path("/proc") / "cpuinfo"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _conditions_line(measured: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in measured["packages"].items())
    quick = " A smoke run: the figures mean little." if measured["quick"] else ""
    return (
        f"{measured['date']}, {measured['cores']} cores of {measured['processor']}, Python "
        f"{measured['python']}, {packages}; {measured['seconds']} s.{quick}"
    )


def _markdown(table: Table) -> list[str]:
    rule = ["---", *["---:"] * (len(table.columns) - 1)]
    rows = [table.columns, rule, *table.rows]
    lines = [f"**{table.title}**", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    return [*lines, table.note, ""] if table.note else lines
