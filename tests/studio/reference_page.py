"""The page in docs, of the reference network: what it holds, in the page as it is today.

``python -m tests.studio.reference_page`` writes it anew after a change of the page's code; the
network, its images, and what Python said of them stay.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pellucid.files.atomic import atomic_write
from pellucid.studio.html import page_of

PAGE = Path(__file__).parents[2] / "docs" / "pages" / "reference.html"


def content_in(page: str) -> dict[str, Any]:
    """Return what a page holds."""
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', page)
    assert found is not None
    content: dict[str, Any] = json.loads(found[1])
    return content


def main() -> None:
    """Write the page anew."""
    atomic_write(PAGE, page_of(content_in(PAGE.read_text("utf-8"))).encode("utf-8"))


if __name__ == "__main__":
    main()
