import numpy as np
from sklearn.datasets import load_digits

from pellucid.network.loss import CrossEntropy
from pellucid.recipes import Brief
from tests.recipes.test_looks import pieces


def test_what_is_known_of_photographs():
    photos, labels = pieces(300)
    assert Brief.of(photos, labels, 2) == Brief(
        (3, 32, 32), 2, 600, "photos", is_mirrored_alike=True, loss=CrossEntropy()
    )


def test_drawings_are_not_asked_for_their_sides():
    digits = load_digits()
    brief = Brief.of(digits.images, digits.target, 10)
    assert brief == Brief((1, 8, 8), 10, 1797, "drawings", is_mirrored_alike=None)


def test_one_image_is_enough():
    assert Brief.of(np.zeros((1, 28, 28), np.uint8), np.zeros(1, int), 1).images == 1
