"""The bars: what must be reached, as data. The report says of each whether it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.results import Found

__all__ = ["BARS", "Bar", "Verdict", "judge"]


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes
    ----------
    what : str
        What a person calls it.
    section, figure : str
        Where its figure is found.
    limit : float
        What must be reached.
    unit : str
        Of the figure.
    at_most : bool
        Whether the figure must stay at or below the limit.
    """

    what: str
    section: str
    figure: str
    limit: float
    unit: str = " x"
    at_most: bool = False

    def reached(self, figure: float) -> bool:
        return figure <= self.limit if self.at_most else figure >= self.limit

    @property
    def limit_text(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.limit:g}{self.unit}"


@dataclass(frozen=True)
class Verdict:
    """A bar, and its figure if it was measured."""

    bar: Bar
    figure: float | None

    @property
    def text(self) -> str:
        if self.figure is None:
            return "not measured"
        return "reached" if self.bar.reached(self.figure) else "NOT reached"


BARS = (
    Bar(
        "training against PyTorch's fastest, reference network, batch 1,024",
        "training",
        "reference/1024/plain",
        5,
    ),
    Bar(
        "training, the same, randomizing on both sides", "training", "reference/1024/randomized", 8
    ),
    Bar(
        "training against PyTorch's fastest, LeNet-5's size, batch 1,024",
        "training",
        "lenet/1024/plain",
        3,
    ),
    Bar(
        "training against PyTorch's fastest, wider network, batch 1,024",
        "training",
        "wide/1024/plain",
        1.2,
    ),
    Bar(
        "training against PyTorch's fastest in float32, residual network, batch 256",
        "training",
        "residual/256/plain",
        2,
    ),
    Bar(
        "training against PyTorch's fastest in float32, VGG-like network, batch 256",
        "training",
        "vgg/256/plain",
        3,
    ),
    Bar(
        "training against PyTorch's fastest, reference network, batch 32",
        "training",
        "reference/32/plain",
        5,
    ),
    Bar(
        "one image's latency, onnxruntime's over ours, bytes",
        "inference",
        "reference/latency/bytes",
        1,
    ),
    Bar(
        "one image's latency, onnxruntime's over ours, floats",
        "inference",
        "reference/latency/floats",
        1,
    ),
    Bar("inference at 10,000 images against onnxruntime", "inference", "reference/10000/bytes", 2),
    Bar("one image in C, the faster compiler's, reference network", "c_code", "reference/C", 1),
    Bar("one image in C, the faster compiler's, wider network", "c_code", "wide/C", 1),
    Bar("two workers over one, batch 1,024", "scaling", "two workers", 1.9),
    Bar("randomizing's share of a step", "training", "randomizing share", 15, " %", True),
    Bar(
        "import pellucid, with the interpreter's own start taken off",
        "start",
        "import",
        0.3,
        " s",
        True,
    ),
    Bar(
        "first update, cold cache, start of the process included",
        "start",
        "first cold",
        8,
        " s",
        True,
    ),
    Bar(
        "first update, warm cache, start of the process included",
        "start",
        "first warm",
        1,
        " s",
        True,
    ),
    Bar(
        "grid search over 20 network shapes, cold cache, all of it", "grid", "cold", 30, " s", True
    ),
    Bar("training against the NumPy rendition, batch 1,024", "training", "numpy", 2000),
    Bar("the worst network of the sweep against PyTorch eager", "sweep", "worst", 1),
)


def judge(found: Mapping[str, Found]) -> list[Verdict]:
    """Return a verdict on every bar from what the sections found."""
    return [
        Verdict(bar, found[bar.section].figures.get(bar.figure) if bar.section in found else None)
        for bar in BARS
    ]
