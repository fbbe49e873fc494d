import io
import json
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pellucid import data
from pellucid.data.parquet import holds_parquet
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
        write(folder / "validation-00000-of-00001.parquet")
    for name in ("flat", "deep"):
        assert holds_parquet(tmp_path / name)
        said = []
        found = data.load(tmp_path / name, say=said.append)
        assert said == [
            f"{tmp_path / name}: only train and test are read; left out: "
            "validation-00000-of-00001.parquet."
        ]
        assert [image.tobytes() for image in found.train_images] == [
            p.tobytes() for p in PIXELS[:8]
        ]
        assert found.train_labels.tolist() == [0, 1] * 4
        assert [image.tobytes() for image in found.test_images] == [p.tobytes() for p in PIXELS[8:]]


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
        "it is no picture, or of a kind other than PNG, JPEG, BMP, TIFF and GIF",
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
    with pytest.raises(DataError, match="labels must be whole numbers or text"):
        data.load(write(path, labels=[0.5] * 12, names=None))
    write(tmp_path / "set" / "train-a.parquet")
    write(tmp_path / "set" / "train-b.parquet", names=("x", "y"))
    with pytest.raises(
        DataError, match=r"train-a\.parquet and .*train-b\.parquet name different c"
    ):
        data.load(tmp_path / "set")


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
