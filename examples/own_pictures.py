"""A folder of one's own pictures, with one subfolder a class.

A folder of PNGs is made first, so that the script runs anywhere: digits, dark on white paper, each
of another size and at another place. With pictures of your own you begin at data.load. What makes
the network's input out of a picture comes with the data set, and serves for new pictures too.

    python examples/own_pictures.py
"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from pellucid import CNNClassifier, Preprocessing, data

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
LEAST = 0.9


def draw(digit: np.ndarray, random: np.random.Generator) -> Image.Image:
    """Return a digit of some size, somewhere on a white sheet of some size."""
    side = int(random.integers(24, 80))
    sheet = Image.new("L", tuple(random.integers(side, 160, 2)), 255)
    ink = Image.fromarray((255 - digit * 255 / 16).astype(np.uint8))
    place = random.integers(0, np.array(sheet.size) - side + 1)
    sheet.paste(ink.resize((side, side), Image.Resampling.BICUBIC), tuple(place))
    return sheet


def main() -> None:
    """Make the folder, train on it, and predict a new picture."""
    digits, random = load_digits(), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "pictures")
        for number in range(1_000):
            path = folder / NAMES[digits.target[number]] / f"{number:04}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            draw(digits.images[number], random).save(path)

        # A fifth of each class is kept for the test. Single characters are cut out and centered
        # by a Preprocessing; for other pictures data.load(folder, size=(32, 32)) is enough.
        # Pictures in which it is in doubt what is ink are named.
        pictures = data.load(folder, preprocessing=Preprocessing((28, 28)), say=print)
        print(f"{len(pictures.train_images)} pictures to train on: {', '.join(pictures.classes)}")
        classes = np.array(pictures.classes)
        classifier = CNNClassifier(max_iter=15, random_state=0)
        classifier.fit(pictures.train_images, classes[pictures.train_labels])
        accuracy = classifier.score(pictures.test_images, classes[pictures.test_labels])
        print(f"accuracy on {len(pictures.test_images)} others: {accuracy:.1%}")
        assert accuracy >= LEAST, f"{accuracy:.1%} is less than {LEAST:.0%}"

        path = Path(name, "new.png")
        draw(digits.images[1_234], random).save(path)
        image = pictures.preprocessing.picture(data.read_picture(path))
        # An image of shape (1, 28, 28) is also an array (n, height, width) of one image.
        found = classifier.predict(image)[0]
        print(f"a new picture of a {NAMES[digits.target[1_234]]} is taken for a {found}")
        assert found == NAMES[digits.target[1_234]]


if __name__ == "__main__":
    main()
