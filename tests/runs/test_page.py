import re
from html.parser import HTMLParser

import numpy as np

from pellucid import plots
from pellucid.runs.page import TITLES, class_rows, run_page

METRICS = {
    "data": "<b>cats & dogs</b>", "accuracy": 0.755, "test_images": 1234, "loss": 0.5,
    "images": 5000, "updates": 50, "seconds": 2.5, "interrupted": False,
    "warnings": ["None of the test images was taken for '<i>'."], "fingerprint": "abc123",
}  # fmt: skip


class Tags(HTMLParser):
    """Sees that what is opened is closed."""

    def __init__(self):
        super().__init__()
        self.opened, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.opened.append(tag)

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag


def page(tmp_path, **changes):
    figure = plots.loss_curve([1.0, 0.5], images_per_update=4, classes=2)
    plots.save(figure, tmp_path / "loss.png")
    rows = class_rows(np.array([0, 1, 1]), np.array([0, 1, 0]), ["<cat>", "dog"])
    return run_page(
        METRICS | changes, rows, "layer <table>", {"seed": 0, "size": None},
        {"loss": tmp_path / "loss.png"},
    )  # fmt: skip


def test_it_is_whole_and_names_from_outside_are_text(tmp_path):
    text = page(tmp_path)
    tags = Tags()
    tags.feed(text)
    assert tags.opened == []
    assert "<b>" not in text
    assert "<cat>" not in text
    assert "&lt;b&gt;cats &amp; dogs" in text
    assert "75.50%" in text
    assert "1,234 test images" in text


def test_it_loads_nothing(tmp_path):
    text = page(tmp_path)
    assert not re.search(r"(?:src|href)=\"(?!data:)", text)
    assert "http" not in text
    assert text.count("data:image/png;base64,") == 1


def test_pictures_have_a_text_and_a_warning_is_there(tmp_path):
    tags = Tags()
    tags.feed(page(tmp_path))
    assert [attrs["alt"] for tag, attrs in tags.seen if tag == "img"] == [TITLES["loss"]]
    assert ("p", {"class": "warning"}) in tags.seen
    assert 'class="warning"' not in page(tmp_path, warnings=[])
    assert "ended early by a signal" in page(tmp_path, interrupted=True)


def test_a_class_without_images_has_no_share():
    rows = class_rows(np.array([0]), np.array([0]), ["a", "b"])
    assert rows[1] == ("b", "0", "0", "-", "-")
