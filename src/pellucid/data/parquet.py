"""Parquet files in the layout that Hugging Face image sets use; needs ``pellucid[parquet]``.

A column ``image`` (or ``img``) holds structs of ``bytes`` and ``path``, or bytes alone; a column
``label`` holds whole numbers or text. The names of the classes are in the file's metadata, in the
JSON under ``huggingface``.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.data.picture_source import Picture, Pictures, picture_parts
from pellucid.data.pictures import Content
from pellucid.data.samples import Parts, Reading
from pellucid.errors import DataError

__all__ = ["holds_parquet", "parquet_parts"]

_IMAGES = ("image", "img")
_LABELS = ("label", "labels")
_ROWS = 64  # at once: pictures may have megabytes


@dataclass(frozen=True)
class _File:
    """A file of pictures.

    Attributes
    ----------
    path : Path
    image, label : str
        Its columns.
    names : tuple of str or None
        What its labels are indices of.
    rows : int
    """

    path: Path
    image: str
    label: str
    names: tuple[str, ...] | None
    rows: int


def holds_parquet(folder: Path) -> bool:
    """Tell whether a folder, or its folder ``data``, has Parquet files."""
    return bool(_files(folder))


def parquet_parts(path: Path, reading: Reading) -> Parts:
    """Return the source in a Parquet file, or in a folder of them.

    In a folder, files whose names begin with ``train`` are to train on and those with ``test`` to
    test on, as ``train-00000-of-00002.parquet``; they may lie in its folder ``data``. Others are
    left out; where none begins so, all are read and a split makes the test images.

    Raises
    ------
    DataError
        pyarrow is missing, a file is damaged, or a column is; see also
        :func:`pellucid.data.picture_source.picture_parts`.
    """
    reading.problems.what = "row"
    found = [path] if path.is_file() else _files(path)
    train = [file for file in found if file.name.lower().startswith("train")]
    test = [file for file in found if file.name.lower().startswith("test")] if train else []
    left_out = sorted(file.name for file in set(found) - set(train) - set(test))
    if train and left_out:
        reading.tell(f"{path}: only train and test are read; left out: {', '.join(left_out)}.")
    parts = [[_file(file) for file in files] for files in (train or found, test)]
    classes, is_named = _classes(parts[0] + parts[1])
    train_pictures, test_pictures = (_pictures(files, classes) for files in parts)
    return picture_parts(
        train_pictures, test_pictures if test else None, classes,
        f"{'file' if path.is_file() else 'folder'} {path}", reading, keep_unused=is_named,
    )  # fmt: skip


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet")) or sorted((folder / "data").glob("*.parquet"))


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise DataError(
            "Parquet files need pyarrow, which is not installed: pip install 'pellucid[parquet]'."
        ) from error
    return pyarrow


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file; whatever pyarrow has against it becomes a DataError."""
    pyarrow = _pyarrow()
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"Can't read {path} as a Parquet file: {reason[:300]}.") from error


def _file(path: Path) -> _File:
    with _opened(path) as file:
        schema = file.schema_arrow
        image = _column(path, schema.names, _IMAGES)
        label = _column(path, schema.names, _LABELS)
        names = _class_names(schema.metadata or {}, label)
        return _File(path, image, label, names, file.metadata.num_rows)


def _column(path: Path, names: Sequence[str], wanted: Sequence[str]) -> str:
    for name in wanted:
        if name in names:
            return name
    raise DataError(
        f"{path} has no column {wanted[0]!r}; its columns are {', '.join(names) or 'none'}. "
        "Image sets in Parquet have a column image (bytes and path) and a column label."
    )


def _class_names(metadata: dict[bytes, bytes], label: str) -> tuple[str, ...] | None:
    """Return the names in ``{"info": {"features": {label: {"names": [...]}}}}``, if they are."""
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"][label]["names"]
    except (KeyError, ValueError, TypeError):
        return None
    is_named = isinstance(names, list) and names and all(isinstance(n, str) for n in names)
    return tuple(names) if is_named else None


def _classes(files: Sequence[_File]) -> tuple[tuple[str, ...], bool]:
    """Return the names of the classes, and whether the files' metadata give them."""
    named = {file.names for file in files}
    if len(named) > 1:
        first = next(file for file in files if file.names != files[0].names)
        raise DataError(f"{files[0].path} and {first.path} name different classes.")
    names = named.pop()
    if names is not None:
        return names, True
    found: set[Any] = set()
    for file in files:
        for row in _rows(file, [file.label]):
            found.add(row[file.label])
    found.discard(None)
    if not all(isinstance(label, int | str) for label in found) or len({*map(type, found)}) > 1:
        raise DataError(f"{files[0].path}: labels must be whole numbers or text.")
    return tuple(str(label) for label in sorted(found)), False


def _rows(file: _File, columns: list[str]) -> Iterator[dict[str, Any]]:
    with _opened(file.path) as opened:
        for batch in opened.iter_batches(batch_size=_ROWS, columns=columns):
            yield from batch.to_pylist()


def _pictures(files: Sequence[_File], classes: tuple[str, ...]) -> Pictures:
    numbers = {name: number for number, name in enumerate(classes)}

    def each() -> Iterator[Picture]:
        for file in files:
            for number, row in enumerate(_rows(file, [file.image, file.label])):
                label = _number(row[file.label], file, numbers)
                content = _content(row[file.image], file) if label >= 0 else _no_label(row, file)
                yield Picture(f"{file.path}, row {number}", label, content)

    return Pictures(sum(file.rows for file in files), each)


def _number(label: Any, file: _File, numbers: dict[str, int]) -> int:
    """Return the number of a row's class, or -1 where it has none."""
    if file.names is None or isinstance(label, str):
        return numbers.get(str(label), -1) if label is not None else -1
    is_index = isinstance(label, int) and 0 <= label < len(numbers)
    return label if is_index else -1


def _no_label(row: dict[str, Any], file: _File) -> str:
    label = row[file.label]
    if label is None:
        return "its label is missing"
    return f"its label {str(label)[:40]!r} is none of the {len(file.names or ())} classes"


def _content(value: Any, file: _File) -> Content | str:
    """Return a picture's bytes, or the file that its path names, or why there is neither."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, dict):
        return "its image is missing" if value is None else "its image is no bytes"
    if isinstance(value.get("bytes"), bytes):
        return bytes(value["bytes"])
    if not isinstance(value.get("path"), str):
        return "its image is missing"
    folder = file.path.parent.resolve()
    try:
        path: Path = (folder / value["path"]).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        return str(error)
    if not path.is_relative_to(folder):
        return f"its path {value['path'][:80]!r} leads out of the folder"
    return path
