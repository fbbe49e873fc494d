"""What 8 bits cost is told, and refused where it is too much."""

import numpy as np
import pytest

from pellucid.errors import ConfigurationError, DataError, ExportError
from pellucid.export import Int8, to_c
from pellucid.export.description import description_of
from pellucid.export.int8_cost import Int8Cost, in_int8
from tests.export.examples import X, Y, classifier, labeler, model_of, regressor, small_model


def test_accuracy_before_and_after():
    _, cost = in_int8(description_of(classifier()), Int8(X[:1200], X[1200:], Y[1200:]))
    said = classifier().predict(X[1200:])
    assert cost.images == 597
    assert cost.before == pytest.approx((said == Y[1200:]).mean())
    assert abs(cost.before - cost.after) <= 0.005
    assert str(cost).startswith(f"int8: accuracy {cost.before:.2%} before and {cost.after:.2%} aft")
    _, cost = in_int8(description_of(labeler()), Int8(X, X, np.stack([Y % 2, Y > 4], axis=1)))
    assert cost.before > 0.9


def test_without_labels_changed_classes_are_counted():
    _, cost = in_int8(description_of(classifier()), Int8(X))
    assert (cost.before, cost.after, cost.images) == (None, None, 1797)
    assert cost.lost == cost.changed / 1797
    assert str(cost) == f"int8: {cost.changed} of 1,797 images got another class"


def test_what_loses_more_than_half_a_point_is_not_written(tmp_path):
    # Ranges from black images are too narrow for all others.
    black = np.zeros((20, 8, 8), np.float32)
    with pytest.raises(
        ExportError, match=r"loses more than half a point \(int8: accuracy .* before"
    ):
        to_c(classifier(), tmp_path / "model.c", int8=Int8(black, X, Y))
    assert not list(tmp_path.iterdir())
    export = to_c(classifier(), tmp_path / "model.c", int8=Int8(black, X, Y, force=True))
    assert export.int8.lost > 0.005
    assert len(export.paths) == 2


def test_what_cant_be_is_told(tmp_path):
    path = tmp_path / "model.c"
    with pytest.raises(ConfigurationError, match=r"int8 is bool; give Int8\(images\)"):
        to_c(classifier(), path, int8=True)
    with pytest.raises(ExportError, match="gives numbers; int8 is for classes and labels"):
        to_c(regressor(), path, int8=Int8(X))
    with pytest.raises(ConfigurationError, match="2 test_labels for 1,797 images"):
        to_c(classifier(), path, int8=Int8(X, X, [0, 1]))
    with pytest.raises(ConfigurationError, match=r"test_labels has shape \(1797,\)"):
        to_c(labeler(), path, int8=Int8(X, X, Y))
    with pytest.raises(DataError, match="the export takes images of shape"):
        to_c(classifier(), path, int8=Int8(X[:, :9]))


def test_a_label_that_is_no_class_is_never_right():
    network = small_model().network
    model = model_of(network, small_model().parameters)
    images = np.random.default_rng(0).integers(0, 256, (10, 6, 5), np.uint8)
    _, cost = in_int8(description_of(model), Int8(images, images, ["cat"] * 10, force=True))
    assert (cost.before, cost.after) == (0, 0)
    assert Int8Cost(0, 0).lost == 0
