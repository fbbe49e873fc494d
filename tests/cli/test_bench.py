"""``pellucid bench``: a table or JSON of this machine's figures."""

import json

import pytest

from pellucid import measuring
from pellucid.measuring import Figure
from tests.cli.console import fails, invoke


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    def figures(seconds, rounds, workers, *, say):
        assert (seconds, rounds) == (0.25, 2)
        yield Figure("training, reference network", "batch 32", 1234.5, 1000.0, 2000.0, "img/s")
        yield Figure("training, reference network", "batch 128", 45.67, 40.0, 50.0, "img/s")
        yield Figure("first update", "empty kernel cache", 7.891, 7.0, 8.0, f"s, {workers}")

    monkeypatch.setattr(measuring, "own_figures", figures)


def run(*more):
    return invoke("bench", "--seconds", 0.25, "--rounds", 2, "--workers", 3, *more)


def test_table():
    code, out, err = run()
    assert code == 0
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "training, reference network batch 32 1,234 1,000 2,000 img/s" in rows
    assert "batch 128 45.7 40.0 50.0 img/s" in rows
    assert "first update empty kernel cache 7.89 7.00 8.00 s, 3" in rows
    assert out.splitlines()[-1] == "3 workers, medians of 2 measurements."
    assert err.splitlines() == ["Measured: training, reference network", "Measured: first update"]


def test_json():
    code, out, _ = run("--json")
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["value"] for line in lines] == [1234.5, 45.67, 7.891]
    assert lines[0].keys() == {"group", "name", "value", "low", "high", "unit"}


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--rounds", 0, "--rounds is 0; it must be a whole number of at least 1."),
        ("--seconds", 0, "--seconds is 0.0; it must be a finite number above 0."),
        ("--seconds", "inf", "--seconds is inf; it must be a finite number above 0."),
        ("--workers", 0, "--workers is 0;"),
    ],
)
def test_what_can_not_be(option, value, message):
    assert message in fails("bench", option, value)
