"""Long tests, for which a shorter one stands in in CI."""

import os

import pytest

takes_long = pytest.mark.skipif(
    not os.environ.get("PELLUCID_LONG_TESTS"),
    reason="a shorter one stands in for it: `make long` runs it, or PELLUCID_LONG_TESTS=1",
)
