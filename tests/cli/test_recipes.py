"""``pellucid recipes``."""

import re

from pellucid.recipes import RECIPES
from tests.cli.console import fails, invoke


def test_all_are_listed():
    code, out, err = invoke("recipes")
    assert (code, err) == (0, "")
    for name in RECIPES:
        assert re.search(rf"^\W*{name}\s+\w", out, re.MULTILINE)


def test_one_is_printed_as_a_file_that_train_takes(tmp_path):
    code, out, err = invoke("recipes", "auto", "--size", "28", "28", "--gray", "--drawings")
    assert code == 0
    assert err == "The images are drawings on a plain ground, so the recipe is plain.\n"
    assert out.splitlines()[0] == 'recipe = "plain"'
    path = tmp_path / "mine.toml"
    path.write_text(out)
    code, _, err = invoke(
        "train", "--data", "digits", "--recipe", path, "--images", 500, "--out", tmp_path / "run",
        "--workers", 1,
    )  # fmt: skip
    assert code == 0, err
    assert '"recipe": "plain"' in (tmp_path / "run" / "metrics.json").read_text()


def test_one_that_is_not_there():
    assert fails("recipes", "resnet").startswith("recipe is 'resnet'; it must be one of auto, ")
