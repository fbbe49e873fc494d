import numpy as np

from pellucid import Preprocessing
from pellucid.data.sets.named_set import NamedSet, dataset_of

ARRAYS = {
    "train_images": np.zeros((3, 2, 2), np.uint8),
    "train_labels": np.array([0, 1, 0], np.uint8),
    "test_images": np.ones((1, 2, 2), np.uint8),
    "test_labels": np.array([1], np.uint8),
}


def test_four_arrays_are_a_data_set():
    made = Preprocessing((2, 2), fit="resize")
    found = dataset_of("tiny", ARRAYS, ("a", "b"), "made here", made)
    assert (found.name, found.classes, found.source) == ("tiny", ("a", "b"), "made here")
    assert found.train_labels.dtype == found.test_labels.dtype == np.int64
    assert found.train_labels.tolist() == [0, 1, 0]
    assert found.train_images is ARRAYS["train_images"]
    assert found.preprocessing == made
    assert dataset_of("tiny", ARRAYS, ("a", "b"), "made here").preprocessing is None


def test_a_named_set_says_where_it_is_now():
    places = ["here"]
    known = NamedSet("tiny", "dots", "3 + 1", lambda say: None, lambda: places[-1])
    places.append("there")
    assert known.where() == "there"
