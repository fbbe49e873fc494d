"""The studio's own parts of the page that need no browser."""

from tests.studio.node import needs_node, run_in_node

pytestmark = needs_node


def test_the_lines_of_a_chart_stand_at_round_numbers():
    script = """
    import { stepOf } from "./livecurves.js";
    say(given.map(stepOf));
    """
    highest = [2.3, 1, 79, 40, 100_000, 0.1, 3]
    found = run_in_node(script, highest)
    assert found == [1, 0.5, 20, 10, 50_000, 0.05, 1]
    for most, step in zip(highest, found, strict=True):
        assert 2 <= most / step <= 4


def test_bytes_come_as_they_were_sent():
    script = """
    import { bytesFrom } from "./liveviews.js";
    say(bytesFrom(given));
    """
    assert run_in_node(script, "AAH/gA==") == [0, 1, 255, 128]
