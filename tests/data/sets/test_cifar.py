"""CIFAR's binary version, from archives made as its author describes them."""

import numpy as np

from pellucid.data.sets.cifar import CIFAR10, CIFAR100
from tests.data.sets.test_archived import tar

RANDOM = np.random.default_rng(0)


def records(labels, images):
    rows = [bytes(np.r_[label, image.ravel()].astype(np.uint8)) for label, image in
            zip(labels, images, strict=True)]  # fmt: skip
    return b"".join(rows)


def test_batches_are_joined_and_colors_are_whole_planes():
    images = RANDOM.integers(0, 256, (12, 3, 32, 32), np.uint8)
    labels = RANDOM.integers(0, 10, 12)
    members = {
        f"cifar-10-batches-bin/data_batch_{k}.bin": records(labels[2 * k - 2 :][:2, None],
                                                           images[2 * k - 2 :][:2])
        for k in range(1, 6)
    }  # fmt: skip
    members["cifar-10-batches-bin/test_batch.bin"] = records(labels[10:, None], images[10:])
    names = [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ]
    members["cifar-10-batches-bin/batches.meta.txt"] = ("\n".join(names) + "\n\n").encode()
    arrays, classes = CIFAR10.read({"cifar-10-binary.tar.gz": tar(members)})
    assert classes == tuple(names)
    np.testing.assert_array_equal(arrays["train_images"], images[:10])
    np.testing.assert_array_equal(arrays["train_labels"], labels[:10])
    np.testing.assert_array_equal(arrays["test_images"], images[10:])
    np.testing.assert_array_equal(arrays["test_labels"], labels[10:])


def test_the_fine_of_two_labels_is_the_class():
    images = RANDOM.integers(0, 256, (3, 3, 32, 32), np.uint8)
    both = np.array([[7, 0], [8, 99], [9, 50]])
    members = {
        "cifar-100-binary/train.bin": records(both[:2], images[:2]),
        "cifar-100-binary/test.bin": records(both[2:], images[2:]),
        "cifar-100-binary/coarse_label_names.txt": b"not\nthese\n",
        "cifar-100-binary/fine_label_names.txt": "\n".join(f"kind{k}" for k in range(100)).encode(),
    }
    arrays, classes = CIFAR100.read({"cifar-100-binary.tar.gz": tar(members)})
    assert (len(classes), classes[99]) == (100, "kind99")
    assert arrays["train_labels"].tolist() == [0, 99]
    np.testing.assert_array_equal(arrays["train_images"], images[:2])
    np.testing.assert_array_equal(arrays["test_images"], images[2:])
