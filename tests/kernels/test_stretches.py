"""The driver of stretches; what goes through it is held to the equations in test_batchnorm.py."""

import numpy as np

from pellucid import BatchNorm2D, Dense, Flatten, Network
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section


def test_a_section_of_no_images_has_no_gradient():
    network = Network([BatchNorm2D(), Flatten(), Dense(2)], (1, 3, 3))
    images, labels = np.ones((4, 1, 3, 3), np.float32), np.zeros(4, int)
    section = whole_section(labels).part(slice(0))
    result = section_step(Procedure(network), network.initial_parameters(), images, section)
    assert (result.loss, result.measure) == (0.0, 0.0)
    assert not result.gradient.any()


def test_sections_of_other_sizes_leave_nothing_behind():
    network = Network([BatchNorm2D(), Flatten(), Dense(2)], (1, 3, 3))
    random = np.random.default_rng(0)
    images, labels = random.random((90, 1, 3, 3), np.float32), random.integers(0, 2, 90)
    parameters, section = network.initial_parameters(), whole_section(labels)

    def result(count):
        out = np.zeros((count, 2), np.float32)
        part = section.part(slice(count))
        found = section_step(Procedure(network), parameters, images, part, Outputs(out))
        return found.gradient.tobytes(), found.loss, out.tobytes()

    first = {count: result(count) for count in (5, 90, 17)}
    assert all(result(count) == first[count] for count in (17, 5, 90, 33, 5) if count in first)
