"""Lines, bars and the log of an estimator's training."""

import io
import logging
import math
import re
import sys

import pytest

from pellucid.estimators import telling as module
from pellucid.estimators.passes import Epoch, Standing
from pellucid.estimators.telling import line_of, telling
from pellucid.notebook import Line
from tests.estimators.small import SOME, THEIRS, small

LINE = r"pass {} of 3  loss \d\.\d{{4}}  accuracy [\d.]+%  [\d,]+ images/s  \d+ s left"


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Cell(Line):
    """A notebook's line without its notebook."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def write(self, text):
        self.texts.append(text)


@pytest.fixture
def cell(monkeypatch):
    line = Cell()
    monkeypatch.setattr(module, "in_notebook", lambda: True)
    monkeypatch.setattr(module, "Line", lambda: line)
    return line


def test_a_line_says_what_is_known():
    assert line_of(Epoch(1, 2.5, None, 0.5)) == "pass 1  loss 2.5000  accuracy 50.00%"
    score = Epoch(2, 0.25, 0.875, 0.75, 4, 1234.4, 900.0)
    assert line_of(score) == (
        "pass 2 of 4  loss 0.2500  accuracy 75.00%  validation 87.50%  1,234 images/s  15 min left"
    )


def test_a_line_a_pass(capsys):
    small(verbose=1).fit(SOME, THEIRS)
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        assert re.fullmatch(LINE.format(number), line), line
    assert lines[-1].endswith(" 0 s left")


def test_without_a_terminal_a_bar_is_lines(capsys):
    small(verbose="bar").fit(SOME, THEIRS)
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_terminal_has_a_bar(monkeypatch, capsys):
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stderr", stream)
    small(verbose="bar", early_stopping=True).fit(SOME, THEIRS)
    assert capsys.readouterr().out == ""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert "━" in text
    assert re.search(r"pass 3 of 3  loss .*  validation [\d.]+%  [\d,]+ images/s  0 s left", text)


def test_a_cell_has_one_line(cell, capsys):
    small(verbose=True).fit(SOME, THEIRS)
    assert [text.split("  ")[0] for text in cell.texts] == [f"pass {n} of 3" for n in (1, 2, 3)]
    assert capsys.readouterr().out == ""


def test_a_cell_has_a_bar_that_ends_full(cell):
    small(verbose="bar").fit(SOME, THEIRS)
    assert cell.texts[-1].startswith("█" * 24 + " pass 3 of 3  loss")


def test_a_bar_moves_within_a_pass(monkeypatch):
    moved = []
    bar = module._Bar(lambda share, text: moved.append((share, text)))
    bar.tell(Epoch(1, 2.0, 0.5, 0.25, 4, 100.0, 3.0))
    bar.watch(Standing(0.375, Epoch(2, 1.0, None, 0.5, 4, 100.0, 2.0)))
    ((share, text),) = moved
    assert share == 0.375
    assert "validation 50.00%" in text  # the last that was measured


def test_partial_fit_has_a_bar(cell):
    small(verbose="bar").partial_fit(SOME, THEIRS, range(10))
    assert cell.texts[-1].startswith("█" * 24 + " pass 1  loss")


def test_the_log_has_every_line(caplog):
    with caplog.at_level(logging.INFO, logger="pellucid"):
        small().fit(SOME, THEIRS)
    assert [record.levelname for record in caplog.records] == ["INFO"] * 3
    assert re.fullmatch(LINE.format(2), caplog.records[1].message)


def test_silence_is_the_default(capsys):
    with telling(False) as teller:
        teller.tell(Epoch(1, 2.5, None, 0.5))
        assert teller.watch is None
    printed = capsys.readouterr()
    assert printed.out == printed.err == ""


def test_what_is_left_is_told(capsys):
    told = []
    small(callbacks=told.append, max_iter=6).fit(SOME, THEIRS)
    assert told[-1].seconds_left == 0
    assert all(math.isfinite(epoch.images_per_second) for epoch in told)
