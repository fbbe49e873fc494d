"""Digits as photographs and scans show them: MNIST's, drawn large on paper, and then spoiled."""

import numpy as np
from PIL import Image

SIDE, DRAWN = 200, 120


def plain(digit, random, *, thin=False):
    """Return a digit drawn on clean paper, 200 x 200."""
    strength = _enlarged(digit)
    if thin:
        strength = 0.7 * _skeleton(strength > 0.4)
    picture = np.zeros((SIDE, SIDE))
    top, left = random.integers(30, SIDE - DRAWN - 30, 2)
    picture[top : top + DRAWN, left : left + DRAWN] = strength
    return _on_paper(picture, random)


def thin_pen(digit, random):
    """A line of one pixel, less than a quarter of one of MNIST's."""
    return plain(digit, random, thin=True)


def shadow(digit, random):
    """A soft shadow that takes a corner and up to half of its light."""
    picture = plain(digit, random).astype(float)
    row, column = np.mgrid[:SIDE, :SIDE]
    distance = (row + column) / SIDE  # from the corner
    softness = random.uniform(0.03, 0.2)
    light = 1 / (1 + np.exp((random.uniform(0.5, 0.9) - distance) / softness))
    light = 1 - random.uniform(0.35, 0.6) * (1 - light)
    return _turned(light, random, picture)


def speck(digit, random):
    """One dark dot far from the digit."""
    picture = plain(digit, random)
    row, column = random.integers(8, 14), random.integers(8, 190)
    radius = random.uniform(2, 5)
    y, x = np.mgrid[:SIDE, :SIDE]
    place = (y - row) ** 2 + (x - column) ** 2 < radius**2
    picture[_turned(place.astype(float), random) > 0.5] = 40
    return picture


def neighbor(digit, random):
    """Half of a mirrored digit, cut by the picture's edge."""
    picture = plain(digit, random).astype(float)
    half = _enlarged(digit[::-1, ::-1])
    columns = np.flatnonzero(half.max(axis=0) > 0.3)
    middle = (columns[0] + columns[-1]) // 2
    half = half[:, : middle + 1][:, -24:]  # at most 24 of its pixels are seen
    ink = np.zeros((SIDE, SIDE))
    top = random.integers(20, 60)
    ink[top : top + DRAWN, SIDE - half.shape[1] :] = half
    ink = ink[:, ::-1]
    ink = ink[:, ::-1] if random.random() < 0.5 else ink
    return np.rint(picture * (1 - ink) + 40 * ink).astype(np.uint8)


def ruled(digit, random):
    """Lines of middle gray, under the ink."""
    picture = plain(digit, random)
    first, gap = random.integers(5, 30), random.integers(25, 45)
    width = random.integers(2, 4)
    for row in range(first, SIDE, gap):
        picture[row : row + width] = np.minimum(picture[row : row + width], 140)
    return picture


def _turned(pattern, random, picture=None):
    pattern = np.rot90(pattern, random.integers(4))
    return pattern if picture is None else np.rint(picture * pattern).astype(np.uint8)


def _enlarged(digit):
    large = Image.fromarray(digit).resize((DRAWN, DRAWN), Image.Resampling.BICUBIC)
    return np.asarray(large) / 255


def _on_paper(strength, random):
    paper, ink = random.integers(200, 241), random.integers(20, 70)
    picture = paper + (ink - paper) * np.clip(strength, 0, 1)
    picture += random.normal(0, 2, picture.shape)
    return np.rint(np.clip(picture, 0, 255)).astype(np.uint8)


def _skeleton(mask):
    """T. Y. Zhang and C. Y. Suen, "A Fast Parallel Algorithm for Thinning Digital Patterns"."""
    mask = np.pad(mask, 1)
    while True:
        before = mask.sum()
        for step in (0, 1):
            around = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]
            p = [np.roll(mask, (-y, -x), (0, 1)) for y, x in around]
            turns = sum(~p[i] & p[(i + 1) % 8] for i in range(8))
            count = sum(one.astype(int) for one in p)
            first = p[0] & p[2] & (p[6] if step else p[4])
            second = (p[0] if step else p[2]) & p[4] & p[6]
            mask = mask & ~((count >= 2) & (count <= 6) & (turns == 1) & ~first & ~second)
        if mask.sum() == before:
            return mask[1:-1, 1:-1]


SPOILED = (thin_pen, shadow, speck, neighbor, ruled)
