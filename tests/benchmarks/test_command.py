"""The command: which sections it runs, where it writes, what it refuses."""

import json
import types

import pytest

from benchmarks import command
from benchmarks.results import Found


@pytest.fixture
def ran(monkeypatch):
    """Replace every section by one that notes what it was given."""
    calls = []

    def section(path):
        name = path.rsplit(".", 1)[-1]

        def run(settings, say, save):
            say("at work")
            calls.append((name, settings))
            return Found(failed=[f"{name}: nothing here"])

        return types.SimpleNamespace(TITLE=name.title(), run=run)

    monkeypatch.setattr(command, "import_module", section)
    return calls


def test_all_sections_in_order(ran, tmp_path, capsys):
    command.main(["--out", str(tmp_path)])
    assert [name for name, _ in ran] == list(command.SECTIONS)
    assert {settings.quick for _, settings in ran} == {False}
    out = capsys.readouterr().out
    assert "not measured: sweep: nothing here" in out
    assert "The bars" in out
    assert (tmp_path / "results.json").exists()


def test_some_sections_with_settings(ran, tmp_path):
    command.main(
        ["--only", "peak, start", "--rounds", "7", "--seconds", "0.2", "--out", str(tmp_path)]
    )
    assert [name for name, _ in ran] == ["peak", "start"]
    assert {(s.rounds, s.seconds) for _, s in ran} == {(7, 0.2)}


def test_what_was_found_is_on_disk_after_every_case(monkeypatch, tmp_path):
    seen = []

    def run(settings, say, save):
        found = Found()
        for number, case in enumerate(["reference/32/plain", "reference/1024/plain"]):
            if settings.wants(case):
                found.data[case] = number
                save(found)
                seen.append(json.loads((tmp_path / "results.json").read_text()))
        return found

    section = types.SimpleNamespace(TITLE="Training", run=run)
    monkeypatch.setattr(command, "import_module", lambda _: section)
    command.main(["--only", "training", "--out", str(tmp_path)])
    assert [len(results["sections"]["training"]["data"]) for results in seen] == [1, 2]
    # One case again: the other stays.
    command.main(["--only", "training", "--cases", "reference/32/*", "--out", str(tmp_path)])
    assert len(seen) == 3
    assert seen[2]["sections"]["training"]["data"] == {
        "reference/32/plain": 0, "reference/1024/plain": 1,
    }  # fmt: skip


def test_a_smoke_run_does_not_touch_the_results(ran, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command.main(["--quick", "--only", "peak"])
    assert ran[0][1].quick
    assert (tmp_path / "runs" / "benchmarks-quick" / "results.json").exists()
    assert not (tmp_path / "docs").exists()


def test_the_report_alone(ran, tmp_path):
    command.main(["--report", "--out", str(tmp_path)])
    assert ran == []
    assert (tmp_path / "results.md").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "speed"], "'speed' is no section; there are training, accuracy"),
        (["--cases", "reference/9/*"], "'reference/9/*' is no case; there are reference/32/plain"),
        (["--rounds", "0"], "0 is not at least 1"),
        (["--seconds", "0"], "0 is not above 0"),
    ],
)
def test_what_can_not_be(arguments, message, capsys):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert message in capsys.readouterr().err
