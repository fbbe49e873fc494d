"""Every example runs, reaches the accuracy that it asserts, and stands in the list."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid import data
from pellucid.errors import DownloadError

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))

# What makes a script faster than it is by default, or independent of what can be reached.
SETTINGS = {
    "class_weights": ["--splits", "2"],
    "reference_network": ["--data", "digits"],
    "residual_photos": ["--pieces", "200"],
    "saliency": ["--out", "picture.png"],
}
# What must be in the output, besides the assertion that each script ends with.
PRINTED = {
    "angle": r"R2 0\.9\d+, wrong by \d\.\d degrees",
    "class_weights": r"balanced +\d\d",
    "fashion_mnist": r"RandomForestClassifier +\d\d\.\d\d% +\d",
    "grid_search": r"the best, .* on the test images: 9\d\.\d%",
    "own_pictures": r"a new picture of a two is taken for a two",
    "quick_start": r"accuracy on 450 other images: 9\d\.\d%",
    "reference_network": r"digits: 9\d\.\d\d% of 360 test images are right",
    "residual_photos": r"told apart: (9\d|100)\.\d%",
    "saliency": r"written: picture\.png",
    "two_digits": r"pictures with all labels right: [89]\d\.\d%",
    "stream": r"its last third 9\d\.\d%",
}


def fashion_settings():
    """Return how to run the comparison: on the clothes only where they are on this machine."""
    (where,) = (row.where for row in data.available() if row.name == "fashion-mnist")
    name = "digits" if where == "not fetched yet" else "fashion-mnist"
    return ["--data", name, "--images", "500", "--test-images", "1000"]


def run(script, folder, settings):
    return subprocess.run(
        [sys.executable, "-W", "error", str(script), *settings],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def test_there_are_at_least_six_and_all_have_an_expected_output():
    assert len(SCRIPTS) >= 6
    assert {script.stem for script in SCRIPTS} == set(PRINTED)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_example(script, tmp_path):
    name = script.stem
    settings = fashion_settings() if name == "fashion_mnist" else SETTINGS.get(name, [])
    done = run(script, tmp_path, settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(PRINTED[name], done.stdout), done.stdout
    written = [path.name for path in tmp_path.iterdir()]
    assert written == (["picture.png"] if name == "saliency" else [])


def test_an_example_that_falls_short_fails(tmp_path):
    done = run(EXAMPLES / "grid_search.py", tmp_path, ["--epochs", "1"])
    assert done.returncode == 1
    assert re.search(r"AssertionError: \d\d\.\d% is less than \d\d%", done.stderr)


def test_fashion_mnist_out_of_reach_is_said_in_one_line(monkeypatch, capsys):
    real = data.load

    def load(name):
        if name == "fashion-mnist":
            raise DownloadError("no source")
        return real(name)

    monkeypatch.setattr(data, "load", load)
    script = runpy.run_path(str(EXAMPLES / "fashion_mnist.py"))
    assert script["load"]("fashion-mnist").name == "digits"
    said = capsys.readouterr().out
    assert said == "fashion-mnist is not there; going on with scikit-learn's digits.\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_example_is_listed_documented_and_short(script):
    text = script.read_text(encoding="utf-8")
    assert f"]({script.name})" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"python examples/{script.name}" in text.split('"""')[1]
    assert 30 <= len(text.splitlines()) <= 80
    assert re.search(r"^    +assert ", text, re.MULTILINE)
    assert text.endswith('if __name__ == "__main__":\n    main()\n')
