import io
import json
import os
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pellucid import data
from pellucid.data.readers import parquet as module
from pellucid.data.readers.parquet import holds_parquet
from pellucid.errors import DataError

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

IMAGE = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
RANDOM = np.random.default_rng(0)
PIXELS = [RANDOM.integers(0, 256, (4, 5), np.uint8) for _ in range(12)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def structs(pixels):
    return [{"bytes": png(array), "path": f"{n}.png"} for n, array in enumerate(pixels)]


def write(path, images=None, labels=None, names=("cat", "dog"), columns=("image", "label")):
    """Write a file as Hugging Face's datasets does: features in the metadata, structs of bytes."""
    images = structs(PIXELS) if images is None else images
    labels = [number % 2 for number in range(len(images))] if labels is None else labels
    kind = IMAGE if any(isinstance(image, dict) for image in images) else None
    table = pyarrow.table(
        {columns[0]: pyarrow.array(images, kind), columns[1]: pyarrow.array(labels)}
    )
    if names is not None:
        features = {
            columns[0]: {"_type": "Image"},
            columns[1]: {"names": list(names), "_type": "ClassLabel"},
        }
        described = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": described})
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path)
    return path


def got(found):
    images = [*found.train_images, *found.test_images]
    labels = np.concatenate([found.train_labels, found.test_labels])
    return sorted((i.tobytes(), found.classes[n]) for i, n in zip(images, labels, strict=True))


def made(labels, pixels=PIXELS):
    return sorted((p.tobytes(), label) for p, label in zip(pixels, labels, strict=True))


@pytest.mark.parametrize("columns", [("image", "label"), ("img", "labels")])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_hugging_face_s_layout(tmp_path, columns, as_bytes):
    images = [png(array) for array in PIXELS] if as_bytes else None
    path = write(tmp_path / "a.parquet", images, columns=columns)
    found = data.load(path)
    assert found.classes == ("cat", "dog")
    assert (len(found.train_images), len(found.test_images)) == (10, 2)
    assert got(found) == made(["cat", "dog"] * 6)
    assert found.source == f"file {path}"
    assert found.preprocessing is not None


def test_train_and_test_in_pieces_in_a_folder_or_its_data(tmp_path):
    for folder in (tmp_path / "flat", tmp_path / "deep" / "data"):
        for number in range(2):
            name = f"train-0000{number}-of-00002.parquet"
            write(folder / name, structs(PIXELS[4 * number : 4 * number + 4]))
        write(folder / "test-00000-of-00001.parquet", structs(PIXELS[8:]))
        write(folder / "validation-00000-of-00001.parquet", structs(PIXELS[:3]))
        write(folder / "value.parquet")
    for name in ("flat", "deep"):
        assert holds_parquet(tmp_path / name)
        said = []
        found = data.load(tmp_path / name, say=said.append)
        assert said == [f"{tmp_path / name}: left out: value.parquet."]
        assert [image.tobytes() for image in found.validation_images] == [
            p.tobytes() for p in PIXELS[:3]
        ]
        assert found.validation_labels.tolist() == [0, 1, 0]
        assert [image.tobytes() for image in found.train_images] == [
            p.tobytes() for p in PIXELS[:8]
        ]
        assert found.train_labels.tolist() == [0, 1] * 4
        assert [image.tobytes() for image in found.test_images] == [p.tobytes() for p in PIXELS[8:]]


def test_what_is_to_validate_is_the_test_where_there_is_no_other(tmp_path):
    write(tmp_path / "set" / "train.parquet", structs(PIXELS[:8]))
    write(tmp_path / "set" / "validation.parquet", structs(PIXELS[8:]))
    said = []
    found = data.load(tmp_path / "set", say=said.append)
    assert said == [f"{tmp_path / 'set'}: validation.parquet is taken to test on."]
    assert [image.tobytes() for image in found.test_images] == [p.tobytes() for p in PIXELS[8:]]
    assert found.validation is None


def test_files_of_any_name_are_read_together(tmp_path):
    write(tmp_path / "set" / "b.parquet", structs(PIXELS[:6]))
    write(tmp_path / "set" / "a.parquet", structs(PIXELS[6:]))
    assert got(data.load(tmp_path / "set")) == made(["cat", "dog"] * 6)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([10, 9] * 6, ("9", "10")),
        (["b", "a"] * 6, ("a", "b")),
        ([-1, 300] * 6, ("-1", "300")),
    ],
)
def test_without_names_the_labels_are_the_classes(tmp_path, labels, classes):
    found = data.load(write(tmp_path / "a.parquet", labels=labels, names=None))
    assert found.classes == classes
    assert got(found) == made([str(label) for label in labels])


def test_names_that_no_row_has_stay_classes(tmp_path):
    found = data.load(write(tmp_path / "a.parquet", names=("cat", "dog", "emu")))
    assert found.classes == ("cat", "dog", "emu")


def test_text_labels_may_be_the_names(tmp_path):
    found = data.load(write(tmp_path / "a.parquet", labels=["dog", "cat"] * 6))
    assert found.classes == ("cat", "dog")
    assert got(found) == made(["dog", "cat"] * 6)


def test_paths_beside_the_file_are_followed_and_no_others(tmp_path):
    folder = tmp_path / "set"
    images = [{"bytes": None, "path": f"{number}.png"} for number in range(12)]
    for number, pixels in enumerate(PIXELS):
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.png").write_bytes(png(pixels))
    path = write(folder / "a.parquet", images)
    assert got(data.load(path)) == made(["cat", "dog"] * 6)
    (tmp_path / "secret.png").write_bytes(png(PIXELS[0]))
    images[0]["path"], images[1]["path"] = "../secret.png", str(tmp_path / "secret.png")
    images[2]["path"] = "a\0b"
    images[3]["path"] = "none.png"
    with pytest.raises(DataError) as error:
        data.load(write(path, images))
    lines = str(error.value).split("\n")
    assert lines[0].startswith(f"{path} has 4 bad rows; ")
    assert lines[1] == f"  {path}, row 0: its path '../secret.png' leads out of the folder"
    assert lines[2].endswith("leads out of the folder")
    assert "null byte" in lines[3]
    assert lines[4].endswith("row 3: there is no such file")


def test_every_bad_row_is_told_and_can_be_skipped(tmp_path):
    images = structs(PIXELS)
    images[1] = None
    images[2] = {"bytes": None, "path": None}
    images[3] = {"bytes": b"", "path": None}
    images[4] = {"bytes": b"text", "path": None}
    labels = [number % 2 for number in range(12)]
    labels[5], labels[6], labels[7] = None, 2, -1
    path = write(tmp_path / "a.parquet", images, labels)
    with pytest.raises(DataError) as error:
        data.load(path)
    start, *lines = str(error.value).split("\n")
    assert start == (
        f"{path} has 7 bad rows; repair or remove them, or go on without them (skip_bad):"
    )
    reasons = [
        "its image is missing",
        "its image is missing",
        "it is empty (0 bytes)",
        "it is no picture, or of a kind other than PNG, JPEG, BMP, TIFF, GIF and WebP",
        "its label is missing",
        "its label '2' is none of the 2 classes",
        "its label '-1' is none of the 2 classes",
    ]
    assert lines == [f"  {path}, row {n}: {why}" for n, why in enumerate(reasons, 1)]
    said = []
    found = data.load(path, skip_bad=True, say=said.append)
    assert got(found) == made(["cat", "cat", "dog", "cat", "dog"], [PIXELS[0], *PIXELS[8:]])
    assert said[0].startswith(f"Going on without 7 bad rows of {path}, the first ")


def test_what_is_wrong_with_a_file_is_told(tmp_path):
    path = write(tmp_path / "a.parquet", columns=("picture", "label"))
    with pytest.raises(DataError) as error:
        data.load(path)
    assert str(error.value) == (
        f"{path} has no column 'image'; its columns are picture, label. Image sets in Parquet have "
        "a column image (bytes and path) and a column label."
    )
    with pytest.raises(DataError, match="has no column 'label'; its columns are image, class"):
        data.load(write(path, columns=("image", "class")))
    assert data.load(path, label="class", skip_bad=True).classes == data.load(
        write(path), skip_bad=True
    ).classes  # fmt: skip
    with pytest.raises(DataError, match="labels must be whole numbers or text"):
        data.load(write(path, labels=[0.5] * 12, names=None))
    write(tmp_path / "set" / "train-a.parquet")
    write(tmp_path / "set" / "train-b.parquet", names=("x", "y"))
    with pytest.raises(
        DataError, match=r"train-a\.parquet and .*train-b\.parquet name different c"
    ):
        data.load(tmp_path / "set")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_among_the_files_is_not_waited_for(tmp_path):
    write(tmp_path / "set" / "train-0.parquet")
    os.mkfifo(tmp_path / "set" / "train-1.parquet")
    with pytest.raises(DataError, match=r"train-1\.parquet is not a regular file\."):
        data.load(tmp_path / "set")
    (tmp_path / "set" / "train-0.parquet").unlink()
    (tmp_path / "set" / "train-2.parquet").mkdir()
    with pytest.raises(DataError, match=r"train-1\.parquet is not a regular file\."):
        data.load(tmp_path / "set")


def test_every_bad_file_is_told_and_can_be_skipped(tmp_path):
    folder = tmp_path / "set"
    write(folder / "train-0.parquet")
    for number in (1, 2):
        (folder / f"train-{number}.parquet").write_bytes(b"junk")
    with pytest.raises(DataError) as error:
        data.load(folder)
    lines = str(error.value).splitlines()
    assert lines[0] == f"{folder} has 2 bad files:"
    assert "train-1.parquet as a Parquet file" in lines[1]
    assert "train-2.parquet as a Parquet file" in lines[2]
    said = []
    found = data.load(folder, skip_bad=True, say=said.append)
    assert got(found) == made(["cat", "dog"] * 6)
    assert said == [found.note]
    assert found.note.startswith(f"Going on without 2 bad files and rows of {folder}, the first Ca")
    (folder / "train-0.parquet").unlink()
    with pytest.raises(DataError, match="has 2 bad files:"):
        data.load(folder, skip_bad=True)


def test_a_file_that_is_damaged_inside_gives_the_rows_before(tmp_path, monkeypatch):
    folder = tmp_path / "set"
    for number in range(2):
        table = parquet.read_table(write(folder / f"train-{number}.parquet"))
        parquet.write_table(
            table, folder / f"train-{number}.parquet", row_group_size=4, compression="none"
        )
    path = folder / "train-1.parquet"
    content = path.read_bytes()
    with parquet.ParquetFile(path) as file:
        start = file.metadata.row_group(1).column(0).data_page_offset
    path.write_bytes(content[:start] + bytes([255] * 40) + content[start + 40 :])
    with pytest.raises(DataError) as error:
        data.load(folder)
    first, line = str(error.value).splitlines()
    assert first.startswith(f"{folder} has 1 bad row; ")
    assert line.startswith(f"  {path}, row 4: Can't read {path} as a Parquet file: ")
    assert line.endswith(", and 7 more rows")
    found = data.load(folder, skip_bad=True)
    assert len(found.train_images) + len(found.test_images) == 16


LABELS = [
    pyarrow.array([[n % 2] for n in range(12)]),
    pyarrow.array([{"a": n % 2} for n in range(12)]),
    pyarrow.array([[("a", n % 2)] for n in range(12)], pyarrow.map_(pyarrow.string(), "int64")),
    pyarrow.array([2**30 + n for n in range(12)], pyarrow.date32()),
    pyarrow.array([2**61 + n for n in range(12)], pyarrow.timestamp("ms")),
    pyarrow.array([2**61 + n for n in range(12)], pyarrow.duration("s")),
    pyarrow.array([86400 * 10 + n for n in range(12)], pyarrow.time32("s")),
    pyarrow.array([0.5] * 12),
]


@pytest.mark.parametrize("labels", LABELS, ids=lambda labels: str(labels.type))
@pytest.mark.parametrize("names", [None, ("cat", "dog")])
def test_labels_of_other_types_are_refused(tmp_path, labels, names):
    path = write(tmp_path / "a.parquet", labels=labels, names=names)
    with pytest.raises(DataError) as error:
        data.load(path)
    start = f"{path}: labels must be whole numbers or text, but the column 'label' is "
    assert str(error.value).startswith(start + str(labels.type)[:4])


def test_pictures_of_other_types_are_refused(tmp_path):
    times = pyarrow.array([86400 * 10 + n for n in range(12)], pyarrow.time32("s"))
    for images in (times, [[1, 2]] * 12, ["a.png"] * 12, [{"a": 1}] * 12):
        table = pyarrow.table({"image": images, "label": [0, 1] * 6})
        parquet.write_table(table, tmp_path / "a.parquet")
        with pytest.raises(DataError, match=r"the column 'image' is .*; pictures are bytes, or st"):
            data.load(tmp_path / "a.parquet")


def test_labels_that_are_coded_or_too_long(tmp_path):
    labels = pyarrow.array(["b", "a"] * 6).dictionary_encode()
    assert data.load(write(tmp_path / "a.parquet", labels=labels, names=None)).classes == ("a", "b")
    path = write(tmp_path / "a.parquet", labels=["b", "a"] * 5 + ["a" * 201, "b"], names=None)
    with pytest.raises(DataError, match="row 10: its label has 201 characters, more than 200"):
        data.load(path)
    with pytest.raises(DataError, match="Two classes have the name 'cat'"):
        data.load(write(tmp_path / "a.parquet", names=("cat", "cat")))


def test_large_pictures_are_read_one_by_one(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (2000, 1000)).save(buffer, "bmp")  # 6 MB
    path = write(tmp_path / "a.parquet", [buffer.getvalue()] * 40)
    assert path.stat().st_size < 7e6  # what is equal is there once
    before = pyarrow.total_allocated_bytes()
    peak = 0

    def progress(done, total):
        nonlocal peak
        peak = max(peak, pyarrow.total_allocated_bytes() - before)

    said = []
    data.load(path, size=8, progress=progress, say=said.append)
    assert said == [f"{path}: 32 of 32 training images are blank: each has one color all over."]
    assert 0 < peak < 150e6  # all of them would be 240 MB


def test_what_unpacks_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST_CELL", 1000)
    path = write(tmp_path / "a.parquet", [bytes(500_000)] * 12)
    parquet.write_table(parquet.read_table(path), path, compression="zstd")
    with pytest.raises(DataError, match=r"bytes of pictures would unpack to .*; write it without"):
        data.load(path)
    path = write(tmp_path / "a.parquet", [png(RANDOM.integers(0, 256, (40, 40), np.uint8))] * 12)
    with pytest.raises(DataError, match=r"row 11: its image has 1,\d+ bytes, more than 0 MB"):
        data.load(path)


def test_pictures_that_a_file_only_names_belong_to_its_map(tmp_path):
    folder = tmp_path / "set"
    path = write(folder / "a.parquet", [{"bytes": None, "path": f"{n}.png"} for n in range(12)])
    for pixels in (PIXELS, [255 - array for array in PIXELS]):
        for number, array in enumerate(pixels):
            (folder / f"{number}.png").write_bytes(png(array))
            os.utime(folder / f"{number}.png", ns=(int(array[0, 0]),) * 2)
        mapped = data.load(path, memory_map=True)
        assert got(mapped) == made(["cat", "dog"] * 6, pixels)
        assert data.load(path).train_images.filename == mapped.train_images.filename
    (folder / "3.png").unlink()
    with pytest.raises(DataError, match="row 3: there is no such file"):
        data.load(path)


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=4), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_damaged_file_is_told_or_harmless(tmp_path, place, patch, cut):
    path = write(tmp_path / "a.parquet")
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place : place + len(patch)] = patch
    path.write_bytes(content[:place] if cut else content)
    try:
        assert data.load(path).train_images.dtype == np.uint8
    except DataError as error:
        told = str(error)
        assert str(path) in told


def test_empty_files_and_what_is_none(tmp_path):
    path = tmp_path / "a.parquet"
    for content in (b"", b"PAR1", b"label,pixel0\n"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"Can't read .*a\.parquet as a Parquet file: "):
            data.load(path)
    with pytest.raises(DataError, match="holds no pictures"):
        data.load(write(path, [], []))


def test_without_pyarrow_the_fix_is_told(tmp_path, monkeypatch):
    path = write(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataError) as error:
        data.load(path)
    assert str(error.value) == (
        "Parquet files need pyarrow, which is not installed: pip install 'pellucid[parquet]'."
    )
