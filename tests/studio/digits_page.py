"""A page of a network that was trained for a second: it tells a 7 from a 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pellucid import Adam, Model, Preprocessing, Trainer, presets
from pellucid.studio.content import content_of
from pellucid.studio.html import page_of
from tests.studio.pen import stroke

# A 7 and a 1 as strokes, in shares of the drawing's sides.
SEVEN = [(0.25, 0.2), (0.4, 0.2), (0.55, 0.2), (0.72, 0.2), (0.66, 0.35), (0.58, 0.5), (0.44, 0.85)]
ONE = [(0.5, 0.15), (0.5, 0.3), (0.5, 0.5), (0.5, 0.7), (0.5, 0.85)]


def seven_or_one() -> tuple[Model, np.ndarray, np.ndarray]:
    """Return a trained model, and its images, (96, 1, 28, 28), with their labels."""
    random = np.random.default_rng(0)
    preprocessing, labels = Preprocessing((28, 28)), np.arange(96) % 2
    images = []
    for label in labels:  # each a little other than the one before
        points = np.array((SEVEN, ONE)[label]) * 280
        moved = points + random.normal(scale=6, size=points.shape)
        images.append(preprocessing.picture(stroke(moved)))
    network = presets.reference()
    with Trainer(network, optimizer=Adam(0.01), seed=0) as trainer:
        trainer.fit(np.stack(images), labels, batch_size=32, total_images=96 * 6)
        parameters = trainer.parameters.copy()
    names = ("seven", "one", *(f"class {k}" for k in range(2, 10)))
    return Model(network, parameters, preprocessing, names), np.stack(images), labels


def digits_page(path: Path) -> Path:
    """Write the page, with 12 of the images."""
    model, images, labels = seven_or_one()
    content = content_of(model, images[:12], labels[:12], "Two digits")
    path.write_text(page_of(content), "utf-8")
    return path
