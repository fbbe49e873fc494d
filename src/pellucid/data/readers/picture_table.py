"""Pictures whose classes stand in a table beside them: a .csv of ``filename,label``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pellucid.data.readers.csv_header import is_number
from pellucid.data.readers.folder_entries import (
    Split,
    is_inside,
    is_picture,
    ordered,
    pictures_in,
    split_of,
    subfolders,
    with_ending,
)
from pellucid.data.readers.picture_source import Picture, Pictures, source_of_pictures
from pellucid.data.readers.reader import Reader
from pellucid.data.samples import MOST_LABEL, Reading, Source
from pellucid.errors import DataError

__all__ = ["PICTURE_TABLE", "PICTURE_TABLE_FOLDER", "names_pictures", "picture_table"]

_ENDS = (".csv", ".tsv")
_LABELS = (
    "label", "labels", "class", "classes", "class_name", "category", "target", "classid",
    "class_id", "label_id", "species", "breed",
)  # fmt: skip
_MOST_CELLS = 16  # of a row whose cells may be pictures' names without their endings
_LOOKED_AT = 1 << 16
_OUTSIDE = "it leads out of the folder"


class _Columns(NamedTuple):
    """Where a table has what: the delimiter, names of files, labels (None if that is unclear)."""

    delimiter: str
    file: int
    label: int | None
    has_header: bool
    names: list[str]


def names_pictures(path: Path) -> bool:
    """Tell whether a file is a table whose first row names a picture."""
    return path.name.lower().endswith(_ENDS) and path.is_file() and _columns(path) is not None


def picture_table(path: Path, reading: Reading) -> Source:
    """Return the source in a table, or in a folder with one, or with one for each part.

    A column holds the names of pictures, as seen from the table's folder or from one in it;
    another, called ``label`` or ``class`` or being the only other, their classes.

    Raises
    ------
    DataError
        No column is that of the classes, or a folder has several tables.
    """
    tables = [path] if path.is_file() else _chosen(path, reading)
    listed = [_rows(table, reading) for table in tables]
    classes = ordered({label for rows in listed for _, label, _ in rows if label})
    numbers = {name: number for number, name in enumerate(classes)}
    parts = [_pictures(rows, numbers) for rows in listed]
    where = f"{'file' if path.is_file() else 'folder'} {path}"
    return source_of_pictures(parts, tuple(classes), where, reading)


def _has_table(folder: Path) -> bool:
    """Tell whether a folder has a table of its pictures, and no folders of classes."""
    classes = [name for name in subfolders(folder) if split_of(name) is None]
    if sum(bool(pictures_in(folder / name)) for name in classes) > 1:
        return False
    return any(names_pictures(path) for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.name.lower().endswith(_ENDS) and p.is_file())


def _chosen(folder: Path, reading: Reading) -> list[Path]:
    tables = [path for path in _files(folder) if names_pictures(path)]
    if len(tables) == 1:
        return tables
    splits: dict[Split, Path] = {}
    for table in tables:
        columns, split = _columns(table), split_of(table.stem)
        if split and columns and columns.label is not None:
            splits.setdefault(split, table)
    train, test = splits.get("train"), splits.get("test") or splits.get("val")
    if train is None:
        names = ", ".join(table.name for table in tables)
        raise DataError(f"The folder {folder} has several tables of pictures ({names}); give one.")
    chosen = [train] if test is None else [train, test]
    if "test" in splits and "val" in splits:
        chosen.append(splits["val"])
    others = [table.name for table in tables if table not in chosen]
    if others:
        reading.tell(f"{folder}: left out: {', '.join(others)}.")
    return chosen


def _columns(path: Path) -> _Columns | None:
    """Return the columns of a table that names pictures, from its first rows; else None."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in file.read(_LOOKED_AT).splitlines() if line.strip()][:2]
    except (OSError, ValueError):
        return None
    if not lines:
        return None
    delimiter = max(",;\t", key=lines[0].count)
    rows = list(csv.reader(lines, delimiter=delimiter))
    is_name = is_picture
    place = next((k for k, cell in enumerate(rows[-1]) if is_name(cell.strip())), None)
    if place is None and 2 <= len(rows[-1]) <= _MOST_CELLS and not _are_numbers(rows):
        places = _places(path)

        def is_name(name: str) -> bool:
            return any(with_ending(place / name) for place in places)

        place = next((k for k, cell in enumerate(rows[-1]) if is_name(cell.strip())), None)
    if place is None or len(rows[0]) < 2 or len(rows[0]) <= place:
        return None
    has_header = not is_name(rows[0][place].strip())
    names = [name.strip() for name in rows[0]]
    lower = [name.lower() for name in names] if has_header else []
    label = next((lower.index(word) for word in _LABELS if word in lower), None)
    if label is None and len(names) == 2:
        label = 1 - place
    return _Columns(delimiter, place, label, has_header, names)


def _are_numbers(rows: list[list[str]]) -> bool:
    """Tell whether a table is of numbers: columns such as p0, p1, or more than an id and a class.

    Pictures may be called 0.png and 1.png, and lie beside a table of pixels all the same.
    """
    is_named = any(name.strip()[-1:].isdigit() for name in rows[0])
    return (len(rows[-1]) > 2 or is_named) and all(is_number(cell) for cell in rows[-1])


def _rows(table: Path, reading: Reading) -> list[tuple[str, str, Path | str]]:
    """Return for each row where it is, its class, and its picture or why there is none."""
    columns = _told(_columns(table), reading.label)
    if columns is None or columns.label is None:
        names = ", ".join(columns.names) if columns else "none"
        wanted = "label" if reading.label is None else str(reading.label)[:MOST_LABEL]
        raise DataError(
            f"{table} names pictures, but none of its columns ({names[:200]}) is {wanted}; "
            "give label=, that of the classes: its name, or its number from 0."
        )
    root = table.parent.resolve()
    places = _places(table)
    seen: dict[Path, int] = {}
    rows: list[tuple[str, str, Path | str]] = []
    reading.note_beside(table)
    for line, cells in _cells(table, columns):
        if len(cells) <= max(columns.file, columns.label):
            rows.append((f"{table}, line {line}", "", f"it has {len(cells)} cells"))
            continue
        name, label = cells[columns.file].strip(), cells[columns.label].strip()
        where = f"{table}, line {line} ({name[:80]})"
        path = _found(name, places)
        reason = _reason(path, label, root, seen, reading)
        seen.setdefault(path, line)
        reading.note_beside(path)
        rows.append((where, "" if reason else label, reason or path))
    return rows


def _told(columns: _Columns | None, label: str | int | None) -> _Columns | None:
    """Return the columns with that of the classes as told: its name, or its number from 0."""
    if columns is None or label is None:
        return columns
    names = columns.names if columns.has_header else []
    if str(label) in names:
        return columns._replace(label=names.index(str(label)))
    try:
        place = range(len(columns.names))[int(label)]
    except (ValueError, IndexError):
        return columns._replace(label=None)
    return columns._replace(label=None if place == columns.file else place)


def _cells(table: Path, columns: _Columns) -> Iterator[tuple[int, list[str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=columns.delimiter)
            for number, cells in enumerate(reader):
                if cells and not (number == 0 and columns.has_header):
                    yield reader.line_num, cells
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"Can't read {table}: {error}.") from error


def _places(table: Path) -> list[Path]:
    """Return where the pictures of a table may lie: beside it, or in a folder beside it."""
    return [table.parent, *(table.parent / name for name in subfolders(table.parent))]


def _found(name: str, places: list[Path]) -> Path:
    """Return where a picture is; where it is nowhere, where it should be."""
    paths = [place / name.replace("\\", "/") for place in places]
    for path in paths:
        try:
            found = path if path.is_file() else with_ending(path)
            if found is not None:
                return found
        except (OSError, ValueError):
            continue
    return paths[0]


def _reason(
    path: Path, label: str, root: Path, seen: dict[Path, int], reading: Reading
) -> str:  # fmt: skip
    """Return what is wrong with a row, or ``""``."""
    if not label:
        return "its label is missing"
    if len(label) > MOST_LABEL:
        return f"its label has {len(label):,} characters, more than {MOST_LABEL}"
    if path in seen:
        return f"it is listed before, in line {seen[path]}"
    try:
        is_outside = not reading.follow_links and not is_inside(path, root)
    except ValueError as error:  # a null byte
        return str(error)
    return _OUTSIDE if is_outside else ""


def _pictures(rows: list[tuple[str, str, Path | str]], numbers: dict[str, int]) -> Pictures:
    def each() -> Iterator[Picture]:
        for where, label, content in rows:
            yield Picture(where, numbers.get(label, -1), content)

    return Pictures(len(rows), each)


PICTURE_TABLE = Reader(".csv of pictures' names", names_pictures, picture_table)
PICTURE_TABLE_FOLDER = Reader("of pictures with such a .csv", _has_table, picture_table)
