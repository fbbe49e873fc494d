import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import BatchNorm1D, BatchNorm2D, Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.execution.inference import predict_proba
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.booleans(), st.booleans(), st.integers(2, 70), SEEDS)
def test_it_agrees_with_its_equation(channels, before, after, count, seed):
    network = Network(
        [
            Conv2D(channels, 3, padding="same"),
            *([ReLU()] if before else []),
            BatchNorm2D(eps=0.01),
            *([ReLU()] if after else []),
            Conv2D(4, 3),
            MaxPool2D(2),
            Flatten(),
            Dense(5),
            BatchNorm1D(eps=0.1),
            ReLU(),
            Dense(3),
        ],
        (2, 7, 6),
    )
    assert_agrees(network, *problem(network, count, seed))


def test_it_cuts_the_program_into_stretches_in_training_alone():
    network = Network([Conv2D(5, 3), BatchNorm2D(), ReLU(), Flatten(), Dense(3)], (2, 9, 8))
    plan, inference = plan_for(network), plan_for(network, training=False)
    assert [len(plan.forward_joins.places), len(plan.backward_joins.places)] == [1, 1]
    assert not inference.has_joins


def test_filters_and_sums_are_shared_by_all_chunks():
    # Survivors, Winograd and direct: all that is packed once a section, with several chunks.
    network = Network(
        [
            BatchNorm2D(), Conv2D(8, 5), ReLU(), MaxPool2D(2), BatchNorm2D(),
            Conv2D(8, 3, padding="same"), BatchNorm2D(), ReLU(), Conv2D(6, 2, stride=2), ReLU(),
            Flatten(), Dense(3),
        ],
        (3, 16, 16),
    )  # fmt: skip
    assert_agrees(network, *problem(network, 100))


@pytest.mark.parametrize("images", [1, 20])
def test_values_that_are_all_alike_become_the_shift_exactly(images):
    network = Network([BatchNorm2D(), Flatten(), Dense(2)], (2, 9, 9))
    parameters = network.initial_parameters()
    labels, found = np.zeros(images, int), []
    for value in (0.0, 0.3, 1.0):
        alike, out = np.full((images, 2, 9, 9), value, np.float32), np.zeros((images, 2), "f4")
        section_step(Procedure(network), parameters, alike, whole_section(labels), Outputs(out))
        found.append(out)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_lanes_without_an_image_do_not_count():
    network = Network([BatchNorm2D(), Flatten(), Dense(2)], (1, 6, 6))
    parameters, images, labels = problem(network, 17)  # one lane of the second chunk
    assert_agrees(network, parameters, images, labels)


def test_nan_stays_visible():
    network = Network([BatchNorm2D(), Flatten(), Dense(2)], (1, 3, 3))
    images = np.zeros((20, 1, 3, 3), np.float32)
    images[3, 0, 1, 1] = np.nan
    found = np.zeros((20, 2), np.float32)
    section, parameters = whole_section(np.zeros(20, int)), np.ones(network.size, np.float32)
    section_step(Procedure(network), parameters, images, section, Outputs(found))
    assert np.isnan(found).all()  # all images share the mean
    assert np.isnan(predict_proba(network, parameters, np.zeros((1, 3, 3)))).sum() == 0
