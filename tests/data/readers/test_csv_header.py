import pytest

from pellucid import data
from pellucid.data.readers.csv_header import cells, read_head, skip_header
from pellucid.data.readers.csv_text import CsvText
from pellucid.errors import DataError


def head_of(folder, content):
    (folder / "a.csv").write_bytes(content.encode())
    return read_head(CsvText(folder / "a.csv"))


@pytest.mark.parametrize(
    ("content", "delimiter", "names"),
    [
        ("label,pixel0,pixel1\n7,1,2\n", ",", ("label", "pixel0", "pixel1")),
        ('pixel1;"a; b";Label\n1;2;7\n', ";", ("pixel1", "a; b", "Label")),
        ("\ufefflabel\t1x1\n7\t2\n", "\t", ("label", "1x1")),
        ("label,0,1,2\n7,1,2,3\n", ",", ("label", "0", "1", "2")),
        (
            "label,0,1,10,11,2,3,4,5,6,7,8,9\n7,0,1,2,3,4,5,6,7,8,9,10,11\n",
            ",",
            ("label", "0", "1", "10", "11", *"23456789"),
        ),
        ("0,1,2,3\n7,1,2,3\n", ",", ("0", "1", "2", "3")),
        ("1,2,3\n7,1,2\n", ",", ("1", "2", "3")),
    ],
)
def test_a_first_line_of_names(tmp_path, content, delimiter, names):
    head = head_of(tmp_path, content)
    assert (head.delimiter, head.names, head.has_header) == (delimiter, names, True)
    assert len(head.rows) == 1
    assert head.column(0) == [content.split("\n")[1].split(delimiter)[0]]


@pytest.mark.parametrize(
    "content",
    ["7,0,0,12\n", "cat,0,0,12\n", "cat,3,9,1\n", "0,0,0.5,7\n", "7,0.1,0.2,0.3\n",
     "cat,0.1,0.2,0.3\n", "\ufeff7,0,0\n", "3,70 80 82 72\n"],
)  # fmt: skip
def test_a_first_line_that_is_a_row(tmp_path, content):
    head = head_of(tmp_path, content + content)
    assert not head.has_header
    assert set(head.names) == {""}
    assert len(head.rows) == 2
    text = CsvText(tmp_path / "a.csv")
    with text.open() as file:
        assert skip_header(text, file, head) == 0
        assert file.readline().decode() == content.lstrip("\ufeff")


def test_only_so_many_rows_are_looked_at(tmp_path):
    head = head_of(tmp_path, "label,a\n" + "1,2\n" * 300 + "1\n")
    assert len(head.rows) == 256
    head = head_of(tmp_path, "label,a\n1\n\n1,2,3\n1,2\n" + "7" * (2 << 20) + "\n3,4\n")
    assert head.rows == [["1", "2"], ["3", "4"]]


def test_cells_may_be_quoted():
    assert cells('a,"b, c","d""e"', ",") == ["a", "b, c", 'd"e']
    assert cells("a;b", ";") == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a.csv is empty (0 bytes)."),
        ("label,a\n1,2\n".encode("utf-16"), "a.csv is UTF-16 text; save it as CSV in UTF-8."),
        (
            b"\x89PNG\r\n\x1a\n\0\0",
            "a.csv, line 1: it is not text in UTF-8; save the file as CSV in",
        ),
        (b"PK\3\4\0\0", "a.csv is no CSV file: its first line is no text."),
        (b"label,a\r1,2\r", "a.csv end in carriage returns alone, as on old Macs; save it with li"),
        (b"\nlabel,a\n1,2\n", "a.csv is blank, where the names of the columns belong."),
        (b'label,"a\nb"\n1,2\n', "a.csv has a quote without its other one; remove it."),
    ],
)
def test_first_lines_that_are_none(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "a.csv")
    assert message in str(error.value)
