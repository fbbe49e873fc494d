from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Schedule
from pellucid.errors import ConfigurationError

SHARES = st.floats(0, 1)


@given(SHARES, SHARES, st.integers(1, 500))
def test_the_rate_rises_stays_and_falls_and_is_never_zero(warmup, cooldown, updates):
    schedule = Schedule(warmup, cooldown)
    factors = [schedule.factor(t, updates) for t in range(1, updates + 1)]
    assert all(0 < factor <= 1 for factor in factors)
    top = factors.index(max(factors))
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)


@given(SHARES, st.integers(1, 500))
def test_warmup_and_cooldown_mirror_each_other(share, updates):
    rising, falling = Schedule(warmup=share), Schedule(cooldown=share)
    for t in range(1, updates + 1):
        assert rising.factor(t, updates) == falling.factor(updates - t + 1, updates)


@given(st.floats(0.01, 1), st.integers(1, 500))
def test_the_warmup_ends_after_its_share(share, updates):
    factors = [Schedule(warmup=share).factor(t, updates) for t in range(1, updates + 1)]
    assert sum(factor < 1 for factor in factors) == math.ceil(share * updates) - 1


def test_the_default_is_constant():
    assert {Schedule().factor(t, 79) for t in range(1, 80)} == {1.0}


@pytest.mark.parametrize("name", ["warmup", "cooldown"])
@pytest.mark.parametrize("value", [-0.1, 1.5, math.nan])
def test_a_share_out_of_bounds_is_named(name, value):
    with pytest.raises(ConfigurationError) as caught:
        Schedule(**{name: value})
    message = f"{name} is {value!r}; it must be a share of the updates, from 0 to 1."
    assert str(caught.value) == message
