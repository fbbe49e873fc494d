import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import OneCycleSchedule
from pellucid.errors import ConfigurationError
from tests.training.schedules.torch_rates import torch_rates


@given(st.floats(0.1, 0.95), st.floats(1, 100), st.floats(1, 1e5), st.integers(11, 80))
def test_the_rates_are_those_of_torch(warmup, first, last, updates):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    schedule = OneCycleSchedule(warmup, first, last)
    found = [schedule.factor(t, updates) for t in range(1, updates + 1)]
    expected = torch_rates(
        torch,
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 1.0, updates, pct_start=warmup, cycle_momentum=False, div_factor=first,
            final_div_factor=last,
        ),
        updates,
    )  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.floats(0, 1), st.integers(1, 30))
def test_it_is_above_0_and_reaches_its_peak_once(warmup, updates):
    factors = [OneCycleSchedule(warmup).factor(t, updates) for t in range(1, updates + 1)]
    assert all(0 < factor <= 1 for factor in factors)
    top = factors.index(max(factors))
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)


def test_a_training_of_one_update_has_the_full_rate():
    assert OneCycleSchedule().factor(1, 1) == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"warmup": 2}, r"^warmup is 2; it must be a share of the updates, from 0 to 1\.$"),
        ({"div_factor": 0.5}, r"^div_factor is 0\.5; it must be a finite number of at least 1, "),
        ({"final_div_factor": math.inf}, r"^final_div_factor is inf; "),
        ({"div_factor": "25"}, r"^div_factor is '25'; it must be a number\.$"),
    ],
)
def test_settings_that_can_not_be_are_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        OneCycleSchedule(**settings)
