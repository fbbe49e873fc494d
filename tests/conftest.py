"""What every test runs under: errors of floating point, hypothesis that repeats itself, Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings

from pellucid.data.dataset import Dataset
from pellucid.data.sets.mnist import cached_mnist, load_mnist
from pellucid.kernels.compiling.cache import _folder

# No deadline: kernels compile on their first call. The same examples on every run.
settings.register_profile("pellucid", deadline=None, derandomize=True, max_examples=15)
settings.load_profile("pellucid")


# Kernels are kept where the user's are, also where the first test that needs one moves the cache.
_folder()


# A shell starts jobs in the background deaf to Ctrl-C, and what the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _floating_point_trouble_is_an_error() -> Iterator[None]:
    """Raise FloatingPointError where NumPy would warn or, for underflow, say nothing."""
    with np.errstate(all="raise"):
        yield


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """Return MNIST from the user's cache; a test that asks for it is skipped where it is not."""
    if not cached_mnist().is_file():
        pytest.skip("MNIST is not in the user's cache; `pellucid data fetch mnist` puts it there")
    return load_mnist(origins=[])
