import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Augmentation
from pellucid.execution.sections import (
    GRAIN,
    Outputs,
    Procedure,
    Section,
    cut,
    section_step,
    whole_section,
)
from pellucid.network import presets
from tests.kernels.oracle import by_equations, problem


@given(st.integers(1, 5000), st.integers(1, 40))
def test_a_cut_covers_the_batch_in_whole_grains(images, sections):
    parts = cut(images, sections)
    assert 1 <= len(parts) <= sections
    assert parts[0].start == 0
    assert parts[-1].stop == images
    for part, following in itertools.pairwise(parts):
        assert part.stop == following.start
        assert (part.stop - part.start) % GRAIN == 0
    assert all(part.stop > part.start for part in parts)


def test_the_reference_batch_is_cut_into_8():
    assert cut(1024, 8) == [slice(i, i + 128) for i in range(0, 1024, 128)]


def test_a_whole_section_counts_every_image_once():
    section = whole_section(np.array([3, 1, 2]), np.array([5, 5, 6]))
    np.testing.assert_array_equal(section.indices, [0, 1, 2])
    np.testing.assert_array_equal(section.targets, [3, 1, 2])
    np.testing.assert_array_equal(section.weights, [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(section.identities, [[5, 0], [5, 1], [6, 2]])


def test_a_part_keeps_all_of_its_images():
    section = whole_section(np.arange(10))
    part = section.part(slice(4, 7))
    np.testing.assert_array_equal(part.indices, [4, 5, 6])
    np.testing.assert_array_equal(part.targets, [4, 5, 6])
    np.testing.assert_array_equal(part.identities, [[0, 4], [0, 5], [0, 6]])
    assert len(part.weights) == 3


@pytest.mark.parametrize("count", [1, 8, 9])
def test_a_few_images_are_randomized_too(count):
    network = presets.reference((12, 12))
    parameters, images, labels = problem(network, count)
    section, found = whole_section(labels), []
    for augmentation in (None, Augmentation(), Augmentation()):
        found.append(np.zeros((count, network.classes), np.float32))
        procedure = Procedure(network, augmentation)
        section_step(procedure, parameters, images, section, Outputs(found[-1]), training=False)
    assert not (found[0] == found[1]).all()
    np.testing.assert_array_equal(found[1], found[2])


def test_inference_gives_loss_and_probabilities_but_no_gradient():
    network = presets.reference((12, 12))
    parameters, images, labels = problem(network, 21)
    result, loss, _, _ = by_equations(network, parameters, images, labels)
    found_probabilities = np.zeros((21, 10), dtype=np.float32)
    outputs = Outputs(found_probabilities)
    found = section_step(
        Procedure(network), parameters, images, whole_section(labels), outputs, training=False
    )
    assert found.gradient.size == 0
    assert found.loss == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(found_probabilities, result.probs, rtol=0, atol=1e-5)


def test_nothing_that_is_given_is_changed():
    network = presets.reference((12, 12))
    parameters, images, labels = problem(network, 21)
    copies = parameters.copy(), images.copy(), labels.copy()
    for array in (parameters, images, labels):
        array.setflags(write=False)
    procedure = Procedure(network, Augmentation(), 3)
    section_step(procedure, parameters, images, whole_section(labels))
    for array, copy in zip((parameters, images, labels), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_strided_parts_of_a_section():
    network = presets.reference((12, 12))
    parameters, images, labels = problem(network, 40)
    whole = whole_section(labels)
    every_second = Section(
        whole.indices[::2], whole.targets[::2], whole.weights[::2], whole.identities[::2]
    )
    found = section_step(Procedure(network), parameters, images, every_second)
    _, loss, _, _ = by_equations(network, parameters, images[::2], labels[::2])
    assert found.loss == pytest.approx(loss, rel=1e-5)


def test_parts_of_outputs_are_places_in_the_same_arrays():
    whole = Outputs(np.zeros((5, 2), np.float32), True, np.zeros((5, 1, 3, 3), np.float32))
    part = whole.part(slice(1, 3))
    part.probabilities[...], part.image_gradients[...] = 1, 2
    assert part.logits
    assert whole.probabilities[:, 0].tolist() == [0, 1, 1, 0, 0]
    assert whole.image_gradients[:, 0, 0, 0].tolist() == [0, 2, 2, 0, 0]
    assert Outputs().part(slice(1, 3)) == Outputs()


@pytest.mark.parametrize("count", [3, 20])
def test_labels_and_weights_of_any_kind_are_read_as_what_they_are(count):
    """Kernels find them by their addresses, whatever lies there."""
    network = presets.reference((12, 12))
    parameters, images, labels = problem(network, count)
    weights = np.linspace(0.5, 2.0, 2 * count)[::2]
    identities = np.zeros((count, 2), np.int64)
    for training in (False, True):
        expected, *others = (
            section_step(
                Procedure(network), parameters, images,
                Section(np.arange(count), labels.astype(kind), w, identities), training=training,
            )
            for kind, w in (
                (np.int64, weights.copy()), (np.int32, weights), (np.uint8, weights[::-1][::-1]),
            )
        )  # fmt: skip
        narrow = section_step(
            Procedure(network), parameters, images,
            Section(np.arange(count), labels, weights.astype(np.float32), identities),
            training=training,
        )  # fmt: skip
        for other in others:
            assert (other.loss, other.measure) == (expected.loss, expected.measure)
            assert np.array_equal(other.gradient, expected.gradient)
        assert narrow.loss == pytest.approx(expected.loss, rel=1e-6)
