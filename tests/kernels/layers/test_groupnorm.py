import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, GroupNorm, Network, ReLU
from pellucid.execution.inference import predict_proba
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 4), st.booleans(), st.booleans(), st.integers(1, 40), SEEDS
)
def test_it_agrees_with_its_equation(groups, size, before, after, count, seed):
    network = Network(
        [
            Conv2D(groups * size, 3, padding="same"),
            *([ReLU()] if before else []),
            GroupNorm(groups, eps=0.01),
            *([ReLU()] if after else []),
            Conv2D(3, 3),
            Flatten(),
            Dense(3),
        ],
        (2, 7, 6),
    )
    assert_agrees(network, *problem(network, count, seed))


def test_relus_before_and_after_it_are_a_floor_and_its_gate():
    network = Network(
        [Conv2D(5, 3), ReLU(), GroupNorm(5), ReLU(), Conv2D(3, 3), Flatten(), Dense(3)], (2, 9, 8)
    )
    assert len(plan_for(network).forward) == 4
    assert_agrees(network, *problem(network, 20))


@pytest.mark.parametrize("images", [1, 20])
def test_long_arrays_lose_no_more_than_short_ones(images):
    network = Network([Flatten(), GroupNorm(1), Dense(3)], (4, 80, 80))
    assert_agrees(network, *problem(network, images))


@pytest.mark.parametrize("images", [1, 20])
def test_values_that_are_all_alike_become_the_shift_exactly(images):
    network = Network([GroupNorm(2), Flatten(), Dense(2)], (2, 9, 9))
    parameters = np.random.default_rng(0).normal(size=network.size).astype(np.float32)
    alike = np.full((images, 2, 9, 9), 0.3, np.float32)
    black = np.zeros_like(alike)
    found = predict_proba(network, parameters, alike)
    assert np.array_equal(found, predict_proba(network, parameters, black))


def test_nan_stays_visible():
    network = Network([GroupNorm(), Flatten(), Dense(2)], (1, 3, 3))
    images = np.zeros((20, 1, 3, 3), np.float32)
    images[:, 0, 1, 1] = np.nan
    found = np.zeros((20, 2), np.float32)
    section, parameters = whole_section(np.zeros(20, int)), np.ones(network.size, np.float32)
    section_step(Procedure(network), parameters, images, section, Outputs(found))
    assert np.isnan(found).all()
