"""A training survives kill -9 at any moment, to the last bit."""

import os

import pytest

from tests.training.kills import STEPS, kill_again_and_again

KILLS = 60


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_sixty_kills_change_no_bit(tmp_path):
    found = kill_again_and_again(tmp_path, KILLS)
    assert found.wrong == []
    assert found.total >= KILLS
    assert found.at_random >= KILLS // 3
    assert all(found.in_write[step] >= 2 for step in STEPS), found.in_write
    assert found.ended >= 1
    # The lives were not all spent before the first checkpoint, or each on a training of its own.
    assert sum(number > 0 for number in found.resumed_from) > KILLS // 2
    assert len(set(found.resumed_from)) > KILLS // 4
