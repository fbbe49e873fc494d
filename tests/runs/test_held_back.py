"""The part of the training images that a run holds back."""

import dataclasses

import numpy as np
import pytest

from pellucid import evaluate, load_model
from pellucid.errors import DataError
from pellucid.runs.held_back import hold_back
from pellucid.runs.run import reference_run
from pellucid.runs.verification import verify_run
from tests.runs.examples import (
    DIGITS,
    QUICK,
    rewrite_history,
    rows,
    say_nothing,
    tiny_data,
    use_data,
)

SOME = dataclasses.replace(QUICK, validation_share=0.25)


def test_every_image_is_in_one_part_and_classes_keep_their_shares():
    digits = DIGITS()
    fewer, held = hold_back(SOME, digits)
    both = np.concatenate([fewer.train_images, held.images])
    assert sorted(image.tobytes() for image in both) == sorted(
        image.tobytes() for image in digits.train_images
    )
    counts, all_of = np.bincount(held.labels), np.bincount(digits.train_labels)
    assert (np.abs(counts - 0.25 * all_of) <= 0.5).all()
    assert fewer.test_images is digits.test_images


def test_it_is_the_same_for_every_seed():
    one, other = (hold_back(dataclasses.replace(SOME, seed=seed), DIGITS())[1] for seed in (0, 1))
    np.testing.assert_array_equal(one.images, other.images)


def test_a_run_is_measured_about_twenty_times():
    for images, every in ((1024, 1), (128 * 60, 3), (1, 1)):
        assert hold_back(dataclasses.replace(SOME, images=images), DIGITS())[1].every == every


def test_nothing_is_held_back_by_default():
    digits = DIGITS()
    assert hold_back(QUICK, digits) == (digits, None)


def with_own():
    """Return digits that come with images to validate, of two classes alone."""
    digits = DIGITS()
    chosen = digits.test_labels < 2
    return dataclasses.replace(
        digits,
        validation_images=digits.test_images[chosen],
        validation_labels=digits.test_labels[chosen],
    )


def test_the_data_s_own_are_measured_on_unless_a_share_says_otherwise():
    own = with_own()
    same, held = hold_back(QUICK, own)
    assert same is own
    assert held.images is own.validation_images
    assert (held.is_own, held.every) == (True, 1)
    assert hold_back(dataclasses.replace(QUICK, validation_share=0.0), own) == (own, None)
    fewer, held = hold_back(SOME, own)
    assert len(fewer.train_images) + len(held.images) == len(own.train_images)
    assert not held.is_own


def test_a_run_measures_on_the_data_s_own_and_says_so(tmp_path, monkeypatch, no_pictures):
    own, said = with_own(), []
    use_data(monkeypatch, own)
    metrics = reference_run(QUICK, tmp_path / "own", said.append)
    assert f"Its {len(own.validation_labels)} images to validate are measured on" in "".join(said)
    model = load_model(tmp_path / "own" / "model.safetensors")
    expected = evaluate(model.network, model.parameters, *own.validation)
    assert (metrics.validation_loss, metrics.validation_accuracy) == (
        expected.loss, expected.accuracy,
    )  # fmt: skip
    assert float(rows(tmp_path / "own")[-1]["validation_loss"]) == expected.loss
    assert verify_run(tmp_path / "own", say_nothing).same
    without = dataclasses.replace(QUICK, validation_share=0.0)
    said.clear()
    plain = reference_run(without, tmp_path / "plain", said.append)
    assert "images to validate are not used." in "".join(said)
    assert (plain.validation_loss, plain.fingerprint) == (None, metrics.fingerprint)


def test_a_class_needs_two_images():
    with pytest.raises(DataError, match=r"^No class of tiny has two training images, so none can"):
        hold_back(SOME, tiny_data(count=2))


def test_a_run_measures_what_it_learned_on_it(tmp_path, no_pictures):
    metrics = reference_run(SOME, tmp_path, say_nothing)
    _, held = hold_back(SOME, DIGITS())
    model = load_model(tmp_path / "model.safetensors")
    expected = evaluate(model.network, model.parameters, held.images, held.labels)
    assert (metrics.validation_loss, metrics.validation_accuracy) == (
        expected.loss, expected.accuracy,
    )  # fmt: skip
    measured = [float(row["validation_loss"]) for row in rows(tmp_path)]
    assert len(measured) == 8
    assert measured[-1] == expected.loss

    def change(lines):
        *columns, loss, accuracy = lines[4].split(",")
        lines[4] = ",".join([*columns, repr(float(loss) + 1e-15), accuracy])
        return lines

    assert verify_run(tmp_path, say_nothing).same
    rewrite_history(tmp_path, change)
    found = verify_run(tmp_path, say_nothing)
    assert not found.same
    assert "first in update 4: its validation loss was " in str(found)
