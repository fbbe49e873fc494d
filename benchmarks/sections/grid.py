"""A grid search over 20 shapes of network, with nothing compiled before and with all of it."""

from __future__ import annotations

import tempfile

from benchmarks.fresh import run_fresh
from benchmarks.processes import RemoteError
from benchmarks.results import Found, Table, spread
from benchmarks.settings import Save, Say, Settings

TITLE = "Grid search over 20 shapes"


def run(settings: Settings, say: Say, save: Save) -> Found:
    found, cold, warm = Found(), [], []
    say("grid search, cold and warm cache")
    for _ in range(1 if settings.quick else 2):
        with tempfile.TemporaryDirectory() as cache:
            for seconds in (cold, warm):
                try:
                    seconds.append(
                        run_fresh(["-m", "benchmarks.grid_of_shapes"], {"PELLUCID_CACHE": cache})[0]
                    )
                except RemoteError as error:
                    found.failed.append(str(error))
    if not (cold and warm):
        return found
    table = Table("GridSearchCV over 20 networks, 3 folds of the 8 x 8 digits", ["", "seconds"])
    table.note = "The whole process, from its start to its end."
    table.rows = [
        ["cold cache", spread(cold).text(digits=1)],
        ["warm cache", spread(warm).text(digits=1)],
        ["compiling", f"{spread(cold).median - spread(warm).median:.1f}"],
    ]
    found.tables.append(table)
    found.figures |= {"cold": spread(cold).median, "warm": spread(warm).median}
    found.data = {"cold": cold, "warm": warm}
    return found
