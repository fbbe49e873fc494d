import io
from pathlib import Path

import numpy as np
import pytest

from pellucid.data.readers.csv_columns import Columns
from pellucid.data.readers.csv_rows import good_rows, line_blocks
from pellucid.data.samples import Problems

COLUMNS = Columns(",", 3, 0, (2, 1))
PATH = Path("a.csv")


def blocks(content, length=2):
    return [*line_blocks(io.BytesIO(content), COLUMNS, length)]


def read(content):
    problems = Problems("a.csv")
    (lines,) = blocks(content, 100)
    return good_rows(lines, COLUMNS, PATH, problems), problems.lines


def test_lines_come_in_blocks_with_their_numbers():
    found = blocks(b"a,1,2\n\n b,3,4\r\n \nc,5,6")
    assert [[line.number for line in block] for block in found] == [[2, 4], [6]]
    assert [line.text for block in found for line in block] == ["a,1,2", " b,3,4", "c,5,6"]
    assert blocks(b"\n\n") == []


def test_an_endless_line_is_one_line():
    ((long, short),) = blocks(b"7" * 3 * COLUMNS.longest + b"\na,1,2\n")
    assert (long.number, long.text, long.problem) == (2, "", "it is longer than 4,192 bytes")
    assert (short.number, short.text) == (3, "a,1,2")


@pytest.mark.parametrize("odd", [b"", b'"x, y",1,2\n'])  # a quote is read one by one
def test_pixels_come_in_the_order_of_the_image(odd):
    rows, problems = read(odd + b"7.0,10,20\nb,255,0\n")
    assert rows.labels[-2:] == ["7", "b"]
    assert rows.pixels.dtype == np.uint8
    assert rows.pixels[-2:].tolist() == [[20, 10], [0, 255]]
    assert problems == []


@pytest.mark.parametrize("quote", ["", '"'])
def test_all_pixels_in_a_cell(quote):
    columns = Columns(",", 2, 0, (1,), numbers=3)
    problems = Problems("a.csv")
    good = f"a,{quote}1 2 3{quote}\nb,{quote}4  5 6.0 {quote}\n"
    for content in (good, f"{good}c,1 2\nd,1 x 2\n,1 2 3\ne,\n"):
        (lines,) = line_blocks(io.BytesIO(content.encode()), columns, 100)
        rows = good_rows(lines, columns, PATH, problems)
        assert (rows.labels, rows.pixels.tolist()) == (["a", "b"], [[1, 2, 3], [4, 5, 6]])
    assert problems.lines == [
        "a.csv, line 4: it has 2 pixels, not 3",
        "a.csv, line 5: pixel 1 is 'x', not a number",
        "a.csv, line 6: its label is missing",
        "a.csv, line 7: it has 0 pixels, not 3",
    ]


def test_what_is_wrong_with_a_row_is_told_and_the_others_are_taken():
    rows, problems = read(b"a,1,2\nb,1\n,1,2\nc,1,256\nd,x,2\ne,3,4\n")
    assert rows.labels == ["a", "e"]
    assert rows.pixels.tolist() == [[2, 1], [4, 3]]
    assert problems == [
        "a.csv, line 3: it has 2 cells, the header 3",
        "a.csv, line 4: its label is missing",
        "a.csv, line 5: pixel 0 is 256, not from 0 to 255",
        "a.csv, line 6: pixel 1 is 'x', not a number",
    ]


def test_where_all_are_bad_none_are_left():
    rows, problems = read(b"a\nb\n")
    assert rows.pixels.shape == (0, 2)
    assert rows.labels == []
    assert len(problems) == 2


def test_where_there_is_no_line_there_is_no_row():
    rows = good_rows([], COLUMNS, PATH, Problems("a.csv"))
    assert (rows.pixels.shape, rows.labels) == ((0, 2), [])
