import io

import pytest

from pellucid.console import is_terminal, printable, some


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


def test_a_long_list_is_cut():
    assert some([]) == ""
    assert some(list("abcde")) == "a, b, c, d, e"
    assert some(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_a_bar_moves_in_a_terminal_that_is_not_dumb(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setenv("TERM", "xterm")
    assert is_terminal(terminal)
    assert not is_terminal(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not is_terminal(terminal)
