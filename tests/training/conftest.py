import pytest

from tests.training.trainings import UPDATES, train


@pytest.fixture(scope="package")
def whole():
    """The training in one go."""
    made = train()
    assert len(made.history) == UPDATES
    return made
