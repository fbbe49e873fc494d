"""Parquet files in the layout that Hugging Face image sets use; needs ``pellucid[parquet]``.

A column ``image`` (or ``img``) holds structs of ``bytes`` and ``path``, or bytes alone; a column
``label`` holds whole numbers or text. The names of the classes are in the file's metadata, in the
JSON under ``huggingface``.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pellucid.console import some
from pellucid.data.readers.folder_entries import split_of
from pellucid.data.readers.picture_file import Content
from pellucid.data.readers.picture_source import Picture, Pictures, source_of_pictures
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import MOST_LABEL, Reading, Source, together
from pellucid.errors import DataError

__all__ = ["PARQUET_FILE", "PARQUET_FOLDER", "holds_parquet", "parquet_source"]

_IMAGES = ("image", "img")
_LABELS = ("label", "labels")
_ROWS = 64  # at once, where they are small
_BATCH = 64 << 20  # bytes at once, where they are large
_MOST_CELL = 256 << 20
_FIRST = re.compile(r"[-_.]")  # ends the first word of a name
# A column that takes more than _MOST_CELL may unpack to so many times its size in the file.
_MOST_INFLATION = 100

# What is read of a row: its picture, or why there is none, and its label.
_Row = tuple[Content | str | None, Any]


@dataclass(frozen=True)
class _File:
    """A file of pictures: its columns, what its labels are indices of, and how many rows it has."""

    path: Path
    image: str
    label: str
    names: tuple[str, ...] | None
    rows: int
    reading: Reading = field(repr=False)


def holds_parquet(folder: Path) -> bool:
    """Tell whether a folder, or its folder ``data``, has Parquet files."""
    return bool(_files(folder))


def parquet_source(path: Path, reading: Reading) -> Source:
    """Return the source in a Parquet file, or in a folder of them.

    In a folder, files whose names begin with ``train`` are to train on and those with ``test`` to
    test on, as ``train-00000-of-00002.parquet``; those with ``validation`` to validate, or to test
    where there are no others. They may lie in its folder ``data``. Others are left out; where none
    begins with ``train``, all are read and a split makes the test images.

    Raises
    ------
    DataError
        pyarrow is missing, a file is damaged, or a column is; see also
        :func:`pellucid.data.readers.picture_source.source_of_pictures`.
    """
    reading.problems.what = "row"
    files = [path] if path.is_file() else _files(path)
    parts = _parts(files, path, reading)
    groups = _opened_files(parts, path, reading)
    classes, is_named = _classes([file for group in groups for file in group])
    return source_of_pictures(
        [_pictures(group, classes) for group in groups], classes,
        f"{'file' if path.is_file() else 'folder'} {path}", reading, keep_unused=is_named,
    )  # fmt: skip


def _parts(files: Sequence[Path], path: Path, reading: Reading) -> list[Sequence[Path]]:
    """Return the files to train on, and those to test and to validate on if they are apart."""
    train = [file for file in files if file.name.lower().startswith("train")]
    test = [file for file in files if file.name.lower().startswith("test")]
    validation = [file for file in files if split_of(_FIRST.split(file.name)[0]) == "val"]
    if not train:
        return [files]
    if validation and not test:
        names = some([file.name for file in validation])
        are = "is" if len(validation) == 1 else "are"
        reading.guess(f"{path}: {names} {are} taken to test on.")
        test, validation = validation, []
    parts: list[Sequence[Path]] = [part for part in (train, test, validation) if part]
    left_out = sorted(file.name for file in set(files).difference(*parts))
    if left_out:
        reading.tell(f"{path}: left out: {', '.join(left_out)}.")
    return parts


def _files(folder: Path) -> list[Path]:
    """Return the files, also those that turn out to be none, such as pipes."""
    for place in (folder, folder / "data"):
        files = sorted(path for path in place.glob("*.parquet") if not path.is_dir())
        if files:
            return files
    return []


def _opened_files(
    groups: Sequence[Sequence[Path]], path: Path, reading: Reading
) -> list[list[_File]]:
    """Return what the files of each group say of themselves; a bad one of several is a problem."""
    opened: list[list[_File]] = [[] for _ in groups]
    errors = []
    for files, opened_files in zip(groups, opened, strict=True):
        for file in files:
            reading.note_beside(file)
            try:
                opened_files.append(_file(file, reading))
            except DataError as error:
                errors.append(error)
    if errors and (not reading.skip_bad or not opened[0]):
        raise together(str(path), errors, "files")
    for bad in errors:
        reading.problems.what = "file or row"
        reading.problems.add_line(str(bad).rstrip("."))
    return opened


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
        reason = (" ".join(str(error).split()) or type(error).__name__)[:300].rstrip(".")
        raise DataError(f"Can't read {path} as a Parquet file: {reason}.") from error


def _file(path: Path, reading: Reading) -> _File:
    if not path.is_file():
        raise DataError(f"{path} is not a regular file.")
    with _opened(path) as file:
        schema = file.schema_arrow
        image = _column(path, schema.names, _IMAGES)
        label = _column(
            path, schema.names, _LABELS if reading.label is None else (str(reading.label),)
        )
        _check_types(path, schema.field(image), schema.field(label))
        _check_sizes(path, file.metadata, image)
        names = _class_names(schema.metadata or {}, label)
        return _File(path, image, label, names, file.metadata.num_rows, reading)


def _check_types(path: Path, image: Any, label: Any) -> None:
    """Raise DataError unless the columns are of types that can be pictures and classes."""
    types = _pyarrow().types
    kind = label.type.value_type if types.is_dictionary(label.type) else label.type
    if not (
        types.is_integer(kind) or types.is_string(kind) or types.is_large_string(kind)
        or types.is_boolean(kind) or types.is_null(kind)
    ):  # fmt: skip
        raise DataError(
            f"{path}: labels must be whole numbers or text, but the column {label.name!r} is "
            f"{str(label.type)[:80]}."
        )
    fields = {f.name: f.type for f in image.type} if types.is_struct(image.type) else {}
    content, place = fields.get("bytes", image.type), fields.get("path")
    is_content = types.is_binary(content) or types.is_large_binary(content)
    is_place = place is None or types.is_string(place) or types.is_large_string(place)
    if not ((is_content or types.is_null(content) or (fields and place)) and is_place):
        raise DataError(
            f"{path}: the column {image.name!r} is {str(image.type)[:80]}; pictures are bytes, or "
            "structs of bytes and path."
        )


def _check_sizes(path: Path, metadata: Any, image: str) -> None:
    """Raise DataError where pictures unpack to much more than a file of pictures does."""
    for group in range(metadata.num_row_groups):
        packed, unpacked = _sizes(metadata.row_group(group), image)
        if unpacked > _MOST_CELL and unpacked > _MOST_INFLATION * packed:
            raise DataError(
                f"{path}: {packed:,} bytes of pictures would unpack to {unpacked:,}; write it "
                "without compression."
            )


def _sizes(group: Any, image: str) -> tuple[int, int]:
    """Return how many bytes the pictures of a row group have, as they are and unpacked."""
    chunks = [group.column(number) for number in range(group.num_columns)]
    chunks = [chunk for chunk in chunks if chunk.path_in_schema.split(".")[0] == image]
    return (
        sum(chunk.total_compressed_size for chunk in chunks),
        sum(chunk.total_uncompressed_size for chunk in chunks),
    )


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
    labels: set[Any] = set()
    for file in files:
        with contextlib.suppress(DataError):  # what is damaged is told when the pictures are read
            labels.update(label for _, label in _rows(file, with_pictures=False))
    labels.discard(None)
    kinds = {type(label) for label in labels}
    if len(kinds) > 1:
        raise DataError(
            f"{files[0].path}: labels must be whole numbers or text, the same in all files."
        )
    if kinds == {str}:
        labels = {label for label in labels if len(label) <= MOST_LABEL}
    return tuple(str(label) for label in sorted(labels)), False


def _rows(file: _File, *, with_pictures: bool = True) -> Iterator[_Row]:
    """Yield the rows of a file; only one batch of them is in memory."""
    columns = [file.image, file.label] if with_pictures else [file.label]
    with _opened(file.path) as opened:
        for group in range(opened.metadata.num_row_groups):
            # A row may have as much as all have together: a dictionary holds what is equal once.
            _, unpacked = _sizes(opened.metadata.row_group(group), file.image)
            count = min(max(_BATCH // max(1, unpacked), 1), _ROWS) if with_pictures else 1 << 16
            batches = opened.iter_batches(
                batch_size=count, row_groups=[group], columns=columns, use_threads=False
            )
            for batch in batches:
                labels = batch.column(file.label).to_pylist()
                for number, label in enumerate(labels):
                    content = None
                    if with_pictures:
                        content = _content(batch.column(file.image)[number], file)
                    yield content, label


def _pictures(files: Sequence[_File], classes: tuple[str, ...]) -> Pictures:
    numbers = {name: number for number, name in enumerate(classes)}

    def each() -> Iterator[Picture]:
        for file in files:
            yield from _pictures_of(file, numbers)

    return Pictures(sum(file.rows for file in files), each)


def _pictures_of(file: _File, numbers: dict[str, int]) -> Iterator[Picture]:
    """Yield as many pictures as the file says that it has, whatever is in it."""
    row, reason = 0, "it is missing"
    try:
        for content, value in _rows(file):
            label = _number(value, file, numbers)
            yield Picture(
                f"{file.path}, row {row}", label,
                content if label >= 0 else _no_label(value, file, numbers),
            )  # fmt: skip
            row += 1
    except DataError as error:
        reason = str(error).rstrip(".")
    rest = file.rows - row
    for number in range(rest):
        behind = f", and {rest - 1:,} more rows" if rest > 1 else ""
        told = None if number else f"{reason}{behind}"
        yield Picture(f"{file.path}, row {row}", -1, told)


def _number(label: Any, file: _File, numbers: dict[str, int]) -> int:
    """Return the number of a row's class, or -1 where it has none."""
    if file.names is None or isinstance(label, str):
        return numbers.get(str(label), -1) if label is not None else -1
    is_index = isinstance(label, int) and 0 <= label < len(numbers)
    return label if is_index else -1


def _no_label(label: Any, file: _File, numbers: dict[str, int]) -> str:
    if label is None:
        return "its label is missing"
    if file.names is None:
        return f"its label has {len(str(label)):,} characters, more than {MOST_LABEL}"
    return f"its label {str(label)[:40]!r} is none of the {len(numbers)} classes"


def _content(cell: Any, file: _File) -> Content | str:
    """Return a picture's bytes, or the file that its path names, or why there is neither."""
    if not cell.is_valid:
        return "its image is missing"
    fields = dict(cell.items()) if hasattr(cell, "items") else {"bytes": cell}
    content, place = fields.get("bytes"), fields.get("path")
    if content is not None and content.is_valid:
        buffer = content.as_buffer()
        if buffer.size > _MOST_CELL:
            return f"its image has {buffer.size:,} bytes, more than {_MOST_CELL >> 20} MB"
        return bytes(buffer.to_pybytes())
    if place is None or not place.is_valid:
        return "its image is missing"
    return _beside(place.as_py(), file)


def _beside(name: str, file: _File) -> Path | str:
    """Return the file that a path names, or why it names none."""
    folder = file.path.parent.resolve()
    try:
        path: Path = (folder / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        return str(error)
    if not path.is_relative_to(folder):
        return f"its path {name[:80]!r} leads out of the folder"
    file.reading.note_beside(path)
    return path


PARQUET_FILE = Reader(".parquet", ends_in(".parquet"), parquet_source)
PARQUET_FOLDER = Reader("of Parquet files", holds_parquet, parquet_source)
