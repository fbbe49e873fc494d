from pathlib import Path

import pytest

from pellucid.cli.checkpoints import checkpoints_of
from pellucid.errors import ConfigurationError
from pellucid.training import Checkpoints

FOLDER = Path("run/checkpoints")


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("100", {"every_updates": 100}),
        ("30s", {"every_seconds": 30.0}),
        ("0.5s", {"every_seconds": 0.5}),
        ("5 min", {"every_seconds": 300.0}),
        ("1h", {"every_seconds": 3600.0}),
    ],
)
def test_updates_and_times(every, expected):
    assert checkpoints_of(Path("run"), every, 2) == Checkpoints(FOLDER, keep=2, **expected)


def test_never():
    assert checkpoints_of(Path("run"), "never", 3) is None


@pytest.mark.parametrize(
    "every", ["", "0", "0s", "-5", "1.5", "30 seconds", "nan", "1e3", "²", "9" * 400, "s"]
)
def test_what_is_neither(every):
    with pytest.raises(ConfigurationError, match=r"^checkpoint_every is '.*'; it must be a number"):
        checkpoints_of(Path("run"), every, 3)
    with pytest.raises(ConfigurationError, match=r"^keep is 0; it must be a"):
        checkpoints_of(Path("run"), "30s", 0)
