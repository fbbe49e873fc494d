import numpy as np
import pytest

from pellucid import data
from pellucid.data.readers.csv_columns import Columns, columns_of
from pellucid.data.readers.csv_header import Head
from pellucid.data.samples import Reading
from pellucid.errors import DataError
from tests.data.readers.test_row_layout import PHOTOGRAPHS

RANDOM = np.random.default_rng(0)


def head(names, rows, has_header=True):
    return Head(",", tuple(names), has_header, [[str(cell) for cell in row] for row in rows])


def read(names, rows=(), has_header=True, **options):
    said = []
    reading = Reading("a", said.append, **options)
    return columns_of(head(names, rows, has_header), "a.csv", reading), said


PIXELS = [f"pixel{n}" for n in range(16)]


def table(count=20, pixels=16):
    return RANDOM.integers(0, 256, (count, pixels)).tolist()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["label", "pixel0"], Columns(",", 2, 0, (1,))),
        (["1x1", "LABEL"], Columns(",", 2, 1, (0,))),
        (["label", "1x1", "1x2", "2x1", "2x2"], Columns(",", 5, 0, (1, 2, 3, 4))),
    ],
)
def test_what_needs_no_guess_is_not_said(names, expected):
    columns, said = read(names)
    assert columns == expected
    assert columns.longest == 32 * expected.count + 4096
    assert columns.pixel_count == len(expected.pixels)
    assert said == []


@pytest.mark.parametrize("place", [0, 3, 16])
@pytest.mark.parametrize("name", ["Class", "target", "y", "emotion", "kind"])
def test_a_label_of_another_name_is_found_and_said(place, name):
    names = [*PIXELS[:place], name, *PIXELS[place:]]
    columns, said = read(names)
    assert columns.label == place
    assert said == [
        f"a.csv: the column {name!r} is taken for the label; say otherwise with label=NAME."
    ]
    for label in (name, name.upper(), place, str(place), place - 17):
        assert read(names, label=label) == (columns, [])


def test_a_label_that_was_asked_for_must_be_there():
    with pytest.raises(DataError) as error:
        read(["a", "b", "c"], label="kind")
    assert str(error.value) == (
        "a.csv has no column 'kind' for the label; its columns are a, b, c. Give a name, or a "
        "number: 0 is the first column, -1 the last."
    )
    with pytest.raises(DataError, match="no column 3 for the label; its columns are 3, without na"):
        read(["", "", ""], [[1, 2, 3]], False, label=3)
    with pytest.raises(DataError, match='holds the classes: label="class" or label="target"'):
        read(["class", "target", "a"])
    with pytest.raises(
        DataError, match=r"no columns called 'label' \(its columns are a, b, c\); o"
    ):
        read(["a", "b", "c"])
    with pytest.raises(DataError, match="has 2 columns called 'label'"):
        read(["label", "Label", "p"])
    with pytest.raises(DataError, match="has no columns of pixels behind 'label'"):
        read(["label"])


class TestWithoutNames:
    def rows(self, place, labels=(0, 1, 2), images=None):
        rows = table(30) if images is None else images.reshape(len(images), -1).tolist()
        for number, row in enumerate(rows):
            if images is None:
                row[:2] = row[-2:] = [0, 0]  # black, as the corners are
                row[-1] = int(number == 3)
            row.insert(place if place >= 0 else len(row), labels[number % 3])
        return rows

    @pytest.mark.parametrize("labels", [(0, 1, 2), ("a", "b", "c"), (7.5, 300, 2), (1, 1, 1)])
    @pytest.mark.parametrize(("place", "word"), [(0, "first"), (-1, "last")])
    @pytest.mark.parametrize("images", [None, PHOTOGRAPHS[..., 0]])
    def test_the_label_is_first_or_last(self, place, word, labels, images):
        rows = self.rows(place, labels, images)
        count = len(rows[0])
        columns, said = read([""] * count, rows, False)
        assert columns.label == place % count
        assert said == [
            f"a.csv has no names of columns: the {word} column is taken for the label; say "
            f"otherwise with label={-1 - place} or another number."
        ]
        assert read([str(n) for n in range(count)], rows)[0] == columns

    def test_a_column_that_counts_the_rows_is_no_label(self):
        for place, word in ((0, "second"), (-1, "last")):
            rows = [[n + 5, *row] for n, row in enumerate(self.rows(place))]
            columns, said = read([""] * 18, rows, False)
            assert columns.label == (1 if place == 0 else 17)
            assert columns.pixels == tuple(n for n in range(1, 18) if n != columns.label)
            assert f"the {word} column is taken for the label" in said[0]
            assert "the column number 1 is taken for no pixels" in said[1]

    def test_what_can_t_be_told_is_asked(self):
        for corner in (0, 5):
            rows = [[corner] * 17 for _ in range(9)]
            with pytest.raises(DataError, match="say it with label=0 for the first or label=-1 f"):
                read([""] * 17, rows, False)
        rows = table(30, 17)  # noise is unlike what is beside it
        with pytest.raises(DataError, match="it can't be told which is the label"):
            read([""] * 17, rows, False)
        assert read([""] * 17, rows, False, label=-1)[0].label == 16


class TestWhatIsNoPixel:
    @pytest.mark.parametrize("name", ["id", "ImageId", "person"])
    def test_beside_numbered_names(self, name):
        columns, said = read(["label", name, *PIXELS], [[1, 5, *row] for row in table()])
        assert columns.pixels == tuple(range(2, 18))
        assert said == [
            f"a.csv: the column {name!r} is taken for no pixels, and left out; say otherwise with "
            "size=(height, width)."
        ]

    def test_a_size_says_that_it_is_one(self):
        rows = [[1, *row] for row in table(9, 17)]
        columns, said = read(["label", "id", *PIXELS], rows, size=(1, 17))
        assert (len(columns.pixels), said) == (17, [])

    @pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "which"])
    def test_the_number_of_the_row(self, name):
        rows = [[n, 1, *row] for n, row in enumerate(table())]
        columns, said = read([name, "label", *"abcdefghijklmnop"], rows)
        assert columns.pixels == tuple(range(2, 18))
        assert (repr(name) if name else "number 1") in said[0]

    def test_without_names(self):
        rows = [[n + 1, n % 3, *row] for n, row in enumerate(table(30))]
        columns, _ = read([""] * 18, rows, False, label=1)
        assert (columns.label, columns.pixels) == (1, tuple(range(2, 18)))

    def test_text(self):
        rows = [["left", 1, *row] for row in table()]
        columns, said = read(["hand", "label", *"abcdefghijklmnop"], rows)
        assert columns.pixels == tuple(range(2, 18))
        assert len(said) == 1

    def test_a_pixel_too_many_is_left_for_the_error(self):
        columns, said = read(["label", *"abcdefghijklmnopq"], [[1, *row] for row in table(9, 17)])
        assert (len(columns.pixels), said) == (17, [])


class TestOrder:
    def test_sorted_as_text(self):
        names = sorted(f"p{n}" for n in range(16))
        columns, said = read(["label", *names])
        assert [names[n - 1] for n in columns.pixels] == [f"p{n}" for n in range(16)]
        assert said == [
            "a.csv: its columns are sorted as text (p0, p1, p10 and 13 more); they are put in the "
            "order of their numbers."
        ]

    def test_rows_and_columns_of_an_image(self):
        names = [f"{y}x{x}" for y in range(1, 12) for x in range(1, 12)]
        columns, said = read(["label", *sorted(names)])
        assert [sorted(names)[n - 1] for n in columns.pixels] == names
        assert len(said) == 1
        turned = [f"{y}x{x}" for x in range(1, 12) for y in range(1, 12)]
        columns, said = read(["label", *turned])
        assert (columns.pixels, said) == (tuple(range(1, 122)), [])


def test_all_pixels_in_a_cell_and_a_column_that_parts_the_rows():
    rows = [[3, "70 80 82 72", "Training"], [1, "1 2 3 4", "Training"]]
    columns, said = read(["emotion", "pixels", "Usage"], rows)
    assert columns == Columns(",", 3, 0, (1,), 4, 2)
    assert columns.pixel_count == 4
    assert said[0].startswith("a.csv: the column 'emotion' is taken for the label")
    columns, said = read(["label", "pixels", "hand"], rows)
    assert columns == Columns(",", 3, 0, (1,), 4)
    assert "'hand' is taken for no pixels" in said[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b",label,a\n0,1,2\n", "Column 1 of "),
        (b",label,a\n0,1,2\n", "if that is the index of a pandas table, save it with index=False."),
        (b"Unnamed: 0,label,a\n0,1,2\n", "a pandas table, save it with index=False."),
        (b"label,a,\n1,2,3\n", "a.csv has no name; remove the delimiter at the end of each line."),
        (b"label,,a\n1,2,3\n", "a.csv has no name; give it one, or remove the column."),
    ],
)
def test_columns_without_a_name(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "a.csv")
    assert message in str(error.value)
