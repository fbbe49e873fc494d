import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import CosineSchedule
from pellucid.errors import ConfigurationError
from tests.training.schedules.torch_rates import torch_rates

SHARES = st.floats(0, 1, allow_subnormal=False)


@given(SHARES, SHARES, st.integers(1, 60))
def test_the_rates_are_those_of_torch(warmup, final, updates):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    first = max(1, math.ceil(warmup * updates))

    def made(optimizer):
        schedulers = torch.optim.lr_scheduler
        cosine = schedulers.CosineAnnealingLR(optimizer, updates - first + 1, eta_min=final)
        if first == 1:
            return cosine
        up = schedulers.LinearLR(optimizer, 1 / first, total_iters=first - 1)
        return schedulers.SequentialLR(optimizer, [up, cosine], [first - 1])

    schedule = CosineSchedule(warmup, final)
    found = [schedule.factor(t, updates) for t in range(1, updates + 1)]
    assert found == pytest.approx(torch_rates(torch, made, updates), rel=1e-9, abs=1e-12)
    assert all(0 < factor <= 1 for factor in found)


@pytest.mark.parametrize("name", ["warmup", "final"])
@pytest.mark.parametrize("value", [-0.1, 1.5, math.nan])
def test_a_share_out_of_bounds_is_named(name, value):
    with pytest.raises(ConfigurationError, match=rf"^{name} is .*; it must be a share of the upda"):
        CosineSchedule(**{name: value})
