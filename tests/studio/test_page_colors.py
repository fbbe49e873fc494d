"""Signs and curves can be told apart by who sees no red, no green or no blue."""

import re

import numpy as np
import pytest

from tests.studio.node import PAGE, needs_node, run_in_node

# What reaches an eye that lacks one of its three kinds of cones, of linear red, green and blue:
# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color
# Vision Deficiency", table 1, severity 1.
SEEN = {
    "all colors": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # fmt: skip

NUMBERS = [-1, -0.2, 0, 0.2, 1]
COLORS = """
import { palette, signed } from "./colors.js";
globalThis.document = { documentElement: { dataset: { theme: given.theme } } };
globalThis.matchMedia = () => ({ matches: false });
say(given.numbers.map((number) => signed(number, palette())));
"""


def lab(color, seen):
    """Return a color of red, green and blue from 0 to 255 as CIE L*a*b*, as an eye sees it."""
    share = np.asarray(color) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(seen @ linear, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one, other, seen):
    """Return how far two colors are apart: 2.3 is just seen, beside each other."""
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def test_the_measure_is_that_of_known_colors():
    assert lab([255, 255, 255], np.eye(3)) == pytest.approx([100, 0, 0], abs=0.05)
    assert lab([255, 0, 0], np.eye(3)) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    # The red and the green that the page might have had: who sees no green hardly tells them apart.
    red, green = [176, 84, 48], [120, 118, 40]
    assert apart(red, green, np.eye(3)) > 40
    assert apart(red, green, np.array(SEEN["no green"])) < 20


@needs_node
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", list(SEEN))
def test_signs_are_told_apart(theme, vision):
    seen = np.array(SEEN[vision])
    low, below, zero, above, high = run_in_node(COLORS, {"theme": theme, "numbers": NUMBERS})
    assert apart(low, high, seen) > 40
    assert apart(below, above, seen) > 12
    for end, near in ((low, below), (high, above)):
        assert apart(zero, end, seen) > 40
        assert apart(zero, near, seen) > 8


def named(name, file):
    """Return the colors that a name has in a style sheet: light, and dark."""
    found = re.findall(rf"--{name}: #([0-9a-f]{{6}})", (PAGE / file).read_text("utf-8"))
    return [[int(text[at : at + 2], 16) for at in (0, 2, 4)] for text in dict.fromkeys(found)]


@pytest.mark.parametrize("vision", list(SEEN))
def test_curves_of_two_runs_are_told_apart(vision):
    pairs = list(zip(named("accent", "page.css"), named("other", "live.css"), strict=True))
    assert len(pairs) == 2
    for one, other in pairs:
        assert apart(one, other, np.array(SEEN[vision])) > 40
