"""EMNIST's archive, made as its authors describe it: on its side, with a mapping of classes."""

import io
import zipfile

import numpy as np
import pytest

from pellucid.data.sets.emnist import EMNIST
from tests.data.sets.test_published import idx

UPRIGHT = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)


def archive(way, labels, mapping):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for part, some in (("train", slice(0, 3)), ("test", slice(3, 5))):
            sideways = np.ascontiguousarray(UPRIGHT[some].transpose(0, 2, 1))
            stem = f"gzip/emnist-{way}-{part}"
            opened.writestr(f"{stem}-images-idx3-ubyte.gz", idx(sideways))
            opened.writestr(f"{stem}-labels-idx1-ubyte.gz", idx(labels[some]))
        opened.writestr(f"gzip/emnist-{way}-mapping.txt", mapping)
    return {"gzip.zip": buffer.getvalue()}


@pytest.mark.parametrize(
    ("known", "way", "labels", "mapping", "classes", "expected"),
    [
        (EMNIST[0], "balanced", [0, 10, 11, 0, 10], "0 48\n10 65\n11 97\n", "0Aa", None),
        (
            EMNIST[1],
            "letters",
            [1, 2, 26, 1, 2],
            "1 65 97\n2 66 98\n",
            ["Aa", "Bb"],
            [0, 1, 25, 0, 1],
        ),
        (EMNIST[2], "digits", [0, 1, 1, 0, 1], "0 48\r\n1 49\r\n", "01", None),
    ],
    ids=["balanced", "letters", "digits"],
)
def test_images_stand_upright_and_classes_are_their_characters(
    known, way, labels, mapping, classes, expected
):
    labels = np.array(labels, np.uint8)
    arrays, found = known.read(archive(way, labels, mapping))
    assert found == tuple(classes)
    np.testing.assert_array_equal(arrays["train_images"], UPRIGHT[:3])
    np.testing.assert_array_equal(arrays["test_images"], UPRIGHT[3:])
    both = np.r_[arrays["train_labels"], arrays["test_labels"]]
    np.testing.assert_array_equal(both, labels if expected is None else expected)


def test_all_ways_share_one_file_in_the_cache():
    assert len({known.cached for known in EMNIST}) == 1
    assert len({known.name for known in EMNIST}) == 6
