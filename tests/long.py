"""Tests that take half a minute and more, and that a shorter one stands in for in CI."""

import os

import pytest

takes_long = pytest.mark.skipif(
    not os.environ.get("PELLUCID_LONG_TESTS"),
    reason="half a minute and more: `make long` runs it, or PELLUCID_LONG_TESTS=1",
)
