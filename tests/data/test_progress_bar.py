import io

import pytest

from pellucid.data.progress_bar import show_reading


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_elsewhere_nothing_is_shown():
    stream = io.StringIO()
    with show_reading("Reading", stream) as progress:
        assert progress is None
    assert stream.getvalue() == ""


def test_a_dumb_terminal_gets_no_bar(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with show_reading("Reading", Terminal()) as progress:
        assert progress is None


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with show_reading("Reading pictures", stream) as progress:
        assert progress is not None
        assert stream.getvalue() == ""  # what is read at once shows none
        progress(1, 4)
        progress(4, 4)
    shown = stream.getvalue()
    assert "Reading pictures" in shown
    assert "100%" in shown
    assert shown.endswith("\x1b[2K")  # the line is cleared


def test_nothing_to_show_shows_nothing(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with show_reading("Reading", stream):
        pass
    assert "Reading" not in stream.getvalue()


def test_an_error_ends_the_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()

    def stop(progress):
        progress(1, 4)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), show_reading("Reading", stream) as progress:
        stop(progress)
    assert "\x1b[?25h" in stream.getvalue()  # the cursor is there again


def test_the_text_has_a_default(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with show_reading(stream=stream) as progress:
        progress(1, 2)
    assert "reading" in stream.getvalue()
