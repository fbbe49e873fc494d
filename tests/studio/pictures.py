"""Takes the pictures of the page that are in docs, of the page that is in docs.

python -m tests.studio.pictures
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from tests.studio.browser import Browser
from tests.studio.digits_page import SEVEN
from tests.studio.reference_page import PAGE

IMAGES = PAGE.parents[1] / "images"

# Name, height, address, and the element that is brought to the top.
VIEWS = [
    ("studio", 1000, "i=3&v=1.1.10.12", ""),
    ("studio_patch", 800, "i=3&v=1.1.10.12", "#layers article:nth-of-type(1)"),
    ("studio_sum", 1060, "i=3&y=5&s=10&w=0.f.1.0.2.3", "#backward-title"),
    ("studio_update", 700, "i=3&y=5", "#update"),
]


def main() -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, height, state, top in VIEWS:
            with Browser(Path(folder, name), 1280, height) as browser:
                browser.open(PAGE, state)
                if name == "studio":
                    browser.drag(".drawing", SEVEN)
                if name == "studio_update":
                    browser.click("#update .main")
                if top:
                    browser.run(f"document.querySelector({top!r}).scrollIntoView()")
                browser.run("new Promise((done) => setTimeout(done, 600))")
                path = IMAGES / f"{name}.png"
                browser.screenshot(path, whole=False)
                Image.open(path).convert("RGB").save(path, optimize=True)


if __name__ == "__main__":
    main()
