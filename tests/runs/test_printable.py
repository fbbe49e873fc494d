import pytest

from pellucid.runs.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä 日本 .png", "plain ä 日本 .png"),
        ("\x1b[31mred\x1b]0;title\x07", "?[31mred?]0;title?"),
        ("two\nlines\r", "two?lines?"),
        ("half \udcff", "half ?"),
    ],
)
def test_nothing_is_a_command_to_a_terminal(text, shown):
    assert printable(text) == shown
