import io
import re

import pytest

from pellucid.runs.progress import LINES, show_progress
from pellucid.training import Update

LINE = re.compile(
    r"update (?P<done>\d+)/(?P<of>\d+)  loss (?P<loss>\d+\.\d{4})  (?P<rate>[\d,]+) images/s  "
    r"(?P<left>\d+) s left"
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def show(count, stream, size=32, first=1):
    with show_progress(count, count * size, stream) as on_update:
        for number in range(count):
            on_update(
                Update(first + number, size, 2.5 - 0.5 * number / count, 0.5, 0.25 * (number + 1))
            )


def lines(count, **kwargs):
    stream = io.StringIO()
    show(count, stream, **kwargs)
    return [LINE.fullmatch(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 19, 20, 79, 95, 1000])
def test_about_ten_plain_lines_the_last_update_among_them(count):
    found = lines(count)
    assert all(found)
    assert min(count, LINES) <= len(found) <= 2 * LINES
    assert found[-1]["done"] == found[-1]["of"] == str(count)


def test_at_most_as_many_lines_as_it_says():
    assert max(len(lines(count)) for count in range(1, 200)) <= LINES


def test_numbers_are_those_of_the_updates():
    found = lines(10)
    assert [match["loss"] for match in found[:2]] == ["2.5000", "2.4500"]
    assert {match["rate"] for match in found} == {"128"}
    assert [match["left"] for match in found][-3:] == ["0", "0", "0"]
    assert found[0]["left"] == "2"


def test_a_second_training_counts_from_1():
    assert [match["done"] for match in lines(3, first=80)] == ["1", "2", "3"]


@pytest.mark.parametrize("first", [2, 7, 10])
def test_a_resumed_training_counts_from_where_it_was(first):
    """Nine updates of 32 images and one of 40, at 64 images a second all the time."""
    stream = io.StringIO()
    with show_progress(10, 328, stream, resumed=True) as on_update:
        for number in range(first, 11):
            seen = 32 * number + 8 * (number == 10)
            on_update(Update(number, 40 if number == 10 else 32, 1.0, 0.5, seen / 64))
    found = [LINE.fullmatch(line) for line in stream.getvalue().splitlines()]
    assert [int(match["done"]) for match in found] == list(range(first, 11))
    assert {match["rate"] for match in found} == {"64"}


def test_no_time_gone_by_is_no_error():
    stream = io.StringIO()
    with show_progress(1, 32, stream) as on_update:
        on_update(Update(1, 32, 2.5, 0.5, 0.0))
    assert stream.getvalue().startswith("update 1/1  loss 2.5000")


def test_standard_error_is_the_default(capsys):
    show_nothing = show_progress(1, 32)
    with show_nothing as on_update:
        on_update(Update(1, 32, 2.5, 0.5, 0.5))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "update 1/1  loss 2.5000  64 images/s  0 s left\n"


def test_a_terminal_gets_a_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    show(4, stream)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert "training" in text
    assert "update 4/4" in text
    assert "loss 2.1250" in text
    assert "images/s" in text


def test_a_terminal_that_can_move_no_cursor_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    show(4, stream)
    assert all(LINE.fullmatch(line) for line in stream.getvalue().splitlines())
    assert len(stream.getvalue().splitlines()) == 4


@pytest.mark.parametrize(
    ("seconds", "left"), [(0.2, "480 s"), (0.26, "10 min"), (2.9, "116 min"), (3.1, "2.1 h")]
)
def test_long_times_left_are_not_counted_in_seconds(seconds, left):
    stream = io.StringIO()
    with show_progress(10, 2401, stream) as on_update:
        on_update(Update(1, 1, 2.5, 0.5, seconds))
    assert stream.getvalue().endswith(f" {left} left\n")


def test_a_bar_ends_when_training_fails(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()

    def fail():
        with show_progress(4, 128, stream) as on_update:
            on_update(Update(1, 32, 2.5, 0.5, 0.5))
            raise RuntimeError("diverged")

    with pytest.raises(RuntimeError, match="diverged"):
        fail()
    # The cursor, if it was hidden, is shown again.
    assert stream.getvalue().count("\x1b[?25h") == stream.getvalue().count("\x1b[?25l")
