import pytest

from pellucid.data.readers.array_names import pairs_of, parsed


@pytest.mark.parametrize(
    ("name", "part", "is_label"),
    [
        ("x_train", "train", False),
        ("y_train", "train", True),
        ("X", "all", False),
        ("y", "all", True),
        ("images", "all", False),
        ("train_images", "train", False),
        ("testLabels", "test", True),
        ("Xtest", "test", False),
        ("val_images", "validation", False),
        ("dev-y", "validation", True),
        ("mnist_x_train", "train", False),
        ("target", "all", True),
    ],
)
def test_names_that_tell(name, part, is_label):
    found = parsed(name)
    assert (found.part, found.is_label, found.name) == (part, is_label, name)
    assert found.prefix == ("mnist" if "mnist" in name else "")


@pytest.mark.parametrize(
    "name", ["mean", "xy", "classes", "train_x_test", "other", "feature_names"]
)
def test_names_that_tell_nothing(name):
    assert parsed(name) is None


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        ("x_train y_train", {"train": ("x_train", "y_train")}),
        ("X y mean", {"train": ("X", "y")}),
        ("data images target", {"train": ("images", "target")}),
        ("X y x_test y_test", {"train": ("X", "y"), "test": ("x_test", "y_test")}),
        ("X y x_train y_train", {"train": ("x_train", "y_train")}),
        ("x_train y_train x_val y_val", {"train": ("x_train", "y_train"),
         "validation": ("x_val", "y_val")}),
        ("a_x a_y", {"train": ("a_x", "a_y")}),
        ("x_train y_train x_test", None),
        ("x_train y_train y_test", None),
        ("x_test y_test", {"test": ("x_test", "y_test")}),
        ("x_train y", None),
        ("a_x b_y", None),
        ("a_x a_y b_x b_y", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_belongs_together(names, pairs):
    assert pairs_of(names.split()) == pairs
