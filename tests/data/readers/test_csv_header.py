import pytest

from pellucid import data
from pellucid.data.readers.csv_header import Columns, cells, columns_of, has_label
from pellucid.errors import DataError


def write(folder, header):
    (folder / "a.csv").write_bytes(header.encode() + b"\n")
    return folder / "a.csv"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("label,pixel0,pixel1", Columns(",", 3, 0, (1, 2))),
        ("pixel1;Label;pixel_0", Columns(";", 3, 1, (2, 0))),
        ("1x1\t1x2\tLABEL", Columns("\t", 3, 2, (0, 1))),
        ('"label","b, c",a', Columns(",", 3, 0, (1, 2))),
        ("\ufefflabel,a", Columns(",", 2, 0, (1,))),
    ],
)
def test_which_column_is_what(tmp_path, header, expected):
    path = write(tmp_path, header)
    assert columns_of(path) == expected
    assert expected.longest == 32 * expected.count + 4096
    assert has_label(path)


def test_a_header_may_have_no_label(tmp_path):
    path = write(tmp_path, "pixel0,pixel1")
    assert not has_label(path)
    with pytest.raises(DataError, match="has no columns called 'label'"):
        columns_of(path)


def test_cells_may_be_quoted():
    assert cells('a,"b, c","d""e"', ",") == ["a", "b, c", 'd"e']
    assert cells("a;b", ";") == ["a", "b"]


def test_a_file_that_can_t_be_opened_is_told(tmp_path):
    with pytest.raises(DataError, match=r"Can't read .*: "):
        columns_of(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a.csv is empty (0 bytes)."),
        (b"1,2,3\n4,5,6\n", "a.csv has no header: its first line begins with '1,2,3', where the"),
        (
            b"a,b,c\n1,2,3\n",
            "a.csv has no columns called 'label' (its columns are a, b, c); one is",
        ),
        (b"label,Label,p\n", "a.csv has 2 columns called 'label'"),
        (b"label\n1\n", "a.csv has no columns of pixels behind 'label'."),
        ("label,a\n1,2\n".encode("utf-16"), "a.csv is UTF-16 text; save it as CSV in UTF-8."),
        (
            b"\x89PNG\r\n\x1a\n\0\0",
            "a.csv, line 1: it is not text in UTF-8; save the file as CSV in",
        ),
        (b"PK\3\4\0\0", "a.csv is no CSV file: its first line is no text."),
        (b"label,a\r1,2\r", "a.csv end in carriage returns alone, as on old Macs; save it with li"),
        (b"\nlabel,a\n1,2\n", "a.csv is blank, where the names of the columns belong."),
        (b",label,a\n0,1,2\n", "Column 1 of "),
        (b",label,a\n0,1,2\n", "if that is the index of a pandas table, save it with index=False."),
        (b"Unnamed: 0,label,a\n0,1,2\n", "a pandas table, save it with index=False."),
        (b"label,a,\n1,2,\n", "a.csv has no name; remove the delimiter at the end of each line."),
        (b"label,,a\n1,2,3\n", "a.csv has no name; give it one, or remove the column."),
        (b'label,"a\nb"\n1,2\n', "a.csv has a quote without its other one; remove it."),
    ],
)
def test_headers_that_are_none(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "a.csv")
    assert message in str(error.value)
