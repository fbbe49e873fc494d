"""Saliency: which pixels a trained network looks at, as a picture.

The gradient of the loss by the pixels says what a little more light at each pixel would do. The
picture shows digits above, and the size of that gradient below. It is put to the test: a little
light in the direction of the gradient must fool the network, as much light at random must not.

    python examples/saliency.py [--out saliency.png]
"""

import argparse

import numpy as np
from matplotlib.figure import Figure

from pellucid import CNNClassifier, data, image_gradients

STEP = 0.1


def draw(images: np.ndarray, saliency: np.ndarray) -> Figure:
    """Return a figure with ten images and, under each, its saliency."""
    figure = Figure(figsize=(10, 2.2), layout="constrained")
    places = figure.subplots(2, 10).flat
    for axes, picture in zip(places, [*images[:10], *saliency[:10]], strict=True):
        axes.imshow(picture, cmap="gray")
        axes.set_axis_off()
    return figure


def main() -> None:
    """Train, compute the gradients, test them, and draw."""
    parser = argparse.ArgumentParser(description="Draw what a network looks at.")
    parser.add_argument("--out", default="saliency.png", help="the picture to write")
    out = parser.parse_args().out
    digits = data.load("digits")
    classifier = CNNClassifier(pixel_range=(0, 1), max_iter=10, random_state=0)
    classifier.fit(digits.train_images / 255, digits.train_labels)

    images, labels = digits.test_images / 255, digits.test_labels
    # Shape (n, channels, height, width), and there is one channel.
    gradients = image_gradients(classifier.network_, classifier.parameters_, images, labels)[:, 0]
    signs = np.random.default_rng(0).choice([-1, 1], images.shape)

    def accuracy_with(light: np.ndarray) -> float:
        return float(classifier.score(np.clip(images + STEP * light, 0, 1), labels))

    whole, random, fooled = (accuracy_with(s) for s in (0 * signs, signs, np.sign(gradients)))
    print(f"accuracy: {whole:.1%} as they are, {random:.1%} with {STEP:g} added or taken at "
          f"random, {fooled:.1%} along the gradient")  # fmt: skip
    draw(images, np.abs(gradients)).savefig(out, dpi=150)
    print(f"written: {out}")
    assert whole >= 0.95, f"{whole:.1%} is less than 95%"
    assert random - fooled >= 0.2, "the gradient fools the network no more than chance does"


if __name__ == "__main__":
    main()
