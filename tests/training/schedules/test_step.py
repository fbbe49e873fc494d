import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import StepSchedule
from pellucid.errors import ConfigurationError
from tests.training.schedules.torch_rates import torch_rates


@given(st.floats(0.01, 1), st.floats(0.1, 1), st.integers(1, 80))
def test_the_rates_are_those_of_torch(share, gamma, updates):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    size = max(1, round(share * updates))
    found = [StepSchedule(share, gamma).factor(t, updates) for t in range(1, updates + 1)]
    expected = torch_rates(
        torch, lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, size, gamma), updates
    )
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_warmup_rises_under_the_steps():
    schedule = StepSchedule(0.3, 0.1, warmup=0.4)
    found = [schedule.factor(t, 10) for t in range(1, 11)]
    assert found == pytest.approx([0.25, 0.5, 0.75, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"step_size": 0}, r"^step_size is 0; it must be above 0 and at most 1, for example 0\.3"),
        ({"gamma": 1.5}, r"^gamma is 1\.5; it must be above 0 and at most 1, for example 0\.1\.$"),
        ({"warmup": -1}, r"^warmup is -1; it must be a share of the updates, from 0 to 1\.$"),
    ],
)
def test_settings_that_can_not_be_are_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        StepSchedule(**settings)
