"""Results on disk: sections are added one by one, and stay until they are measured again."""

import json

from PIL import Image

from benchmarks.bars import BARS, Verdict
from benchmarks.picture import score
from benchmarks.report import Report
from benchmarks.results import Found, Table


def found(figure):
    table = Table("One table", ["what", "figure"], [["a", "1"]], "A note.")
    return Found([table], {"two workers": figure}, {"raw": [1, 2]}, ["peer: its process ended"])


def verdict(report):
    [one] = [v for v in report.verdicts() if v.bar.figure == "two workers"]
    return one.text


def test_sections_add_up_over_runs(tmp_path):
    report = Report(tmp_path / "new" / "folder")
    report.add("scaling", "Scaling", found(1.95), 3.0, quick=False)
    again = Report(tmp_path / "new" / "folder")
    assert verdict(again) == "reached"
    again.add("peak", "Peak", Found(), 1.0, quick=True)
    again.add("scaling", "Scaling", found(1.2), 3.0, quick=False)
    last = Report(tmp_path / "new" / "folder")
    assert set(last.sections) == {"scaling", "peak"}
    assert verdict(last) == "NOT reached"
    assert last.found()["scaling"] == found(1.2)


def test_files(tmp_path):
    report = Report(tmp_path)
    report.add("scaling", "Scaling", found(1.95), 3.0, quick=True)
    values = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert len(values["bars"]) == len(BARS)
    measured = values["sections"]["scaling"]["measured"]
    assert measured["quick"] is True
    assert {"date", "cores", "processor", "python", "packages", "load"} <= measured.keys()
    assert "numpy" in measured["packages"]
    page = (tmp_path / "results.md").read_text("utf-8")
    assert "| a | 1 |" in page
    assert "A note." in page
    assert "- peer: its process ended" in page
    assert "A smoke run" in page
    assert "| two workers over one, batch 1,024 | at least 1.9 x | 1.95 x | reached |" in page
    with Image.open(tmp_path / "bars.png") as picture:
        assert picture.width > 800


def test_score_is_above_one_where_a_bar_is_reached():
    for bar in BARS:
        better = bar.limit / 2 if bar.at_most else bar.limit * 2
        assert score(Verdict(bar, better)) == 2.0
        assert score(Verdict(bar, bar.limit)) == 1.0
        assert score(Verdict(bar, None)) is None
