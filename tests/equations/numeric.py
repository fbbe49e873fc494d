"""Oracles shared by the tests of the equations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

SEEDS = st.integers(0, 2**32 - 1)
STRIDES = st.tuples(st.integers(1, 3), st.integers(1, 3))


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers with six digits after the point: none so small that products of it vanish."""
    return st.floats(low, high).map(lambda value: round(value, 6))


def numeric_gradient(
    function: Callable[[np.ndarray], float], x: np.ndarray, h: float = 1e-6
) -> np.ndarray:
    """Return the gradient of a function that gives one number, by central differences."""
    gradient = np.empty_like(x, dtype=np.float64)
    moved = np.array(x, dtype=np.float64)
    for index in np.ndindex(x.shape):
        middle = moved[index]
        moved[index] = middle + h
        above = function(moved)
        moved[index] = middle - h
        below = function(moved)
        moved[index] = middle
        gradient[index] = (above - below) / (2 * h)
    return gradient


def sampled_error(
    function: Callable[[np.ndarray], float], x: np.ndarray, gradient: np.ndarray, h: float = 1e-6
) -> float:
    """Return how far a gradient is from central differences, relative to its largest entry.

    Along 40 of the axes, and along four directions, which hold what every entry adds to them.
    """
    random = np.random.default_rng(0)
    axes = random.permutation(x.size)[:40]
    steps = [np.eye(1, x.size, axis)[0] for axis in axes]
    steps += [one / np.linalg.norm(one) for one in random.normal(size=(4, x.size))]
    size = max(float(np.abs(gradient).max()), 1e-3)
    wrong = 0.0
    for step in steps:
        moved = h * step.reshape(x.shape)
        numeric = (function(x + moved) - function(x - moved)) / (2 * h)
        wrong = max(wrong, abs(numeric - float(gradient.reshape(-1) @ step)))
    return wrong / size


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference, relative to the largest expected value."""
    assert np.shape(found) == np.shape(expected)
    if np.size(expected) == 0:
        return 0.0
    size = max(float(np.abs(expected).max()), 1e-3)
    return float(np.abs(np.asarray(found) - expected).max()) / size


def spread_values(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return values around 0, none closer than 0.01 to another or to 0, in random order.

    A step of central differences then changes no maximum and no sign.
    """
    count = int(np.prod(shape))
    return (random.permutation(count) - count // 2 + 0.5).reshape(shape) * 0.02
