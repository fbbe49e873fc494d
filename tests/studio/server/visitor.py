"""A browser that visits a studio on this machine; asking for anything elsewhere is noted."""

from __future__ import annotations

from typing import Any

from tests.studio.browser import Browser


class Visitor(Browser):
    """As :class:`Browser`; ``said`` does not have what is asked of the studio itself."""

    home = "about:blank"

    def visit(self, address: str, state: str = "") -> None:
        """Open a studio, and wait until it has said how its training stands."""
        self.home = address.rsplit("/", 2)[0]
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=address + (f"#{state}" if state else ""))
        self.wait("document.querySelector('.standing')?.textContent")

    def text(self, selector: str, n: int = 0) -> str:
        """Return what an element says."""
        return str(self.run(f"document.querySelectorAll({selector!r})[{n}].textContent"))

    def press(self, name: str) -> None:
        """Press the button with a name."""
        self.run(
            "[...document.querySelectorAll('button')].find((one) => "
            f"one.textContent === {name!r}).click()"
        )

    def _note(self, event: Any) -> None:
        before = len(self.said)
        super()._note(event)
        if self.said[before:] and self.said[-1].startswith(f"asked for {self.home}/"):
            self.said.pop()
