"""The picture: how far each measured figure is above its bar."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bars import Verdict

__all__ = ["draw", "score"]


def score(verdict: Verdict) -> float | None:
    """Return how many times the bar is reached: 1 is just so, more is better, on every bar."""
    if verdict.figure is None or verdict.figure <= 0:
        return None
    times = verdict.figure / verdict.bar.limit
    return 1 / times if verdict.bar.at_most else times


def draw(verdicts: list[Verdict], path: Path) -> None:
    """Draw what was measured as bars on a logarithmic scale, 1 being what was asked for."""
    import matplotlib as mpl

    from pellucid import plots

    with mpl.rc_context({"font.size": 9}):
        plots.save(_figure(verdicts), path)


def _figure(verdicts: list[Verdict]):
    from matplotlib.figure import Figure

    measured = [(v, s) for v in verdicts if (s := score(v)) is not None]
    figure = Figure(figsize=(9, 1.2 + 0.36 * max(1, len(measured))), layout="constrained")
    axes = figure.subplots()
    for row, (verdict, times) in enumerate(measured):
        color = "#2a78b5" if times >= 1 else "#c8553d"
        axes.barh(row, times - 1, left=1, color=color, height=0.6)
        text = f" {verdict.figure:,.4g}{verdict.bar.unit} ({verdict.bar.limit_text}) "
        axes.annotate(text, (times, row), va="center", ha="left" if times >= 1 else "right")
    axes.set_xscale("log")
    scores = [times for _, times in measured] or [1.0]
    axes.set_xlim(min(0.02, min(scores) / 8), max(50, max(scores) * 12))
    # Our pictures read no formulas, so that no name becomes one: powers of ten as plain numbers.
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(range(len(measured)), [verdict.bar.what for verdict, _ in measured])
    axes.invert_yaxis()
    axes.set_xlabel("times the bar (1 is what was asked for; blue is reached)")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
