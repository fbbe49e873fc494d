"""What model files and checkpoints share; their own tests damage them in every way."""

import numpy as np
import pytest
import safetensors.numpy

from pellucid.errors import DataError
from pellucid.files.tensor_file import (
    RefusedError,
    check_digest,
    check_format,
    check_names,
    digest,
    json_entry,
    pack,
    read_file,
    short,
    tensor,
)

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors.numpy.save({"a": ARRAY}, {"format": "test", "b": "[1]"}))
    return path


def test_what_is_packed_is_read_with_its_digest(tmp_path):
    (tmp_path / "a").write_bytes(pack("thing", 2, {"b": [1, "x"]}, {"a": ARRAY, "c": ARRAY[:1]}))

    def read(opened):
        metadata = opened.metadata()
        check_format(metadata, "thing", 2, "thing")
        arrays = [opened.get_tensor(name) for name in ("a", "c")]
        check_digest(metadata, *arrays)
        return json_entry(metadata, "b", list), arrays

    values, (a, c) = read_file(tmp_path / "a", "thing", DataError, read)
    assert values == [1, "x"]
    np.testing.assert_array_equal(a, ARRAY)
    np.testing.assert_array_equal(c, ARRAY[:1])


@pytest.mark.parametrize("value", [object(), float("nan")])
def test_what_is_no_json_is_not_packed(value):
    with pytest.raises((TypeError, ValueError)):
        pack("thing", 1, {"b": value}, {"a": ARRAY})


def test_read_file_gives_what_its_reader_makes(path):
    def read(opened):
        check_names(opened, ["a"], "format")
        return opened.metadata()["b"], tensor(opened, "a", (2, 3), "F32", "format")

    text, array = read_file(path, "thing", DataError, read)
    assert text == "[1]"
    np.testing.assert_array_equal(array, ARRAY)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda opened: check_names(opened, [], "format"), "it has the tensor 'a' that its format"),
        (lambda opened: check_names(opened, ["a", "c"], "format"), "it lacks the tensor 'c'"),
        (
            lambda opened: tensor(opened, "a", (3,), "F32", "network"),
            r"its tensor 'a' has shape \(2, 3\), its network needs \(3,\)",
        ),
        (
            lambda opened: tensor(opened, "a", (2, 3), "F64", "network"),
            "its tensor 'a' has dtype F32, not F64",
        ),
        (lambda opened: 1 / 0, "division by zero"),
    ],
)
def test_whatever_goes_wrong_is_one_kind_of_error(path, read, message):
    with pytest.raises(DataError, match=rf"^Can't load the thing .*a\.safetensors: {message}"):
        read_file(path, "thing", DataError, read)


def test_a_digest_is_of_metadata_and_arrays():
    metadata = {"b": "1", "a": "2"}
    found = digest(metadata, ARRAY)
    assert digest({"a": "2", "b": "1", "sha256": "any"}, ARRAY.astype(">f4")) == found
    assert digest({"a": "2", "b": "0"}, ARRAY) != found
    assert digest(metadata, ARRAY + 1) != found
    check_digest(metadata | {"sha256": found}, ARRAY)
    with pytest.raises(RefusedError, match="it is damaged: its content does not have the SHA-256"):
        check_digest(metadata | {"sha256": found}, ARRAY + 1)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "but not a Pellucid thing"),
        ({"format": "x"}, "its format version is '', which is none"),
        ({"format": "x", "format_version": "3"}, "version 3, this Pellucid reads up to 2; update"),
        ({"format": "x", "format_version": "0"}, "its format version is '0', which is none"),
    ],
)
def test_formats(metadata, message):
    check_format({"format": "x", "format_version": "2"}, "x", 2, "thing")
    with pytest.raises(RefusedError, match=message):
        check_format(metadata, "x", 2, "thing")


def test_entries():
    assert json_entry({"a": "[1]"}, "a", list) == [1]
    for metadata, message in [
        ({}, "its metadata lack the entry 'a'"),
        ({"a": "{"}, "its entry 'a' is not JSON"),
        ({"a": "1"}, "its entry 'a' is int, not list"),
    ]:
        with pytest.raises(RefusedError, match=message):
            json_entry(metadata, "a", list)


def test_short_texts_are_one_line():
    assert short("a\n b") == "a b"
    assert short(ValueError()) == "ValueError"
    assert len(short("x" * 1000)) == 203
