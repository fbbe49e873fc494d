"""The page: one file of HTML that holds everything it needs, and loads nothing from anywhere."""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files
from typing import Any

from pellucid.studio.bundle import bundled

__all__ = ["page_of"]


def page_of(content: dict[str, Any]) -> str:
    """Return the page of what :func:`pellucid.studio.content.content_of` says.

    A browser that is told so by the page itself loads nothing, whatever the page holds. Where there
    is something ``"live"`` in it, it is the studio's page, which asks its own server for news.

    Parameters
    ----------
    content : dict
        JSON-ready.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    folder = files("pellucid.studio") / "page"
    texts = {part.name: part.read_text("utf-8") for part in folder.iterdir() if part.is_file()}
    modules = {name: text for name, text in texts.items() if name.endswith(".js")}
    # No text in it can end its element: JSON has another way to write "<".
    data = json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    is_live = "live" in content
    parts = {
        "connecting": "; connect-src 'self'" if is_live else "",
        "title": html.escape(content["title"]),
        "style": texts["page.css"] + (texts["live.css"] if is_live else ""),
        "script": bundled(modules, "live.js" if is_live else "main.js"),
        "data": data,
    }
    # At once: what is put in may hold marks of its own.
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: parts[mark[1]], texts["page.html"])
