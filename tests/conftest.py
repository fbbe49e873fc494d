"""What every test runs under: floating-point trouble is an error, hypothesis repeats itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings

# No deadline: kernels compile on their first call. The same examples on every run.
settings.register_profile("pellucid", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("pellucid")


@pytest.fixture(autouse=True)
def _floating_point_trouble_is_an_error() -> Iterator[None]:
    """Raise FloatingPointError where NumPy would warn or, for underflow, say nothing."""
    with np.errstate(all="raise"):
        yield
