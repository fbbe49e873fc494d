"""``pellucid verify``."""

import pytest

from pellucid.runs.finished import FinishedRun
from tests.cli.console import fails, invoke


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    monkeypatch.setattr(FinishedRun, "draw", lambda *args: None)


def test_verify(finished, copy):
    code, out, _ = invoke("verify", finished)
    assert code == 0
    assert out.startswith("The bits agree: updates 1 to 8 trained anew, fingerprint ")
    assert invoke("verify", finished, "--last", 2, "--workers", 3)[:2] == (
        0, out.replace("1 to 8", "7 to 8")
    )  # fmt: skip
    history = (copy / "history.csv").read_text()
    (copy / "history.csv").write_text(history.replace("\n5,128,", "\n5,128,1"))
    code, out, _ = invoke("verify", copy)
    assert code == 1
    assert out.startswith("The bits differ, first in update 5: its loss was 1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--last", "9"], "--last is 9; the run has 8 updates, so 1 to 8."),
        (["--last", "6"], "leave out --last to train the whole run anew."),
        (["--data", "minst"], "There is no data set or path 'minst'."),
        (["--data", "digits8"], "digits8 is not the data of this run: its fingerprint is "),
    ],
    ids=" ".join,
)
def test_what_can_t_be_verified(finished, options, message):
    assert message in fails("verify", finished, *options)


def test_verify_no_run(tmp_path):
    assert fails("verify", tmp_path).startswith(f"{tmp_path} holds no run: there is neither model")
