"""Start: what importing, the first update and installing cost, beside PyTorch and scikit-learn."""

from __future__ import annotations

import re
import tempfile
from importlib import metadata

from benchmarks.fresh import run_fresh
from benchmarks.processes import RemoteError
from benchmarks.results import Found, Table, spread
from benchmarks.settings import Save, Say, Settings

TITLE = "Start"

TIMED_IMPORT = (
    "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"
)
IMPORTS = ("numpy", "pellucid", "sklearn", "torch", "jax")

FIRST = ["-m", "benchmarks.peers.first_update"]
INSTALLED = ("pellucid", "torch", "scikit-learn", "jax")


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    rounds = 2 if settings.quick else max(3, settings.rounds)
    say("imports")
    imports: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, values in imports.items():
            _try(found, name, lambda name=name, values=values: values.append(_import(name)))
    say("first update")
    updates: dict[str, list[float]] = {
        "Pellucid, cold kernel cache": [], "Pellucid, warm kernel cache": [], "PyTorch eager": [],
    }  # fmt: skip
    for _ in range(rounds):
        _first_updates(updates, found)
    table = Table("Seconds until it can be used", ["what", "seconds"])
    table.note = (
        "Imports are timed inside the process; a first update (reference network, batch 1,024) "
        "from before the process starts to its end. The peers get their import and one step, "
        "eager; the interpreter itself is in neither import."
    )
    for name, values in imports.items():
        if values:
            table.rows.append([f"import {name}", spread(values).text(digits=3)])
    for name, values in updates.items():
        if values:
            table.rows.append([f"first update, {name}", spread(values).text(digits=2)])
    found.tables += [table, _sizes(found)]
    found.data["seconds"] = {"import": imports, "first update": updates}
    for figure, values in (
        ("import", imports["pellucid"]),
        ("first cold", updates["Pellucid, cold kernel cache"]),
        ("first warm", updates["Pellucid, warm kernel cache"]),
    ):
        if values:
            found.figures[figure] = spread(values).median
    return found


def _import(name: str) -> float:
    return float(run_fresh(["-c", TIMED_IMPORT.format(name)])[1])


def _first_updates(updates: dict[str, list[float]], found: Found) -> None:
    """Time a first update of each kind once; every cold one has an empty cache of its own."""
    cold, warm, eager = updates.values()
    with tempfile.TemporaryDirectory() as cache:
        environment = {"PELLUCID_CACHE": cache}
        for values in (cold, warm):
            _try(
                found, "first update, Pellucid",
                lambda v=values: v.append(run_fresh([*FIRST, "pellucid"], environment)[0]),
            )  # fmt: skip
    _try(
        found, "first update, PyTorch",
        lambda: eager.append(run_fresh([*FIRST, "torch"])[0]),
    )  # fmt: skip


def _try(found: Found, what: str, measure: object) -> None:
    try:
        measure()  # type: ignore[operator]
    except RemoteError as error:
        found.failed.append(f"{what}: {error}")


def _sizes(found: Found) -> Table:
    """Return what each package and all that it needs take up, as installed here."""
    table = Table("Installed megabytes, with all dependencies", ["package", "MB", "packages"])
    table.note = "The files that pip recorded, in the environment of this run; compiled Python too."
    for name in INSTALLED:
        try:
            needed = closure(name)
        except metadata.PackageNotFoundError:
            continue
        megabytes = sum(installed_bytes(package) for package in needed) / 1e6
        found.data.setdefault("megabytes", {})[name] = megabytes
        table.rows.append([name, f"{megabytes:,.0f}", f"{len(needed)}"])
    return table


def closure(name: str) -> set[str]:
    """Return a package and everything it requires here, by normalized name."""
    from packaging.requirements import Requirement

    todo, found = [name], set()
    while todo:
        current = normalized(todo.pop())
        if current in found:
            continue
        found.add(current)
        for line in metadata.requires(current) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return found


def normalized(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_bytes(name: str) -> int:
    """Return the size of a package's recorded files; of our own source where it is editable."""
    if name == "pellucid":
        import pellucid

        folder = re.sub(r"[\\/]__init__\.py$", "", pellucid.__file__ or "")
        from pathlib import Path

        return sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file())
    paths = [file.locate() for file in metadata.files(name) or []]
    return sum(path.stat().st_size for path in paths if path.is_file())  # type: ignore[attr-defined]
