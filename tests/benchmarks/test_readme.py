"""The README's table of speed says what the benchmark measured last."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = {
    "training, the reference network": ("training", "reference/1024/plain"),
    "the same, randomized": ("training", "reference/1024/randomized"),
    "the same, batches of 32": ("training", "reference/32/plain"),
    "training, a network of LeNet-5's size": ("training", "lenet/1024/plain"),
    "training, a wider network": ("training", "wide/1024/plain"),
    "predicting 10,000 images": ("inference", "reference/10000/bytes"),
    "predicting one image": ("inference", "reference/latency/bytes"),
}


def rows():
    text = (ROOT / "README.md").read_text("utf-8")
    table = re.search(r"\| what \| times as fast \|\n\|[- |]+\|\n((?:\|.*\n)+)", text)
    return dict(re.findall(r"^\| (.+?) \| ([\d.]+) \|$", table[1], re.MULTILINE))


@pytest.mark.parametrize("row", rows())
def test_every_row_is_what_was_measured(row):
    (where,) = (place for beginning, place in ROWS.items() if row.startswith(beginning))
    results = json.loads((ROOT / "docs" / "benchmarks" / "results.json").read_text("utf-8"))
    section, figure = where
    found = results["sections"][section]["figures"][figure]
    assert rows()[row] == f"{found:.1f}"


def test_no_row_is_missing():
    assert len(rows()) == len(ROWS)
