"""What the columns of a CSV file are: the label, the pixels, and what belongs to neither."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pellucid.console import some
from pellucid.data.readers.csv_header import LONG_ROW, Head, holds_numbers, is_number
from pellucid.data.readers.row_layout import could_be_images
from pellucid.data.samples import Reading
from pellucid.errors import DataError

__all__ = ["Columns", "columns_of", "columns_to_predict", "label_column"]

_LABEL = "label"
_LABELS = (
    "labels", "class", "classes", "target", "targets", "y", "emotion", "digit", "letter",
    "character", "category", "class_label", "class_name", "label_name",
)  # fmt: skip
_IDS = ("id", "ids", "index", "idx", "no", "nr", "number", "row", "row_id", "image_id", "imageid")
_PARTS = ("usage", "split", "subset", "part", "partition")
# "Unnamed: 0" is what pandas makes of an index that it wrote itself.
_NAMELESS = re.compile(r"(Unnamed: \d+)?")
_MOST_CELL = 32  # bytes; no number that is a pixel needs more
_SLACK = 4096  # for the label and what is odd about a row
_MOSTLY = 0.75  # of the columns have numbered names, if such are the pixels; of cells are equal
_ALIKE = 0.6  # so near are neighboring pixels, of the distance of any two images' pixels
_FAR = 1e9  # no pixel is farther from 0
_LEAST_ROWS = 10  # tell what is like what


@dataclass(frozen=True)
class Columns:
    """What each column is.

    Attributes
    ----------
    delimiter : str
        What cells are parted by.
    count : int
        How many cells a row has.
    label : int or None
        Which of them is the label; None where there is none.
    pixels : tuple of int
        Which are the pixels, in the order of the image.
    numbers : int or None
        How many numbers the only cell of pixels holds, parted by spaces; None where each has a
        cell of its own.
    part : int or None
        Which one says whether a row is to train or to test on.
    head : Head or None
        The beginning of the file.
    """

    delimiter: str
    count: int
    label: int | None
    pixels: tuple[int, ...]
    numbers: int | None = None
    part: int | None = None
    head: Head | None = field(default=None, compare=False, repr=False)

    @property
    def longest(self) -> int:
        """How many bytes a row can have."""
        return LONG_ROW if self.numbers is not None else self.count * _MOST_CELL + _SLACK

    @property
    def pixel_count(self) -> int:
        """How many pixels a row has."""
        return len(self.pixels) if self.numbers is None else self.numbers


def label_column(head: Head, what: object, reading: Reading) -> int | None:
    """Return which column is the label; None where nothing tells it.

    Raises
    ------
    DataError
        There are several, or not the one that was asked for.
    """
    if reading.label is not None:
        return _asked_label(head, what, reading.label)
    names = [name.lower() for name in head.names]
    if names.count(_LABEL) > 1:
        raise DataError(
            f"{what} has {names.count(_LABEL)} columns called {_LABEL!r} (its columns are "
            f"{some(head.names, 4)}); one is needed, as in label,pixel0,pixel1,..."
        )
    if _LABEL in names:
        return names.index(_LABEL)
    known = [number for number, name in enumerate(names) if name in _LABELS]
    if len(known) > 1:
        choices = " or ".join(f"label={head.names[number]!r}".replace("'", '"') for number in known)
        raise DataError(f"{what} has no column 'label'; say which holds the classes: {choices}.")
    found = known[0] if known else _other_than_numbered(head)
    if found is not None:
        _guess_label(what, reading, f"the column {head.names[found]!r}")
    return found


def columns_of(head: Head, what: object, reading: Reading) -> Columns:
    """Return what the columns of a file are; what is guessed is said.

    Raises
    ------
    DataError
        A column that is needed is missing, or can't be told from others.
    """
    label = label_column(head, what, reading)
    if label is None:
        label = _label_by_values(head, what, reading)
    part = _part_column(head, label)
    rest = [number for number in range(len(head.names)) if number not in (label, part)]
    if not rest:
        raise DataError(f"{what} has no columns of pixels behind {head.names[label] or _LABEL!r}.")
    packed = [number for number in rest if _is_packed(head, number)]
    if len(packed) == 1:
        _say_left_out(head, [n for n in rest if n not in packed], what, reading)
        numbers = _most_frequent([len(cell.split()) for cell in head.column(packed[0])])
        return Columns(
            head.delimiter, len(head.names), label, (packed[0],), numbers, part, head
        )  # fmt: skip
    pixels = _without_others(head, rest, what, reading)
    _check_named(head, pixels, what)
    pixels = _in_order(head, pixels, what, reading)
    return Columns(head.delimiter, len(head.names), label, tuple(pixels), None, part, head)


def columns_to_predict(head: Head, pixel_count: int, what: object, reading: Reading) -> Columns:
    """Return what the columns of a file are of which the labels don't matter.

    All are pixels where they are as many as the images have; else a label, a number of the row, and
    what else is no pixel are left out, if the others are as many then.
    """
    columns = range(len(head.names))
    others = [n for n in columns if head.names[n].lower() in (_LABEL, *_LABELS, *_IDS)]
    named = [n for n in columns if n not in others]
    if pixel_count not in (len(columns), len(named)):
        with contextlib.suppress(DataError):
            return dataclasses.replace(columns_of(head, what, reading), label=None)
    pixels = list(columns) if len(columns) == pixel_count else named
    pixels = _in_order(head, pixels, what, reading)
    return Columns(head.delimiter, len(columns), None, tuple(pixels), None, None, head)


def _asked_label(head: Head, what: object, wanted: str | int) -> int:
    names = list(head.names)
    lower = [name.lower() for name in names]
    if isinstance(wanted, str):
        for spelled, candidates in ((wanted, names), (wanted.lower(), lower)):
            if candidates.count(spelled) == 1:
                return candidates.index(spelled)
    if re.fullmatch(r"-?\d{1,9}", str(wanted)):
        number = int(wanted)
        if -len(names) <= number < len(names):
            return number % len(names)
    called = some(names, 4) if head.has_header else f"{len(names)}, without names"
    raise DataError(
        f"{what} has no column {wanted!r} for the label; its columns are {called}. Give a name, or "
        "a number: 0 is the first column, -1 the last."
    )


def _guess_label(what: object, reading: Reading, column: str) -> None:
    reading.guess(f"{what}: {column} is taken for the label; say otherwise with label=NAME.")


def _skeleton(name: str) -> str:
    """Return a name with 0 for each number in it."""
    return re.sub(r"\d+", "0", name.lower())


def _numbered(head: Head, columns: Sequence[int]) -> list[int]:
    """Return the columns whose names differ in numbers alone, if they are most of them."""
    kinds: dict[str, list[int]] = {}
    for number in columns:
        skeleton = _skeleton(head.names[number])
        if "0" in skeleton and not _NAMELESS.fullmatch(head.names[number]):
            kinds.setdefault(skeleton, []).append(number)
    largest = max(kinds.values(), key=len, default=[])
    return largest if len(largest) >= max(4, _MOSTLY * len(columns)) else []


def _other_than_numbered(head: Head) -> int | None:
    """Return the only column that is not called as all others are but for a number."""
    numbered = set(_numbered(head, range(len(head.names))))
    others = [n for n in range(len(head.names)) if n not in numbered]
    others = [n for n in others if not _is_id_name(head.names[n])]
    return others[0] if numbered and len(others) == 1 else None


def _is_id_name(name: str) -> bool:
    return name.lower() in _IDS or _NAMELESS.fullmatch(name) is not None


def _label_by_values(head: Head, what: object, reading: Reading) -> int:
    """Return the first or the last column: the one that is text, or unlike the pixels beside it.

    What counts the rows is no class; then it is the second or the last.
    """
    last = len(head.names) - 1
    first = 1 if last > 1 and _counts_rows(head, 0) else 0
    if head.has_header and not all(map(is_number, head.names)):
        raise DataError(
            f"{what} has no columns called {_LABEL!r} (its columns are {some(head.names, 4)}); one "
            "is needed, as in label,pixel0,pixel1,... If it has another name, say so with "
            "label=NAME."
        )
    beside = {first: first + 1, last: last - 1}
    tests: list[Callable[[int], bool]] = [
        lambda n: not all(map(is_number, head.column(n))),
        lambda n: _is_unlike(head, n, beside[n]),
    ]
    for test in tests:
        found = [number for number in beside if head.rows and last > 1 and test(number)]
        if len(found) == 1 and not _counts_rows(head, found[0]):
            place = "last" if found == [last] else ("first", "second")[first]
            reading.guess(
                f"{what} has no names of columns: the {place} column is taken for the label; say "
                f"otherwise with label={first if found == [last] else -1} or another number."
            )
            return found[0]
    raise DataError(
        f"{what} has no names of columns, and it can't be told which is the label; say it with "
        "label=0 for the first or label=-1 for the last column."
    )


def _is_unlike(head: Head, column: int, other: int) -> bool:
    """Tell whether a column is not like the one beside it, as a pixel is.

    A pixel mostly equals its neighbor, as in a black border, or is nearer to it than to that of
    another image.
    """
    cells = [row for row in head.rows if is_number(row[column]) and is_number(row[other])]
    if len(cells) < _LEAST_ROWS:
        return False
    values, neighbors = (
        np.clip([float(row[n]) for row in cells], -_FAR, _FAR) for n in (column, other)
    )
    if np.mean(values == neighbors) >= _MOSTLY:
        return False
    of_any = np.abs(values[:, np.newaxis] - neighbors).mean()
    return bool(np.abs(values - neighbors).mean() > _ALIKE * of_any)


def _counts_rows(head: Head, column: int) -> bool:
    """Tell whether a column numbers the rows, whatever it begins with."""
    cells = head.column(column)
    if len(cells) < 2 or not all(re.fullmatch(r"\d{1,15}(\.0)?", cell) for cell in cells):
        return False
    values = [int(float(cell)) for cell in cells]
    return all(b > a for a, b in itertools.pairwise(values))


def _part_column(head: Head, label: int) -> int | None:
    found = [n for n, name in enumerate(head.names) if name.lower() in _PARTS and n != label]
    is_one = len(found) == 1 and not any(map(is_number, head.column(found[0])))
    return found[0] if is_one else None


def _is_packed(head: Head, column: int) -> bool:
    cells = head.column(column)
    return bool(cells) and 2 * sum(map(holds_numbers, cells)) > len(cells)


def _without_others(
    head: Head, rest: list[int], what: object, reading: Reading
) -> list[int]:  # fmt: skip
    """Return the columns of pixels: all, or those without which the others are no images."""
    if could_be_images(len(rest), reading):
        return rest
    numbered, ends = set(_numbered(head, rest)), (rest[0], rest[-1])
    tests: list[Callable[[int], bool]] = [
        lambda n: bool(numbered) and n not in numbered,
        lambda n: head.names[n].lower() in _IDS,
        lambda n: bool(head.rows) and not any(map(is_number, head.column(n))),
        lambda n: n in ends and _counts_rows(head, n),
    ]
    for test in tests:
        others = [number for number in rest if test(number)]
        if others and could_be_images(len(rest) - len(others), reading):
            _say_left_out(head, others, what, reading)
            return [number for number in rest if number not in others]
    return rest


def _say_left_out(head: Head, others: list[int], what: object, reading: Reading) -> None:
    if not others:
        return
    names = [repr(head.names[n]) if head.names[n] else f"number {n + 1}" for n in others]
    column = "column" if len(others) == 1 else "columns"
    reading.guess(
        f"{what}: the {column} {some(names)} {'is' if len(others) == 1 else 'are'} taken for no "
        "pixels, and left out; say otherwise with size=(height, width)."
    )


def _most_frequent(counts: list[int]) -> int:
    return max(sorted(set(counts)), key=counts.count)


def _check_named(head: Head, pixels: list[int], what: object) -> None:
    """Raise DataError where a column of pixels has no name, as two common slips leave it."""
    nameless = [n for n in pixels if head.has_header and _NAMELESS.fullmatch(head.names[n])]
    if not nameless:
        return
    fix = "give it one, or remove the column"
    if nameless == [0]:
        fix = "if that is the index of a pandas table, save it with index=False"
    elif nameless == [len(head.names) - 1]:
        fix = "remove the delimiter at the end of each line"
    raise DataError(f"Column {nameless[0] + 1} of {what} has no name; {fix}.")


def _in_order(head: Head, pixels: list[int], what: object, reading: Reading) -> list[int]:
    """Return pixels in the order of the numbers in their names, where that is meant.

    With one number in each name it always is. With two, such as row and column, the file's own
    order may be meant, unless it is that of the names as text.
    """
    names = [head.names[number].lower() for number in pixels]
    keys = [tuple(map(int, re.findall(r"\d{1,15}", name))) for name in names]
    alike = len({_skeleton(name) for name in names}) == 1 and all(keys)
    if not alike or len(set(keys)) < len(keys):
        return pixels
    order = sorted(range(len(pixels)), key=keys.__getitem__)
    as_text = names == sorted(names)
    if order == list(range(len(pixels))) or (len(keys[0]) > 1 and not as_text):
        return pixels
    reading.guess(
        f"{what}: its columns are sorted {'as text' if as_text else 'otherwise'} "
        f"({some(names, 3)}); they are put in the order of their numbers."
    )
    return [pixels[place] for place in order]
