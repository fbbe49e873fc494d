"""A real browser, told what to do over a pipe: the DevTools protocol, without a library."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None or os.name == "nt", reason="Chromium is not installed, or can't have a pipe"
)

# It is told on descriptor 3, and answers on 4.
_START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page in a browser without a window; ``said`` has what it says in its console."""

    def __init__(
        self, folder: Path, width: int = 1000, height: int = 1000, *,
        dark: bool = False, is_still: bool = False,
    ):  # fmt: skip
        assert CHROMIUM is not None
        told, answered = os.pipe(), os.pipe()
        self._process = subprocess.Popen(
            [
                sys.executable, "-c", _START, str(told[0]), str(answered[1]), CHROMIUM,
                "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--hide-scrollbars", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
                "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank",
            ],
            pass_fds=(told[0], answered[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(told[0])
        os.close(answered[1])
        self._to, self._from = os.fdopen(told[1], "wb"), os.fdopen(answered[0], "rb")
        self._numbers, self._rest, self._session = itertools.count(1), b"", None
        self._is_timed = False
        self.said: list[str] = []
        target = self._ask("Target.getTargets")["targetInfos"]
        page = next(info["targetId"] for info in target if info["type"] == "page")
        self._session = self._ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        wanted = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if is_still else "no-preference",
        }
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        self._ask("Emulation.setEmulatedMedia", features=features)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._to.close()
        self._from.close()
        self._process.terminate()
        self._process.wait(20)

    def open(self, path: Path, state: str = "") -> None:
        """Open a file from disk, and wait until its page has compared itself with Python."""
        self.go(path, state)
        self.wait("!!document.querySelector('.proof.good, .proof.bad')")

    def go(self, path: Path, state: str = "") -> None:
        """Open a file from disk."""
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=path.as_uri() + (f"#{state}" if state else ""))

    def wait(self, condition: str, seconds: float = 20.0) -> None:
        """Wait until something is so."""
        script = (
            "new Promise((done) => { const end = Date.now() + %d; const look = () => { "
            "try { if (%s) return done(true); } catch {} "
            "Date.now() > end ? done(false) : setTimeout(look, 20); }; look(); })"
        )
        assert self.run(script % (1000 * seconds, condition)), (condition, self.said)

    def run(self, script: str) -> Any:
        """Return what an expression gives in the page."""
        answer = self._ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def busy(self) -> float:
        """Return how long the page's main thread has computed by now, in processor milliseconds."""
        if not self._is_timed:
            self._ask("Performance.enable", timeDomain="threadTicks")
            self._is_timed = True
        metrics = self._ask("Performance.getMetrics")["metrics"]
        return 1000 * next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    def click(self, selector: str, n: int = 0) -> None:
        """Click in the middle of what a selector finds, as a mouse does."""
        self.mouse("mousePressed", *self.middle(selector, n))
        self.mouse("mouseReleased", *self.middle(selector, n))

    def middle(self, selector: str, n: int = 0) -> tuple[float, float]:
        """Return where an element is on the screen, after it was brought there."""
        place = self.run(
            f"(() => {{ const found = document.querySelectorAll({json.dumps(selector)})[{n}]; "
            "found.scrollIntoView({block: 'center', behavior: 'instant'}); "
            "const side = found.getBoundingClientRect(); "
            "return [side.left + side.width / 2, side.top + side.height / 2]; })()"
        )
        return place[0], place[1]

    def drag(self, selector: str, places: list[tuple[float, float]]) -> None:
        """Draw over an element: places as shares of its sides, from the upper left."""
        x, y = self.middle(selector)
        width, height = self.run(
            f"(() => {{ const side = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [side.width, side.height]; })()"
        )
        points = [(x + (u - 0.5) * width, y + (v - 0.5) * height) for u, v in places]
        self.mouse("mousePressed", *points[0])
        for point in points[1:]:
            self.mouse("mouseMoved", *point)
        self.mouse("mouseReleased", *points[-1])

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Move, press or release the mouse."""
        self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1,
                  clickCount=1)  # fmt: skip

    def key(self, name: str) -> None:
        """Press a key, such as ArrowRight."""
        number = {"windowsVirtualKeyCode": 9} if name == "Tab" else {}
        for kind in ("rawKeyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=name, code=name, **number)

    def screenshot(self, path: Path, *, whole: bool = True) -> None:
        """Write what is seen, or the whole page, as a PNG."""
        data = self._ask("Page.captureScreenshot", captureBeyondViewport=whole,
                         **({"clip": self._clip()} if whole else {}))["data"]  # fmt: skip
        path.write_bytes(base64.b64decode(data))

    def _clip(self) -> dict[str, float]:
        width, height = self.run(
            "[document.documentElement.clientWidth, document.documentElement.scrollHeight]"
        )
        return {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}

    def _ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._note(answer)

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            part = os.read(self._from.fileno(), 1 << 16)
            assert part, "the browser went away"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, event: Any) -> None:
        """Keep errors, warnings, and whatever is asked for elsewhere than in the file."""
        details = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.said.append(json.dumps(details["exceptionDetails"]))
        if event.get("method") == "Runtime.consoleAPICalled":
            self.said.append(json.dumps(details["args"]))
        if event.get("method") == "Log.entryAdded":
            self.said.append(details["entry"]["text"])
        if event.get("method") == "Network.requestWillBeSent":
            url = details["request"]["url"]
            if not url.startswith(("file:", "about:", "data:")):
                self.said.append(f"asked for {url}")
