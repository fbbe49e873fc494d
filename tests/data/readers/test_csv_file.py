import gzip
import re
import tracemalloc
import zipfile
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
    path = write(tmp_path / "a.csv", lines, header)
    with pytest.warns(UserWarning, match=r"sorted otherwise \(.*\); they are put in the order of"):
        assert all_of(data.load(path)) == EXPECTED


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


def test_a_folder_with_rows_to_validate(tmp_path):
    write(tmp_path / "train.csv", rows())
    write(tmp_path / "test.csv", rows(IMAGES[:4], LABELS[:4]))
    write(tmp_path / "mnist_valid.csv", rows(IMAGES[4:10], LABELS[4:10]))
    said = []
    found = data.load(tmp_path, say=said.append)
    assert (len(found.train_images), len(found.test_images), said) == (len(IMAGES), 4, [])
    np.testing.assert_array_equal(found.validation_images, IMAGES[4:10])
    np.testing.assert_array_equal(found.validation_labels, found.train_labels[4:10])
    (tmp_path / "test.csv").unlink()
    found = data.load(tmp_path, say=said.append)
    np.testing.assert_array_equal(found.test_images, IMAGES[4:10])
    assert found.validation is None
    assert said == [f"{tmp_path / 'mnist_valid.csv'} is taken to test on."]


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
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "damaged.csv"
    content = bytearray("\n".join([HEADER, *rows(IMAGES[:8], LABELS[:8])]).encode())
    for _ in range(draws.draw(st.integers(1, 5))):
        place = draws.draw(st.integers(0, len(content) - 1))
        piece = draws.draw(st.binary(max_size=4))
        content[place : place + draws.draw(st.integers(0, 4))] = piece
    path.write_bytes(content)
    try:
        found = data.load(
            path, skip_bad=draws.draw(st.booleans()), memory_map=False, say=lambda line: None
        )
    except DataError:
        return
    assert found.train_images.dtype in (np.uint8, np.float32)
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
@settings(max_examples=60)
def test_just_the_rows_of_pixels_are_taken(tmp_path_factory, cells, delimiter, end, block):
    # A folder of its own: a table may be of pictures that lie somewhere beside it.
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
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


def heard(path, **options):
    """Return a data set, and what was said of it."""
    said = []
    return data.load(path, say=said.append, **options), said


class TestOtherTables:
    IMAGES = np.where(RANDOM.random((60, 4, 4)) < 0.5, 0, RANDOM.integers(0, 256, (60, 4, 4)))
    IMAGES[:, [0, -1], :] = 0
    LABELS = np.arange(60) % 3
    NAMES = tuple(f"pixel{n}" for n in range(16))

    def lines(self, last=False, images=None):
        rows = []
        for image, label in zip(
            self.IMAGES if images is None else images, self.LABELS, strict=True
        ):
            cells = [f"{cell:.9g}" for cell in image.ravel()]
            rows.append(",".join([*cells, str(label)] if last else [str(label), *cells]))
        return rows

    def header(self, last=False, label="label"):
        return ",".join([*self.NAMES, label] if last else [label, *self.NAMES])

    def expected(self):
        return {
            (image.tobytes(), int(label))
            for image, label in zip(self.IMAGES.astype(np.uint8), self.LABELS, strict=True)
        }

    @pytest.mark.parametrize("last", [False, True])
    @pytest.mark.parametrize("header", [None, "label", "digit", "mine"])
    def test_any_label_anywhere_with_names_or_without(self, tmp_path, last, header):
        lines = self.lines(last)
        first = lines.pop(0) if header is None else self.header(last, header)
        path = write(tmp_path / "a.csv", lines, first)
        found, said = heard(path)
        assert all_of(found) == self.expected()
        assert len(said) == (header != "label")
        assert found.note == " ".join(said)
        label = header or (-1 if last else 0)
        assert heard(path, label=label)[1] == []
        assert all_of(data.load(path, label=label)) == self.expected()

    def test_without_names_the_first_line_is_line_1(self, tmp_path):
        lines = self.lines()
        lines[7] = "1,x" + lines[7][3:]
        path = write(tmp_path / "a.csv", lines[1:], lines[0])
        with pytest.raises(DataError, match=r"line 8: it has|line 8: pixel 0 is 'x"):
            data.load(path, label=0)

    @pytest.mark.parametrize("name", ["a.tsv", "a.csv.gz", "a.zip", "a.tsv.gz"])
    def test_packed_or_parted_by_tabs(self, tmp_path, name):
        text = "\n".join([self.header(), *self.lines()])
        content = (text.replace(",", "\t") if "tsv" in name else text).encode()
        path = tmp_path / name
        if name.endswith("gz"):
            content = gzip.compress(content)
        if name.endswith("zip"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("digits.csv", content)
        else:
            path.write_bytes(content)
        steps = []
        found, said = heard(path, progress=lambda *step: steps.append(step))
        assert all_of(found) == self.expected()
        assert said == []
        assert steps[-1] == (len(text), len(text))

    def test_kaggle_s_archive_and_a_folder_of_packed_files(self, tmp_path):
        content = "\n".join([self.header(), *self.lines()])
        unlabeled = content.replace("label,", "").encode()
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("train.csv", content)
            archive.writestr("test.csv", unlabeled)
            archive.writestr("sample_submission.csv", "ImageId,Label\n1,0\n")
        found, said = heard(tmp_path / "a.zip")
        assert all_of(found) == self.expected()
        assert said == [
            f"{tmp_path / 'a.zip'}/test.csv has no labels, so it can't test anything; it is left "
            "out."
        ]
        folder = tmp_path / "folder"
        folder.mkdir()
        for name in ("mnist_train", "mnist_test"):
            (folder / f"{name}.csv.gz").write_bytes(gzip.compress(content.encode()))
        found, said = heard(folder)
        assert (len(found.train_images), len(found.test_images), said) == (60, 60, [])

    @pytest.mark.parametrize("test_header", [None, "digit"])
    def test_training_and_test_without_names_or_with_a_label_of_another_name(
        self, tmp_path, test_header
    ):
        for name in ("train", "test"):
            lines = self.lines()
            first = self.header(label=test_header) if test_header else lines.pop(0)
            write(tmp_path / f"{name}.csv", lines, first)
        found, said = heard(tmp_path)
        assert len(found.test_images) == 60
        np.testing.assert_array_equal(found.test_images, self.IMAGES)
        assert len(said) == 1

    def test_an_id_and_columns_that_are_sorted_as_text(self, tmp_path):
        lines = [f"{n + 100},{line}" for n, line in enumerate(self.lines())]
        path = write(tmp_path / "a.csv", lines, f"id,{self.header()}")
        found, said = heard(path)
        assert all_of(found) == self.expected()
        assert said == [
            f"{path}: the column 'id' is taken for no pixels, and left out; say otherwise with "
            "size=(height, width)."
        ]
        order = sorted(range(16), key=str)
        images = self.IMAGES.reshape(60, -1)[:, order]
        names = ",".join(["label", *(f"p{n}" for n in order)])
        path = write(tmp_path / "b.csv", self.lines(images=images), names)
        found, said = heard(path)
        assert all_of(found) == self.expected()
        assert len(said) == 1

    def test_colors(self, tmp_path):
        y, x = np.mgrid[:8, :8] * 9
        colors = np.stack([100 + y + x, 200 - y, 60 + x])[np.newaxis] + np.arange(60).reshape(
            -1, 1, 1, 1
        )
        header = "label," + ",".join(f"c{n}" for n in range(192))
        for order, axes in (("first", (0, 1, 2, 3)), ("last", (0, 2, 3, 1))):
            lines = self.lines(images=colors.clip(0, 255).transpose(axes))
            path = write(tmp_path / f"{order}.csv", lines, header)
            found, said = heard(path)
            assert found.input_shape == (3, 8, 8)
            assert len(said) == 1
            assert found.fingerprint() == data.load(path, channels=order).fingerprint()
            np.testing.assert_array_equal(
                np.unique(np.concatenate([found.train_images, found.test_images]), axis=0),
                np.unique(colors.clip(0, 255), axis=0),
            )

    @pytest.mark.parametrize(
        ("change", "back", "count"),
        [
            (lambda image: image / 255, lambda image: image * 255, 0),
            (lambda image: image / 127.5 - 1, lambda image: image * 255, 1),
            (lambda image: np.minimum(image + 0.25, 255), lambda image: image * 255 - 0.25, 1),
        ],
    )
    def test_other_numbers(self, tmp_path, change, back, count):
        path = write(tmp_path / "a.csv", self.lines(images=change(self.IMAGES)), self.header())
        found, said = heard(path)
        assert found.train_images.dtype == np.float32
        assert len(said) == count
        plain = data.load(write(tmp_path / "b.csv", self.lines(), self.header()))
        np.testing.assert_allclose(back(found.train_images), plain.train_images, atol=0.3)

    def test_0_and_1_are_black_and_white(self, tmp_path):
        images = (self.IMAGES > 100).astype(int)
        path = write(tmp_path / "a.csv", self.lines(images=images), self.header())
        found, said = heard(path)
        assert set(np.unique(found.train_images)) == {0, 255}
        assert len(said) == 1
        dark, said = heard(path, pixel_range=(0, 255))
        assert set(np.unique(dark.train_images)) == {0, 1}
        assert said == []
        gray, said = heard(path, pixel_range=(0, 2))
        assert set(np.unique(gray.train_images)) == {0, 0.5}

    def test_a_scale_of_its_own_for_the_test_is_told(self, tmp_path):
        write(tmp_path / "train.csv", self.lines(), self.header())
        write(tmp_path / "test.csv", self.lines(images=self.IMAGES / 255), self.header())
        with pytest.raises(
            DataError, match=r"train\.csv are from 0 to 255, those of .*from 0 to 1;"
        ):
            data.load(tmp_path)

    def test_fer2013(self, tmp_path):
        usage = ["Training"] * 40 + ["PublicTest"] * 12 + ["PrivateTest"] * 8
        lines = [
            f"{label},{' '.join(map(str, image.ravel()))},{part}"
            for image, label, part in zip(self.IMAGES, self.LABELS, usage, strict=True)
        ]
        path = write(tmp_path / "fer2013.csv", lines, "emotion,pixels,Usage")
        found, said = heard(path)
        np.testing.assert_array_equal(found.train_images, self.IMAGES[:40])
        np.testing.assert_array_equal(found.test_images, self.IMAGES[52:])
        np.testing.assert_array_equal(found.validation_images, self.IMAGES[40:52])
        np.testing.assert_array_equal(found.validation_labels, self.LABELS[40:52])
        assert said == [
            f"{path}: the column 'emotion' is taken for the label; say otherwise with label=NAME.",
            f"{path}: the column 'Usage' says what is to train (training) and what to test on "
            "(privatetest); publictest is to validate.",
        ]
        lines[3], lines[55] = "2,1 2 3,Training", "2,1 2 x 4,PrivateTest"
        write(path, lines, "emotion,pixels,Usage")
        with pytest.raises(DataError, match=r"2 bad rows.*\n.*line 5: it has 3 pixels, not 16\n"):
            data.load(path, label="emotion", say=said.append)
        assert len(data.load(path, skip_bad=True, say=said.append).train_images) == 39
