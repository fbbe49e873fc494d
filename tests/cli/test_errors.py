import errno

import pytest
import typer

from pellucid.cli.errors import STOPPED, one_line_errors
from pellucid.errors import Argument, ConfigurationError, DataError, DownloadError


def told(error, capsys, **options):
    """Return the exit code and what is printed when a command with options raises an error."""

    @one_line_errors
    def command(**options):
        raise error

    with pytest.raises(typer.Exit) as left:
        command(**options)
    out, err = capsys.readouterr()
    assert out == ""
    return left.value.exit_code, err


def test_a_result_is_handed_on():
    assert one_line_errors(lambda: 3)() == 3


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (DataError("No  images\there."), "Error: No images here."),
        (DownloadError("Out of reach."), "Error: Out of reach."),
        (MemoryError(), "Error: There is not enough memory for this."),
        (OSError(errno.ENOSPC, "No space left", "a.png"), "Error: a.png: No space left."),
        (OSError("odd"), "Error: odd."),
    ],
)
def test_what_a_person_can_mend_is_one_line(error, line, capsys):
    assert told(error, capsys) == (1, line + "\n")


def test_ctrl_c(capsys):
    assert told(KeyboardInterrupt(), capsys) == (STOPPED, "Stopped.\n")
    assert STOPPED == 130


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), BrokenPipeError()])
def test_other_errors_are_not_hidden(error):
    @one_line_errors
    def command():
        raise error

    with pytest.raises(type(error)):
        command()


def test_options_are_named_as_they_are_typed(capsys):
    name = Argument("batch_size")
    error = ConfigurationError(name, " is 3, and eps is small; use a larger ", name, ".")
    assert told(error, capsys, batch_size=3, eps=1)[1] == (
        "Error: --batch-size is 3, and eps is small; use a larger --batch-size.\n"
    )
    error = ConfigurationError("eps is 0; use more.", argument="eps")
    assert told(error, capsys, batch_size=3, eps=1)[1] == "Error: --eps is 0; use more.\n"
    assert told(error, capsys, batch_size=3)[1] == "Error: eps is 0; use more.\n"  # no option here


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("go on without them (skip_bad):\n  a", "go on without them (--skip-bad): a"),
        (
            "all are resized to 4 x 5. Choose another with size=(28, 28).",
            "all are resized to 4 x 5. Choose another with --size 28 28.",
        ),
        ("give size=(height, width).", "give --size HEIGHT WIDTH."),
        ("size= brings all to one size", "--size brings all to one size"),
        ("with size= where they are pictures.", "with --size where they are pictures."),
        ("say it with label=0 for the first", "say it with --label 0 for the first"),
        ('holds: label="class"', 'holds: --label "class"'),
        ("otherwise with pixel_range=(low, high).", "otherwise with --pixel-range LOW HIGH."),
        ('(channels="first") or', '(--channels "first") or'),
        (
            "with preprocessing=Preprocessing((height, width)), others",
            "with --fit mnist, others",
        ),
        ("the file bigsize=.csv is bad", "the file bigsize=.csv is bad"),
    ],
)
def test_errors_of_the_data_name_the_options_too(message, line, capsys):
    assert told(DataError(message), capsys, data="x")[1] == f"Error: {line}\n"
    kept = told(DataError(message), capsys)[1]  # a command without --data has none of them
    assert "--" not in kept


def test_a_long_list_is_printed_line_by_line(capsys):
    def message(count):
        return "All bad:" + "".join(f"\n  file {number}" for number in range(count))

    assert told(DataError(message(5)), capsys)[1].count("\n") == 1
    assert told(DataError(message(6)), capsys)[1] == (
        "Error: All bad:\nfile 0\nfile 1\nfile 2\nfile 3\nfile 4\nfile 5\n"
    )


def test_control_characters_are_not_obeyed(capsys):
    assert told(DataError("a\x1b[31mb"), capsys)[1] == "Error: a?[31mb\n"
