"""IDX files as a source: the four of a folder, or one pair of images and labels."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from pellucid.data.readers.array_blocks import check_claims, image_blocks, read_blocks, stored_dtype
from pellucid.data.readers.idx import IDX_FILES, Header, open_idx, read_idx, unpacking
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import Block, Reading, Samples, Source, Steps, together
from pellucid.errors import DataError

__all__ = ["IDX_FILE", "IDX_FOLDER", "emnist_kinds", "holds_idx", "idx_folder", "idx_pair"]

_NAMES = tuple(IDX_FILES.values())
_ENDS = ("-ubyte", "-ubyte.gz", ".idx", ".idx.gz", ".idx3", ".idx3.gz")
_EMNIST = re.compile(
    r"(emnist-[a-z]+)-(train|test)-(images-idx3|labels-idx1)-ubyte(\.gz)?$", re.IGNORECASE
)


class _Pair(NamedTuple):
    """Images and their labels."""

    images: Path
    labels: Path


def holds_idx(folder: Path) -> bool:
    """Tell whether a folder has at least one of the four files."""
    return any(_find(folder, name) is not None for name in _NAMES) or bool(emnist_kinds(folder))


def emnist_kinds(folder: Path) -> list[str]:
    """Return the kinds of EMNIST whose files lie in a folder, such as ``"emnist-letters"``."""
    if any(_find(folder, name) is not None for name in _NAMES):
        return []
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:  # whatever reads it next tells why
        return []
    return sorted({match[1].lower() for name in names if (match := _EMNIST.match(name))})


def idx_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder that is laid out as MNIST is published.

    The files are ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
    ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, each with or without ``.gz``;
    ``train-images.idx3-ubyte`` is accepted too, and so are the names of one kind of EMNIST; in
    small letters or large. With the first two alone a split makes the test images; with the last
    two alone all is for the test.

    Raises
    ------
    DataError
        Files are missing or have no header, all of them named.
    """
    kinds = emnist_kinds(folder)
    if len(kinds) > 1:
        raise DataError(
            f"The folder {folder} holds several sets ({', '.join(kinds)}); give one file of "
            f"images, such as {kinds[0]}-train-images-idx3-ubyte, or a folder with one of them."
        )
    paths = [_find(folder, name) for name in (_emnist_names(kinds[0]) if kinds else _NAMES)]
    train_images, train_labels, test_images, test_labels = paths
    source = f"folder {folder}"
    if train_images and train_labels and not (test_images or test_labels):
        return _parts([_Pair(train_images, train_labels)], source, reading)
    if test_images and test_labels and not (train_images or train_labels):
        tested = _parts([_Pair(test_images, test_labels)], source, reading)
        return dataclasses.replace(tested, is_test=True)
    if not (train_images and train_labels and test_images and test_labels):
        missing = [name for name, path in zip(_NAMES, paths, strict=True) if path is None]
        raise DataError(
            f"The folder {folder} lacks {', '.join(missing)}; a data folder holds the four IDX "
            "files that MNIST has, plain or .gz."
        )
    pairs = [_Pair(train_images, train_labels), _Pair(test_images, test_labels)]
    return _parts(pairs, source, reading)


def idx_pair(images: Path, reading: Reading) -> Source:
    """Return the source in one IDX file of images, with its labels in the file beside it.

    The labels' file has the same name, with ``labels`` for ``images`` and ``idx1`` for ``idx3``,
    with or without ``.gz``.

    Raises
    ------
    DataError
        There is no such file, or one has no header.
    """
    plain = re.sub(r"\.gz$", "", images.name, flags=re.IGNORECASE)
    name = re.sub("images", "labels", plain, flags=re.IGNORECASE)
    name = re.sub("idx3", "idx1", name, flags=re.IGNORECASE)
    labels = _existing(images.parent, (name, f"{name}.gz"))
    if name == plain or labels is None:
        raise DataError(
            f"{images} needs its labels beside it: an IDX file called {name!r}, where the images' "
            "file has 'images' in its name."
        )
    reading.note_beside(labels)
    match = _EMNIST.match(images.name)
    if match and match[2].lower() == "train":
        files = [_find(images.parent, name) for name in _emnist_names(match[1].lower())[2:]]
        if all(files):
            pairs = [_Pair(images, labels), _Pair(*(file for file in files if file))]
            for file in pairs[1]:
                reading.note_beside(file)
            return _parts(pairs, f"files {images} and those beside it", reading)
    return _parts([_Pair(images, labels)], f"files {images} and {labels.name}", reading)


def _parts(pairs: Sequence[_Pair], source: str, reading: Reading) -> Source:
    """Return the source in a pair to train on, and perhaps one to test on."""
    files = [path for pair in pairs for path in pair]
    with _all_told(reading.name, files):
        heads = [_header(pair.images) for pair in pairs]
        for pair, head in zip(pairs, heads, strict=True):
            _check_claims(pair, head.shape)
    steps = Steps(reading.progress, sum(head.shape[0] for head in heads))
    samples = [
        _samples(pair, head, files, reading.name, steps)
        for pair, head in zip(pairs, heads, strict=True)
    ]
    return Source(samples[0], samples[1] if len(samples) > 1 else None, source)


def _check_claims(pair: _Pair, shape: tuple[int, ...]) -> None:
    labels = _header(pair.labels)
    try:
        check_claims(shape, labels.shape, labels.dtype)
    except DataError as error:
        raise DataError(f"{pair.images}: {error}") from error


def _header(path: Path) -> Header:
    file, header = open_idx(path)
    file.close()
    return header


def _samples(
    pair: _Pair, head: Header, files: Sequence[Path], name: str, steps: Steps
) -> Samples:  # fmt: skip
    @functools.cache
    def listed() -> NDArray[Any]:
        with _all_told(name, files):
            return read_idx(pair.labels)

    def blocks() -> Iterator[Block]:
        with _all_told(name, files):
            yield from image_blocks(_arrays(pair.images), listed(), steps)

    return Samples(head.shape[0], head.shape[1:], stored_dtype(head.dtype), blocks, listed)


def _arrays(path: Path) -> Iterator[NDArray[Any]]:
    with unpacking(path):
        file, header = open_idx(path)
        with file:
            yield from read_blocks(file, header.shape, header.dtype, str(path))


@contextlib.contextmanager
def _all_told(name: str, files: Sequence[Path]) -> Iterator[None]:
    """Where one file turns out to be bad, look through all of them, and name every bad one."""
    try:
        yield
    except DataError as error:
        bad = [damage for damage in map(_damage, files) if damage is not None]
        raise together(name, bad if len(bad) > 1 else [error], "files") from error


def _damage(path: Path) -> DataError | None:
    """Return what is wrong with a file in itself, if something is."""
    try:
        for _ in _arrays(path):
            pass
    except DataError as error:
        return error
    return None


def _find(folder: Path, name: str) -> Path | None:
    spellings = (name, name.replace("-idx", ".idx"))
    return _existing(folder, [s + end for s in spellings for end in ("", ".gz")])


def _emnist_names(kind: str) -> list[str]:
    return [
        f"{kind}-{part}-{what}-ubyte"
        for part in ("train", "test")
        for what in ("images-idx3", "labels-idx1")
    ]


def _existing(folder: Path, names: Sequence[str]) -> Path | None:
    """Return the first file of these names; in small letters or large, if none has just these."""
    exact = next((folder / name for name in names if (folder / name).is_file()), None)
    if exact is not None:
        return exact
    try:
        there = {entry.name.lower(): entry for entry in folder.iterdir()}
    except OSError:  # whatever reads it next tells why
        return None
    files = (there.get(name.lower()) for name in names)
    return next((file for file in files if file is not None and file.is_file()), None)


IDX_FILE = Reader("IDX", ends_in(*_ENDS), idx_pair)
IDX_FOLDER = Reader("of IDX files", holds_idx, idx_folder)
