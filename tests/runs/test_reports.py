import io
import sys

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from pellucid.data import Available
from pellucid.runs.reports import (
    UNBROKEN,
    class_table,
    console,
    data_table,
    prediction_table,
    show_table,
)


def printed(table, width=200):
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue()


def cells(table, width=200):
    """Return the printed rows below the heading, cell by cell."""
    rows = [line.split() for line in printed(table, width).splitlines() if line.strip()]
    return rows[0], rows[2:]


def test_class_table_counts():
    actual = np.array([0, 0, 0, 0, 1, 1])
    predicted = np.array([0, 0, 0, 1, 1, 0])
    heading, rows = cells(class_table(actual, predicted, ["cat", "dog"]))
    assert heading == ["class", "images", "right", "precision", "recall"]
    assert rows == [["cat", "4", "3", "75.0%", "75.0%"], ["dog", "2", "1", "50.0%", "50.0%"]]


def test_class_table_of_what_never_comes():
    actual, predicted = np.array([0, 1]), np.array([0, 0])
    _, rows = cells(class_table(actual, predicted, ["a", "b", "c"]))
    assert rows[1] == ["b", "1", "0", "-", "0.0%"]
    assert rows[2] == ["c", "0", "0", "-", "-"]


def test_class_table_separates_thousands():
    labels = np.zeros(1234, np.int64)
    assert cells(class_table(labels, labels, ["a", "b"]))[1][0][1:3] == ["1,234", "1,234"]


def test_prediction_table_has_the_likeliest_first():
    probabilities = np.array([[0.1, 0.6, 0.05, 0.2, 0.05]], np.float32)
    heading, rows = cells(prediction_table(["a.png"], probabilities, list("vwxyz")))
    assert heading == ["picture", "label", "probability", "then"]
    assert " ".join(rows[0]) == "a.png w 60.0% y 20.0%, v 10.0%, x 5.0%"


def test_prediction_table_of_two_classes():
    rows = cells(prediction_table(["a.png"], np.array([[0.25, 0.75]], np.float32), ["n", "y"]))[1]
    assert rows == [["a.png", "y", "75.0%", "n", "25.0%"]]


def test_prediction_table_of_what_is_unknown():
    shares = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    table = prediction_table(["a.png", "b.png"], shares, ["n", "y"], ["unknown", "y"])
    rows = [" ".join(row) for row in cells(table)[1]]
    assert rows == ["a.png unknown", "b.png y 80.0% n 20.0%"]


def test_as_many_pictures_as_rows():
    with pytest.raises(ValueError, match="zip"):
        prediction_table(["a.png", "b.png"], np.ones((1, 2), np.float32), ["n", "y"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[bold]x[/nope]", "[bold]x[/nope]"),
        (":smile:", ":smile:"),
        ("a\x1b[31mb", "a?[31mb"),
        ("a\nb", "a?b"),
        ("bad\udcff", "bad?"),
        ("größe", "größe"),
    ],
)
def test_names_are_printed_as_they_are(name, shown):
    probabilities = np.array([[0.25, 0.75]], np.float32)
    text = printed(prediction_table([name], probabilities, [name, name + "2"]))
    assert text.count(shown) == 3
    assert shown in printed(class_table(np.array([0]), np.array([0]), [name]))


def test_data_table():
    rows = [Available("pets", "cats and dogs", "10 + 2", "not fetched yet")]
    text = printed(data_table(rows))
    for part in ("name", "what", "images", "where", *rows[0]):
        assert part in text


def test_long_paths_are_broken_not_cut():
    path = "/".join(["folder"] * 20) + "/a.png"
    text = printed(prediction_table([path], np.array([[0.25, 0.75]], np.float32), "ny"), 60)
    assert max(map(len, text.splitlines())) <= 60
    folded = "".join(line.split("   ")[0].strip() for line in text.splitlines()[3:])
    assert folded == path


def test_a_pipe_has_no_width(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console().width == UNBROKEN
    monkeypatch.setenv("COLUMNS", "70")
    assert console().width == 70


def test_a_table_is_a_result(capsys):
    table = Table("name")
    table.add_row("seven")
    show_table(table)
    out, err = capsys.readouterr()
    assert "seven" in out
    assert err == ""
