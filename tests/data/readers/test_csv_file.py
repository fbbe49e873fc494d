import re
import tracemalloc
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import data
from pellucid.data.readers import csv_file
from pellucid.errors import DataError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (40, 4, 4), np.uint8)
LABELS = np.arange(40) % 4
HEADER = "label," + ",".join(f"pixel{n}" for n in range(16))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


def rows(images=IMAGES, labels=LABELS):
    return [
        f"{label}," + ",".join(map(str, image.ravel().tolist()))
        for image, label in zip(images, labels, strict=True)
    ]


def write(path, lines, header=HEADER, end="\n", encoding="utf-8"):
    path.write_bytes((end.join([header, *lines]) + end).encode(encoding))
    return path


def all_of(found):
    """Return all images and labels in the order of the labels' places, which a split changed."""
    images = np.concatenate([found.train_images, found.test_images])
    labels = np.concatenate([found.train_labels, found.test_labels])
    return {(image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)}


EXPECTED = {(image.tobytes(), int(label)) for image, label in zip(IMAGES, LABELS, strict=True)}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("cells", [17, 10_000])
def test_a_file_in_kaggle_s_layout(tmp_path, monkeypatch, end, encoding, cells):
    monkeypatch.setattr(csv_file, "_BLOCK_CELLS", cells)
    path = write(tmp_path / "digits.csv", rows(), end=end, encoding=encoding)
    found = data.load(path)
    assert found.classes == ("0", "1", "2", "3")
    assert (len(found.train_images), len(found.test_images)) == (32, 8)
    assert found.input_shape == (1, 4, 4)
    assert all_of(found) == EXPECTED
    assert found.source == f"file {path}"


def test_the_label_may_be_anywhere_and_pixels_in_any_order(tmp_path):
    order = RANDOM.permutation(16)
    header = ",".join(
        [f"pixel{n}" for n in order[:5]] + ["Label"] + [f"Pixel{n}" for n in order[5:]]
    )
    lines = []
    for image, label in zip(IMAGES, LABELS, strict=True):
        cells = image.ravel()[order].tolist()
        lines.append(",".join(map(str, [*cells[:5], label, *cells[5:]])))
    assert all_of(data.load(write(tmp_path / "a.csv", lines, header))) == EXPECTED


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_names_of_columns(tmp_path, delimiter):
    header = "label," + ",".join(f"{n // 4 + 1}x{n % 4 + 1}" for n in range(16))
    lines = [line.replace(",", delimiter) for line in rows()]
    path = write(tmp_path / "a.csv", lines, header.replace(",", delimiter))
    assert all_of(data.load(path)) == EXPECTED


def test_quoted_labels_and_numbers_as_pandas_writes_them(tmp_path):
    names = [f"{n}, small" for n in range(4)]
    lines = [
        f'"{names[label]}",{row.split(",", 1)[1]}'
        for label, row in zip(LABELS, rows(), strict=True)
    ]
    found = data.load(write(tmp_path / "a.csv", lines))
    assert found.classes == tuple(names)
    assert all_of(found) == EXPECTED
    lines = [",".join(f"{cell}.0" for cell in row.split(",")) for row in rows()]
    found = data.load(write(tmp_path / "b.csv", lines))
    assert found.classes == ("0", "1", "2", "3")
    assert all_of(found) == EXPECTED


def test_classes_are_numbers_in_their_order_or_text(tmp_path):
    found = data.load(write(tmp_path / "a.csv", rows(labels=LABELS * 5)))
    assert found.classes == ("0", "5", "10", "15")
    found = data.load(write(tmp_path / "b.csv", rows(labels=np.array(["b", "a", "c", "10"] * 10))))
    assert found.classes == ("10", "a", "b", "c")


def test_a_folder_with_train_and_test(tmp_path):
    write(tmp_path / "train.csv", rows())
    write(tmp_path / "test.csv", rows(IMAGES[:4], LABELS[:4]))
    found = data.load(tmp_path)
    np.testing.assert_array_equal(found.train_images, IMAGES)
    np.testing.assert_array_equal(found.test_labels, LABELS[:4])
    (tmp_path / "train.csv").rename(tmp_path / "mnist_train.csv")
    (tmp_path / "test.csv").rename(tmp_path / "mnist-test.csv")
    assert data.load(tmp_path).fingerprint() == found.fingerprint()


def test_kaggle_s_test_without_labels_is_left_out_and_said(tmp_path):
    write(tmp_path / "train.csv", rows())
    lines = [row.split(",", 1)[1] for row in rows()]
    write(tmp_path / "test.csv", lines, HEADER.split(",", 1)[1])
    said = []
    found = data.load(tmp_path, say=said.append)
    assert all_of(found) == EXPECTED
    assert said == [
        f"{tmp_path / 'test.csv'} has no labels, so it can't test anything; it is left out."
    ]


ODD = "a quote without its other one; a cell can't hold a line break"
BAD = [
    (5, "1," + ",".join(["7"] * 15), "it has 16 cells, the header 17"),
    (9, "1," + ",".join(["7"] * 17), "it has 18 cells, the header 17"),
    (12, "," + ",".join(["7"] * 16), "its label is missing"),
    (13, "nan," + ",".join(["7"] * 16), "its label is missing"),
    (20, "1,NaN," + ",".join(["7"] * 15), "pixel 0 is NaN, not from 0 to 255"),
    (21, "1,7,-1," + ",".join(["7"] * 14), "pixel 1 is -1, not from 0 to 255"),
    (22, "1," + ",".join(["7"] * 15) + ",65535", "pixel 15 is 65535, not from 0 to 255"),
    (23, "1,7,0.5," + ",".join(["7"] * 14), "pixel 1 is 0.5, not a whole number from 0 to 255"),
    (24, "1,seven," + ",".join(["7"] * 15), "pixel 0 is 'seven', not a number"),
    (25, "1,," + ",".join(["7"] * 15), "pixel 0 is missing"),
    (26, "1,inf," + ",".join(["7"] * 15), "pixel 0 is inf, not from 0 to 255"),
    (27, "1," + "7" * 9000, "it is longer than 4,640 bytes"),
    (29, "A" * 201 + "," + ",".join(["7"] * 16), "its label has 201 characters, more than 200"),
    (30, '"1,' + ",".join(["7"] * 16), f"it has {ODD}"),
    (31, "1,\0," + ",".join(["7"] * 15), "pixel 0 is '\\x00', not a number"),
    (32, "1,1_0," + ",".join(["7"] * 15), "pixel 0 is '1_0', not a number"),
]


@pytest.mark.parametrize("cells", [17, 100, 10_000])
def test_one_error_lists_every_bad_row(tmp_path, monkeypatch, cells):
    monkeypatch.setattr(csv_file, "_BLOCK_CELLS", cells)
    lines = rows()
    for number, line, _ in BAD:
        lines.insert(number - 2, line)
    path = write(tmp_path / "a.csv", lines)
    with pytest.raises(DataError) as error:
        data.load(path)
    told = str(error.value).split("\n")
    assert told[0] == (
        f"{path} has 16 bad rows; repair or remove them, or go on without them (skip_bad):"
    )
    assert told[1:] == [f"  {path}, line {number}: {reason}" for number, _, reason in BAD]
    said = []
    found = data.load(path, skip_bad=True, say=said.append)
    assert all_of(found) == EXPECTED
    assert said == [found.note]
    assert found.note == (
        f"Going on without 16 bad rows of {path}, the first {path}, line 5: it has 16 cells, the "
        "header 17."
    )


def test_a_file_of_nothing_but_bad_rows(tmp_path):
    path = write(tmp_path / "a.csv", ["1,2,3"] * 5)
    with pytest.raises(DataError, match="has 5 bad rows"):
        data.load(path)
    with pytest.raises(DataError, match=r"a\.csv: There are no labels"):
        data.load(path, skip_bad=True)


def test_empty_lines_and_a_missing_last_end_don_t_matter(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n\n".join([HEADER, *rows()]))
    assert all_of(data.load(path)) == EXPECTED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"label,a,b,c\n1,2,3,4\n", "has 3 columns of pixels, which make no square images; give"),
        (b"label,a\n", "a.csv has no rows below its header."),
        (b"label,a\n\n \n", "a.csv has no rows below its header."),
    ],
)
def test_files_that_hold_no_images(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        data.load(tmp_path / "a.csv")
    assert message in str(error.value)


def test_a_size_for_images_that_are_not_square(tmp_path):
    path = write(tmp_path / "a.csv", rows())
    found = data.load(path, size=(2, 8))
    assert found.input_shape == (1, 2, 8)
    with pytest.raises(DataError, match="has 16 columns of pixels, which make no 3 x 3 images"):
        data.load(path, size=3)


def test_progress_goes_up_to_all_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "_BLOCK_CELLS", 100)
    path = write(tmp_path / "a.csv", rows())
    steps = []
    data.load(path, progress=lambda done, total: steps.append((done, total)))
    size = path.stat().st_size
    assert len(steps) > 3
    assert steps == sorted(steps)
    assert steps[-1] == (size, size)


def test_an_endless_line_takes_little_memory(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(HEADER.encode() + b"\n")
        for _ in range(40):
            file.write(b"7," * 500_000)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="line 2: it is longer than 4,640 bytes"):
            data.load(path)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()
    path.write_bytes(b"label,pixel" + b"0" * 17_000_000)
    with pytest.raises(DataError, match="its first line is no text"):
        data.load(path)


@given(st.data())
def test_damage_is_told_or_harmless(tmp_path_factory, draws):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "damaged.csv"
    content = bytearray("\n".join([HEADER, *rows(IMAGES[:8], LABELS[:8])]).encode())
    for _ in range(draws.draw(st.integers(1, 5))):
        place = draws.draw(st.integers(0, len(content) - 1))
        piece = draws.draw(st.binary(max_size=4))
        content[place : place + draws.draw(st.integers(0, 4))] = piece
    path.write_bytes(content)
    try:
        found = data.load(path, skip_bad=draws.draw(st.booleans()), memory_map=False)
    except DataError:
        return
    assert found.train_images.dtype == np.uint8
    assert found.train_images.shape[1:] == found.test_images.shape[1:]
    assert len(found.classes) == 1 + max(found.train_labels.max(), found.test_labels.max())


CELLS = st.one_of(
    st.integers(0, 255).map(str),
    st.sampled_from(
        ["nan", "inf", "-0", "-1", "1e400", "1e2", "1_0", "0x1", "", " ", " 7 ", "+7", "7.0", "7.5",
         "256", "1e-400", "9" * 30, "é", "7\0", "\x1c", "\x85", "\u2028", "a", "#", "'7'"]
    ),
)  # fmt: skip
NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.ASCII | re.IGNORECASE)


def is_pixel(cell):
    """Decide with exact decimal numbers what the reader decides with floats."""
    if not NUMBER.fullmatch(cell):
        return False
    value = Decimal(cell.strip())
    return 0 <= value <= 255 and (value == int(value) or value < Decimal("1e-323"))


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=6), max_size=12),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 40),
)
@settings(max_examples=150)
def test_just_the_rows_of_pixels_are_taken(tmp_path_factory, cells, delimiter, end, block):
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    good = [["a", "1", "2", "3", "4"], ["a", "5", "6", "7", "8"]]
    lines = [*good, *(["b", *row] for row in cells)]
    header = delimiter.join(["label", "p0", "p1", "p2", "p3"])
    content = end.join([header, *map(delimiter.join, lines)])
    path.write_bytes(content.encode())
    expected = [row for row in lines if len(row) == 5 and all(map(is_pixel, row[1:]))]
    before, csv_file._BLOCK_CELLS = csv_file._BLOCK_CELLS, block
    try:
        found = data.load(path, skip_bad=True, memory_map=False)
    finally:
        csv_file._BLOCK_CELLS = before
    images = [*found.train_images, *found.test_images]
    assert sorted(image.ravel().tolist() for image in images) == sorted(
        [int(Decimal(cell.strip())) for cell in row[1:]] for row in expected
    )


def test_a_long_label_does_not_lengthen_all(tmp_path):
    path = tmp_path / "a.csv"
    rows = "".join(f"{n % 2},0\n" for n in range(40_000))
    path.write_text("label,pixel0\n" + rows + "A" * 200 + ",0\n" + "A" * 4000 + ",0\n")
    with pytest.raises(DataError, match=r"line 40003: its label has 4,000 characters, more than 2"):
        data.load(path)
    tracemalloc.start()
    try:
        found = data.load(path, skip_bad=True)
        assert tracemalloc.get_traced_memory()[1] < 60e6  # 800 bytes a label would be 64 MB twice
    finally:
        tracemalloc.stop()
    assert found.classes == ("0", "1", "A" * 200)


def test_two_letters_that_are_not_utf_8_don_t_become_one_class(tmp_path):
    lines = [
        f"caf{letter},{row.split(',', 1)[1]}" for letter, row in zip("éè" * 20, rows(), strict=True)
    ]
    path = write(tmp_path / "a.csv", lines)
    assert data.load(path).classes == ("cafè", "café")
    with pytest.raises(
        DataError, match=r"40 bad rows.*\n.*line 2: it is not text in UTF-8; save th"
    ):
        data.load(write(path, lines, encoding="latin-1"))


def test_half_of_a_quoted_cell_is_no_class(tmp_path):
    lines = rows()
    lines.insert(3, '"a\nb",' + ",".join(["7"] * 16))
    path = write(tmp_path / "a.csv", lines)
    with pytest.raises(DataError) as error:
        data.load(path)
    assert [line.split(": ")[0][-6:] for line in str(error.value).split("\n")[1:]] == [
        "line 5", "line 6",
    ]  # fmt: skip
    assert data.load(path, skip_bad=True).classes == ("0", "1", "2", "3")
