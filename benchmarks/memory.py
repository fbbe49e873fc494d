"""How much memory belongs to this process. Linux only: it is read from the proc file system."""

from __future__ import annotations

import threading
from pathlib import Path

__all__ = ["Watch", "megabytes"]

STATUS = Path("/proc") / "self" / "status"


def megabytes(field: str) -> float:
    """Return a line of this process's status in MB."""
    for line in STATUS.read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit(f"{STATUS} has no {field}")


class Watch:
    """Looks 50 times a second at how much memory belongs to this process alone."""

    def __init__(self) -> None:
        self.most = megabytes("RssAnon")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(0.02):
            self.most = max(self.most, megabytes("RssAnon"))

    def stop(self) -> float:
        """Look once more, and return the most that was seen."""
        self._end.set()
        self._thread.join()
        return max(self.most, megabytes("RssAnon"))
