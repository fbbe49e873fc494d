"""What the sections of the benchmark give, and how measurements are summed up."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Found", "Spread", "Table", "pairs", "spread"]


@dataclass
class Table:
    """A table as a person reads it: every cell is text."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""


@dataclass
class Found:
    """What one section found.

    Attributes
    ----------
    tables : list of Table
        For reading.
    figures : dict
        Single figures by name: what the bars look at.
    data : dict
        Every measurement.
    failed : list of str
        What could not be measured, and why.
    """

    tables: list[Table] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def replaced_by(self, other: Found) -> Found:
        """Return these findings with those of some cases in the place of what they were."""
        titles = [table.title for table in other.tables]
        tables = {table.title: table for table in [*self.tables, *other.tables]}
        failed = [
            line for line in self.failed
            if line not in other.failed and not any(line.startswith(title) for title in titles)
        ]  # fmt: skip
        return Found(
            list(tables.values()), self.figures | other.figures, self.data | other.data,
            [*failed, *other.failed],
        )  # fmt: skip

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Found:
        tables = [Table(**table) for table in values["tables"]]
        return cls(tables, values["figures"], values["data"], values["failed"])


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing: their median, and from where to where they go."""

    median: float
    low: float
    high: float

    def text(self, unit: str = "", digits: int = 0) -> str:
        """Return ``median (low to high)``."""
        return (
            f"{self.median:,.{digits}f}{unit} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"
        )


def spread(values: Sequence[float]) -> Spread:
    """Sum up measurements."""
    return Spread(statistics.median(values), min(values), max(values))


def pairs(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return our figure over theirs, round by round, as far as both go."""
    return [a / b for a, b in zip(ours, theirs, strict=False)]
