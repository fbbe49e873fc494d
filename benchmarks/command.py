"""The command line of the benchmarks: which sections, how long, and where the results go."""

from __future__ import annotations

import argparse
import fnmatch
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from rich.console import Console

from benchmarks.report import PICTURE, RESULTS, TABLES, Report, bars_table, show
from benchmarks.results import Found
from benchmarks.sections import inference, training
from benchmarks.settings import Settings

__all__ = ["SECTIONS", "main"]

SECTIONS = (
    "training", "accuracy", "inference", "c_code", "start", "scaling", "peak", "grid", "sweep",
)  # fmt: skip
"""The measurements in order; each is a file of that name in ``sections``."""

CASES = (training, inference)
"""The sections that have cases."""

OUT, QUICK_OUT = Path("docs", "benchmarks"), Path("runs", "benchmarks-quick")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for; print tables, and write them after every case and section."""
    options = _parse(arguments)
    settings = _settings(options)
    report = Report(options.out or (QUICK_OUT if options.quick else OUT))
    console = Console(width=None if sys.stdout.isatty() else 140)
    if not options.report:
        for name in options.only or SECTIONS:
            _run(name, settings, report, console)
    else:
        report.write()
    show(bars_table(report.verdicts()), console)
    where = ", ".join((RESULTS, TABLES, PICTURE))
    console.print(f"Written to {report.folder}: {where}.", soft_wrap=True)


def _run(name: str, settings: Settings, report: Report, console: Console) -> None:
    """Measure one section; whatever goes wrong in it, the others are measured."""
    section: ModuleType = import_module(f"benchmarks.sections.{name}")
    console.rule(section.TITLE)
    start = time.perf_counter()

    def say(line: str) -> None:
        console.print(f"[dim]{time.perf_counter() - start:6.0f} s  {line}[/dim]", soft_wrap=True)

    def save(found: Found) -> None:
        # Some cases of a section take the place of these alone.
        some = settings.cases != Settings.cases
        seconds = time.perf_counter() - start
        report.add(name, section.TITLE, found, seconds, settings.quick, stays=some)

    found = section.run(settings, say, save)
    seconds = time.perf_counter() - start
    save(found)
    for table in found.tables:
        show(table, console)
    for line in found.failed:
        console.print(f"[red]not measured:[/red] {line}", soft_wrap=True)
    console.print(f"{section.TITLE}: {seconds:.0f} s")


def _settings(options: argparse.Namespace) -> Settings:
    settings = Settings.for_quick() if options.quick else Settings()
    changed = {
        name: getattr(options, name)
        for name in ("rounds", "seconds", "cases")
        if getattr(options, name) is not None
    }
    return settings.but(**changed)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Pellucid beside its peers, in turn, in one run; see docs/benchmarks.md.",
    )
    parser.add_argument(
        "--only", type=_sections, metavar="NAME,NAME",
        help=f"these sections alone, of {', '.join(SECTIONS)}; what was measured before stays",
    )  # fmt: skip
    parser.add_argument(
        "--cases", type=_patterns, metavar="NAME,NAME",
        help="of the sections with cases, training and inference, these alone, such as "
        "'reference/1024/*'; what was measured of the others stays",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a smoke run of a minute or two")
    parser.add_argument("--rounds", type=_positive_int, help="measurements in turn (default 5)")
    parser.add_argument("--seconds", type=_positive, help="of each, at least (default 0.3)")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help=f"for the results (default {OUT})"
    )
    parser.add_argument(
        "--report", action="store_true", help="measure nothing; write tables and picture again"
    )
    return parser.parse_args(arguments)


def _sections(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is no section; there are {', '.join(SECTIONS)}"
            )
    return names


def _patterns(text: str) -> tuple[str, ...]:
    """Return patterns of which each is that of a case."""
    patterns = tuple(part.strip() for part in text.split(",") if part.strip())
    known = [case.name for section in CASES for case in section.all_cases()]
    for pattern in patterns:
        if not fnmatch.filter(known, pattern):
            raise argparse.ArgumentTypeError(
                f"{pattern!r} is no case; there are {', '.join(known)}"
            )
    return patterns


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _positive_int(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value
