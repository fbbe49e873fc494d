"""Strokes as the page's pen draws them."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

PEN, FINE = 22, 4


def stroke(points: np.ndarray, rows: int = 280, columns: int = 280) -> np.ndarray:
    """Return light ink with soft edges on a dark ground, uint8, through points (x, y) in dots."""
    fine = Image.new("L", (columns * FINE, rows * FINE))
    draw = ImageDraw.Draw(fine)
    places = [tuple(point) for point in np.asarray(points) * FINE]
    draw.line(places, fill=255, width=PEN * FINE)
    for x, y in places:
        around = PEN * FINE / 2
        draw.ellipse((x - around, y - around, x + around, y + around), fill=255)
    return np.asarray(fine.resize((columns, rows), Image.Resampling.BOX))
