"""Held to the C library, which shares no code with them, and which is right to a last bit or so."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import elementary
from pellucid.kernels.compiling import elementary as compiled
from pellucid.kernels.compiling.compile import compile_function

LAST_BITS = 4


@compile_function
def _exp(x):
    return compiled.exp(x)


@compile_function
def _log(x):
    return compiled.log(x)


@compile_function
def _log1p(x):
    return compiled.log1p(x)


@compile_function
def _cosine_and_sine(x):
    return compiled.cosine_and_sine(x)


def near(found, expected):
    return abs(found - expected) <= LAST_BITS * math.ulp(expected)


@given(st.floats(-700.0, 700.0))
def test_powers_of_e(x):
    assert near(elementary.exp(x), math.exp(x))
    assert _exp(x) == elementary.exp(x)


@given(st.floats(1e-300, 1e300))
def test_logarithms(x):
    assert near(elementary.log(x), math.log(x))
    assert _log(x) == elementary.log(x)


@given(st.floats(-0.5, 1.0))
def test_logarithms_near_one(x):
    assert near(elementary.log1p(x), math.log1p(x))
    assert _log1p(x) == elementary.log1p(x)


@given(st.floats(-3.0, 3.0))
def test_cosines_and_sines(turns):
    found = elementary.cosine_and_sine(turns)
    expected = math.cos(math.tau * turns), math.sin(math.tau * turns)
    assert found == pytest.approx(expected, rel=0, abs=4e-15)
    assert _cosine_and_sine(turns) == found


def test_arrays_come_to_the_same_bits():
    x = np.concatenate([np.linspace(-760.0, 600.0, 999), np.linspace(-1.0, 1.0, 999)])
    assert elementary.exps(x).tolist() == [elementary.exp(value) for value in x.tolist()]
    x = np.concatenate([np.linspace(0.0, 3.0, 999), 2.0 ** np.linspace(-900.0, 900.0, 999)])
    assert elementary.logs(x).tolist() == [elementary.log(value) for value in x.tolist()]
    x = np.linspace(-0.5, 1.0, 999)
    assert elementary.logs1p(x).tolist() == [elementary.log1p(value) for value in x.tolist()]


def test_what_is_no_number():
    assert math.isnan(elementary.exp(math.nan))
    assert math.isnan(elementary.log(math.nan))
    assert math.isnan(elementary.log1p(math.nan))
    assert (elementary.exp(-math.inf), elementary.exp(math.inf)) == (0.0, math.inf)
    assert math.isnan(_exp(math.nan))
    assert math.isnan(_log(math.nan))
    assert (_exp(-1e300), _exp(1e300), _log(0.0)) == (0.0, math.inf, -math.inf)


@given(st.floats(0.0, 1.0), st.integers(0, 100_000))
def test_powers(base, times):
    # Each squaring doubles what was off before, and adds half a last bit.
    expected = base**times
    assert elementary.power(base, times) == pytest.approx(expected, rel=1e-11, abs=5e-324)


def test_normal_numbers_are_those_of_the_functions():
    random = np.random.default_rng(0)
    first, second = 1.0 - random.random(500), random.random(500)
    found = elementary.normal(first, second)
    for place, (x, turns) in enumerate(zip(first, second, strict=True)):
        radius = math.sqrt(-2.0 * elementary.log(x))
        cosine, sine = elementary.cosine_and_sine(turns)
        assert (found[place], found[500 + place]) == (radius * cosine, radius * sine)


def test_normal_numbers_are_normal():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(1)
    found = elementary.normal(1.0 - random.random(20_000), random.random(20_000))
    assert stats.kstest(found, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(found[:20_000], found[20_000:])[0, 1]) < 0.03
