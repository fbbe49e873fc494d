"""How fast the page of ``pellucid page`` is in a browser: until it is painted, and while one draws.

It needs Chromium. A page of the reference network, untrained, which takes the same time, is opened
from disk; then a line is drawn on it. Of each frame it is measured how long it took, from its
beginning to behind its paint. Beside it stands how long the page's thread computed for it, which
grows less when others use the machine.

    python -m benchmarks.page_speed [--opened 5] [--frames 120]
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from pathlib import Path

import numpy as np

from pellucid import Model, Preprocessing, presets
from pellucid.studio.content import content_of
from pellucid.studio.examples import SHOWN
from pellucid.studio.html import page_of
from tests.studio.browser import Browser

FIRST_PAINT = 1000.0
FRAME = 16.0
"""Milliseconds that the page must stay below."""

# Work of a frame: what runs in its callbacks, and layout, style and paint, which end before a task
# that is posted in them begins.
WATCH = """
window.work = [];
const asked = requestAnimationFrame;
window.requestAnimationFrame = (call) => asked((time) => {
  const start = performance.now();
  call(time);
  const channel = new MessageChannel();
  channel.port1.onmessage = () => window.work.push(performance.now() - start);
  channel.port2.postMessage(0);
});
"""


def reference_page(path: Path) -> Path:
    """Write a page of the reference network with as many images as a page has."""
    network = presets.reference()
    names = tuple("0123456789")
    model = Model(network, network.initial_parameters(0), Preprocessing((28, 28)), names)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (SHOWN, 1, 28, 28), np.uint8)
    content = content_of(model, images, random.integers(0, 10, SHOWN), "Speed")
    path.write_text(page_of(content), "utf-8")
    return path


def paints(page: Path, folder: Path, count: int) -> tuple[list[float], float]:
    """Return after how many milliseconds the page was painted first, each in a new browser.

    And how many of them its thread computed, in the middle of all.
    """
    found, computed = [], []
    entry = "performance.getEntriesByName('first-contentful-paint')[0]"
    for turn in range(count):
        with Browser(folder / str(turn), 1440, 900) as browser:
            browser.busy()
            browser.go(page)
            browser.wait(f"{entry} !== undefined")
            computed.append(browser.busy())
            found.append(float(browser.run(f"{entry}.startTime")))
    return found, statistics.median(computed)


def frames(page: Path, folder: Path, count: int) -> tuple[list[float], float]:
    """Return how many milliseconds each frame took while a line was drawn, and its computing."""
    with Browser(folder / "drawing", 1440, 900) as browser:
        browser.open(page)
        browser.run(WATCH + "0")
        turns = np.linspace(0, 3 * math.pi, count)
        before = browser.busy()
        browser.drag(
            ".drawing", [(0.5 + 0.3 * math.cos(t), 0.5 + 0.35 * math.sin(2 * t)) for t in turns]
        )
        computed = browser.busy() - before
        found = [float(value) for value in browser.run("window.work")]
        return found, computed / len(found)


def report(what: str, times: list[float], limit: float) -> bool:
    """Print a line, and return whether the median is within the limit."""
    middle = statistics.median(times)
    share = sum(time <= limit for time in times) / len(times)
    print(
        f"{what}: median {middle:.1f} ms, slowest {max(times):.1f} ms of {len(times)}; "
        f"{share:.0%} within {limit:.0f} ms"
    )
    return middle <= limit


def main() -> None:
    """Measure, print, and end with 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--opened", type=int, default=5, help="how often the page is opened")
    parser.add_argument("--frames", type=int, default=120, help="places of the line that is drawn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = reference_page(folder / "page.html")
        painted, before = paints(page, folder, options.opened)
        worked, computed = frames(page, folder, options.frames)
    ends = [report("first paint", painted, FIRST_PAINT)]
    print(f"  of which the page's thread computed {before:.0f} ms, whoever else did")
    ends.append(report("work of a frame while drawing", worked, FRAME))
    print(f"  of which the page's thread computed {computed:.1f} ms a frame, whoever else did")
    raise SystemExit(0 if all(ends) else 1)


if __name__ == "__main__":
    main()
