"""``pellucid page``."""

import json
import re

from tests.cli.console import fails, invoke


def test_page_writes_one_file_with_test_images(model, tmp_path):
    path = tmp_path / "digits.html"
    code, out, err = invoke("page", model, "-o", path, "--images", 12, "--title", "My <digits>")
    assert code == 0, err
    assert re.fullmatch(rf"Written: {re.escape(str(path))}, 0\.\d MB\.\n", out)
    text = path.read_text("utf-8")
    assert "<title>My &lt;digits&gt;</title>" in text
    (data,) = re.findall(r'id="content">(.*?)</script>', text)
    held = json.loads(data)
    assert (len(held["examples"]["labels"]), len(held["proof"])) == (12, 10)
    assert held["title"] == "My <digits>"


def test_page_refuses_what_it_cant_do(model, tmp_path):
    line = fails("page", model, "-o", tmp_path / "no" / "digits.html", "--data", "digits")
    assert "can't be written" in line
    line = fails("page", model, "-o", tmp_path / "digits.html", "--data", "didgits")
    assert "didgits" in line
    assert list(tmp_path.iterdir()) == []
