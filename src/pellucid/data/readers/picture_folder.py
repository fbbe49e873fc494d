"""A folder with a subfolder of pictures for each class; ``train`` and ``test`` above, or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pellucid.console import some
from pellucid.data.readers.class_folders import OUTSIDE, class_folders
from pellucid.data.readers.folder_entries import (
    Split,
    is_inside,
    ordered,
    parts_among,
    pictures_in,
    split_of,
    subfolders,
)
from pellucid.data.readers.named_pictures import classes_in_names, named_pictures
from pellucid.data.readers.picture_source import Picture, Pictures, source_of_pictures
from pellucid.data.readers.reader import Reader
from pellucid.data.samples import Problems, Reading, Source
from pellucid.errors import DataError

__all__ = ["PICTURE_FOLDER", "holds_pictures", "picture_folder"]

# For each file its path and its class.
_Files = list[tuple[str, str]]


def holds_pictures(folder: Path) -> bool:
    """Tell whether a folder has a subfolder that is not hidden, or pictures."""
    return bool(subfolders(folder) or pictures_in(folder))


def picture_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder of pictures.

    Each subfolder is a class and its name the class's; with subfolders for training and for the
    test (``train`` and ``test``, or ``seg_train`` and ``seg_test``) the classes are in these. A
    class may have folders of its own in which its pictures lie. Without subfolders, the pictures'
    names tell the classes. Hidden files are left out. Everything else that is no picture of a class
    is a problem: pictures that lie beside the classes' folders, folders beside a class's pictures,
    links that lead out of the folder, classes without a file, classes to test on that there is no
    training for.

    Raises
    ------
    DataError
        There is no class, or see :func:`pellucid.data.readers.picture_source.source_of_pictures`.
    """
    root = folder.resolve()
    tops, is_test = _tops(folder, reading)
    listed = [_listed(top, root, reading) for top in tops]
    _check_classes(tops, listed, reading.problems)
    classes = ordered({name for files in listed for _, name in files})
    parts = [_pictures(files, classes, root, reading) for files in listed]
    source = source_of_pictures(parts, tuple(classes), f"folder {folder}", reading)
    return dataclasses.replace(source, is_test=is_test)


def _tops(folder: Path, reading: Reading) -> tuple[list[Path], bool]:
    """Return where the classes are: to train on, and to test and validate on if they are apart.

    And whether all there is is to test on.
    """
    names = subfolders(folder)
    parts = _parts(folder, names)
    splits = _splits(folder, names, parts, reading)
    train, test, val = (splits.get(split) for split in ("train", "test", "val"))
    chosen = [name for name in (train, test or val) if name is not None]
    if train is not None and test is not None and val is not None:
        chosen.append(val)
    # Beside a class, "train" is one itself.
    is_class = len(chosen) < 2 and any(name not in parts for name in names)
    if chosen and not is_class:
        others = [name for name in names if name not in chosen]
        if others:
            read = " and ".join([", ".join(chosen[:-1]), chosen[-1]] if chosen[1:] else chosen)
            reading.tell(
                f"{folder}: only {read} {'are' if chosen[1:] else 'is'} read; left "
                f"out: {', '.join(others)}."
            )
        if train is not None and test is None and val is not None:
            reading.guess(f"{folder}: {val} is taken to test on.")
        return [_unwrapped(folder / name) for name in chosen], train is None
    if len(names) == 1 and _told_by_names(folder / names[0]) and not pictures_in(folder):
        return [folder / names[0]], split_of(names[0]) == "test"
    return [folder], False


def _parts(folder: Path, names: Sequence[str]) -> dict[str, Split]:
    """Return which folders are for training or for a test, by their names alone."""
    groups = parts_among(names)
    if len(groups) > 1:
        first, second = (ordered(group)[0] for group in groups[:2])
        raise DataError(
            f"The folder {folder} holds {some(names)}: each class seems to have folders of its own "
            f"to train and to test on, such as {first} and {second}. Put the classes into folders "
            "train and test, as train/CLASS and test/CLASS."
        )
    return groups[0] if groups else {}


def _splits(
    folder: Path, names: Sequence[str], parts: Mapping[str, Split], reading: Reading
) -> dict[Split, str]:
    """Return the folders that are for training or for a test, by what they are for.

    They hold classes; or pictures whose names tell them, and there are no other folders.
    """
    by_folders: dict[Split, str] = {}
    by_names: dict[Split, str] = {}
    for name, split in parts.items():
        if subfolders(folder / name):
            by_folders.setdefault(split, name)
        elif _told_by_names(folder / name):
            by_names.setdefault(split, name)
    if by_folders:
        return _with_classes(folder, by_folders, reading)
    if any(name not in parts for name in names):
        return {}
    kinds = set(parts.values())
    if not by_names and "train" in kinds and len(kinds) > 1:
        raise DataError(
            f"The folder {folder} holds {' and '.join(names)}, but no folders of classes in them; "
            "give each class a folder of its own there, or list the pictures in a .csv of "
            "filename,label."
        )
    return by_names


def _with_classes(
    folder: Path, splits: dict[Split, str], reading: Reading
) -> dict[Split, str]:  # fmt: skip
    """Return the parts but those whose only folder is no class of the training: a folder more.

    So are Kaggle's pictures to be predicted, as ``test/test/1.jpg``.
    """
    if "train" not in splits:
        return splits
    classes = set(subfolders(_unwrapped(folder / splits["train"])))
    kept = dict(splits)
    for split, name in splits.items():
        inner = subfolders(_unwrapped(folder / name))
        if split != "train" and len(inner) == 1 < len(classes) and not classes & {*inner}:
            del kept[split]
            reading.guess(
                f"{folder / name} is left out: its pictures lie in {inner[0]}, which is no class "
                f"of {splits['train']}. If they have no labels, 'pellucid predict' tells them."
            )
    return kept


def _told_by_names(folder: Path) -> bool:
    return not subfolders(folder) and classes_in_names(pictures_in(folder)) is not None


def _unwrapped(top: Path) -> Path:
    """Return the folder itself, or the only one in it where there is one more around everything."""
    names = subfolders(top)
    if len(names) == 1 and subfolders(top / names[0]) and not pictures_in(top):
        return top / names[0]
    return top


def _listed(top: Path, root: Path, reading: Reading) -> _Files:
    if subfolders(top):
        return class_folders(top, root, reading)
    return named_pictures(top, reading)


def _check_classes(tops: list[Path], listed: list[_Files], problems: Problems) -> None:
    """Note the classes that are tested on but not trained."""
    trained = {name for _, name in listed[0]}
    for top, files in zip(tops[1:], listed[1:], strict=True):
        for name in ordered({name for _, name in files} - trained):
            problems.add(top / name, f"there is no picture of it in {tops[0]}")
        files[:] = [file for file in files if file[1] in trained]


def _pictures(listed: _Files, classes: list[str], root: Path, reading: Reading) -> Pictures:
    numbers = {name: number for number, name in enumerate(classes)}
    if reading.follow_links:  # what a link leads to is not in the folder
        for name, _ in listed:
            reading.note_beside(Path(name))

    def each() -> Iterator[Picture]:
        for name, label in listed:
            path = Path(name)
            inside = reading.follow_links or not path.is_symlink() or is_inside(path, root)
            yield Picture(name, numbers[label], path if inside else OUTSIDE)

    return Pictures(len(listed), each)


PICTURE_FOLDER = Reader(
    "with a subfolder of pictures for each class", holds_pictures, picture_folder
)  # fmt: skip
