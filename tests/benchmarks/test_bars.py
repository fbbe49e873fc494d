"""The bars are those that were set, and verdicts follow from the figures."""

import importlib

import pytest

from benchmarks.bars import BARS, Bar, judge
from benchmarks.command import SECTIONS
from benchmarks.results import Found


def test_the_bars_are_those_that_were_set():
    limits = [(bar.limit, bar.at_most) for bar in BARS]
    assert limits[:4] == [(5, False), (8, False), (3, False), (1.2, False)]
    assert limits[4:7] == [(2, False), (3, False), (5, False)]
    assert {bar.figure: bar.limit for bar in BARS if bar.at_most} == {
        "randomizing share": 15, "import": 0.3, "first cold": 8, "first warm": 1, "cold": 30,
    }  # fmt: skip
    assert {bar.section for bar in BARS} <= set(SECTIONS)
    for name in SECTIONS:
        assert callable(importlib.import_module(f"benchmarks.sections.{name}").run)


@pytest.mark.parametrize(
    ("figure", "at_most", "text"),
    [
        (5.0, False, "reached"),
        (4.999, False, "NOT reached"),
        (5.0, True, "reached"),
        (5.001, True, "NOT reached"),
        (None, True, "not measured"),
    ],
)
def test_verdicts(monkeypatch, figure, at_most, text):
    monkeypatch.setattr("benchmarks.bars.BARS", (Bar("w", "s", "f", 5, at_most=at_most),))
    figures = {} if figure is None else {"f": figure}
    [verdict] = judge({"s": Found(figures=figures)})
    assert verdict.text == text


def test_a_section_that_was_not_run_is_not_measured():
    assert {verdict.text for verdict in judge({})} == {"not measured"}
