"""Data sets by name or path: one way in, whatever the layout."""

from __future__ import annotations

import dataclasses
import os
import re
import time
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from pellucid.console import Say, some
from pellucid.data.assembling.assemble import assemble
from pellucid.data.assembling.joined import (
    Member,
    join,
    member_of_set,
    member_of_source,
    refuse_all,
    split_sources,
)
from pellucid.data.assembling.kept import keep, taken
from pellucid.data.assembling.memory_map import MapKey, find_map, guesses_of, key_of, store_map
from pellucid.data.dataset import Dataset, with_channels
from pellucid.data.readers.layouts import LAYOUTS, source_of
from pellucid.data.samples import Progress, Reading
from pellucid.data.sets.registry import FAMILIES, SETS
from pellucid.errors import ConfigurationError, DataError, DownloadError, did_you_mean
from pellucid.images.axes import sides
from pellucid.images.pixel_range import check_pixel_range
from pellucid.images.preprocessing import Preprocessing

__all__ = ["NAMES", "Available", "available", "fetch", "load", "sources_in"]

Channels = Literal["first", "last"]
"""The order of colors in rows of numbers and in arrays."""

NAMES = tuple(SETS)
"""The data sets that have a name."""


class Available(NamedTuple):
    """A row of the list of named data sets.

    Attributes
    ----------
    name : str
        What :func:`load` takes.
    description : str
        What is in it, in a few words.
    images : str
        How many, training + test.
    where : str
        Where it is now: the path of the cached copy, ``"not fetched yet"``, or
        ``"bundled with scikit-learn"``.

    Examples
    --------
    >>> from pellucid.data import available
    >>> available()[3].where
    'bundled with scikit-learn'
    """

    name: str
    description: str
    images: str
    where: str


def load(
    name: str | os.PathLike[str],
    *,
    fallback: bool = False,
    say: Say | None = None,
    progress: Progress | None = None,
    skip_bad: bool = False,
    size: int | tuple[int, int] | None = None,
    preprocessing: Preprocessing | None = None,
    memory_map: bool | None = None,
    test_share: float = 0.2,
    seed: int = 0,
    label: str | int | None = None,
    pixel_range: tuple[float, float] | None = None,
    channels: Channels | None = None,
    shuffle: bool = False,
    transpose: bool | None = None,
    follow_links: bool = False,
) -> Dataset:
    """Return a data set by its name, or from files and folders.

    Parameters
    ----------
    name : str or path-like
        One that :func:`available` lists, such as ``"mnist"`` or ``"cifar10"``; or the path of a
        file of arrays (.npz, .npy, .mat), of a CSV file (.csv, .tsv, also gzipped, or in a .zip),
        of a Parquet file, of an IDX file of images; or of a folder with IDX files, with
        ``train.csv``, with arrays, with Parquet files, or with a subfolder of pictures for each
        class. Several are joined with ``+``, as in ``"mnist+digits"``.
    fallback : bool, default False
        Whether to go on with scikit-learn's bundled digits where MNIST is out of reach.
    say : callable, optional
        Is called with one line for each source that is tried, for what is left out, and for the
        fallback.
    progress : callable, optional
        Is called with ``(done, total)`` while files are read, for each source anew.
    skip_bad : bool, default False
        Whether to go on without bad pictures and rows. ``say`` and ``Dataset.note`` tell how many.
    size : int or (int, int), optional
        Height and width of the images. Pictures are resized to it; rows of a CSV file are taken as
        images of it. Other sources must have it already.
    preprocessing : Preprocessing, optional
        What makes images of pictures, in place of ``size``; ``Dataset.preprocessing`` is then this.
    memory_map : bool, optional
        Whether the images stay on the disk: what is read is written to a file of the cache once,
        and mapped. By default they do where they are bytes and have more than 1 GiB, or, of a
        path, where such a file is there already. Fewer bytes, if reading them took a second, are
        kept in the cache as well, and come into memory from there until a file changes; not where
        this is False.
    test_share, seed : float, int
        Where a source has no test images: what share to draw for them out of each class, and what
        the draw depends on. See :func:`pellucid.data.split.stratified_split`. With 1 all its images
        are for the test, and a source may have no others.
    label : str or int, optional
        The column of a CSV or Parquet file that holds the classes: its name, or, of a CSV file, its
        number from 0, where -1 is the last. By default it is looked for.
    pixel_range : (float, float), optional
        The numbers in a CSV file or in arrays that are black and white. By default the first images
        tell them.
    channels : {"first", "last"}, optional
        The order of colors in rows of numbers and in arrays: all reds, all greens, all blues, or
        red, green, blue of each pixel in turn. By default the first images tell it, and of arrays
        their shape.
    shuffle : bool, default False
        Whether to put the images into an order drawn with ``seed``. Otherwise they come as the
        source has them: a folder's sorted by class, so that its first hundred may be of one.
    transpose : bool, optional
        Whether the images of files and folders lie on their sides, mirrored, with rows and columns
        exchanged, and are turned upright. By default those of EMNIST are, known by their names.
    follow_links : bool, default False
        Whether links in a folder of pictures may lead out of it.

    Returns
    -------
    Dataset

    Warns
    -----
    UserWarning
        What was guessed about tables and arrays, if ``say`` is not given.

    Raises
    ------
    ConfigurationError
        An option that can't be used.
    DataError
        The name is unknown, the path does not exist, or what it holds can't be used: one error
        that lists every bad file or row with its reason.
    DownloadError
        MNIST, Fashion-MNIST or KMNIST is out of reach, and ``fallback`` is False.

    Examples
    --------
    >>> digits = load("digits")
    >>> digits.train_images.shape, digits.test_images.shape, digits.classes[:3]
    ((1437, 28, 28), (360, 28, 28), ('0', '1', '2'))
    >>> load("digits+digits").train_images.shape
    (2874, 28, 28)
    >>> load("minst")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    pellucid.errors.DataError: There is no data set or path 'minst'. Did you mean 'mnist'? Known:
    mnist, ...
    """
    text = os.fspath(name)
    reading = Reading(
        text, say, progress, skip_bad, _size(size, preprocessing), preprocessing, memory_map,
        test_share, seed, label, _pixel_range(pixel_range), _channels(channels), follow_links,
        transpose,
    )  # fmt: skip
    dataset = _loaded(text, reading, fallback)
    return _shuffled(dataset, seed) if shuffle else dataset


def _loaded(text: str, reading: Reading, fallback: bool) -> Dataset:
    """Return what a name, a path or several of them hold, in the order it is there."""
    sources = sources_in(text)
    if len(sources) == 1:
        return _fitted(_one(reading, fallback), reading)
    key = key_of([s if s in NAMES else _at(s) for s in sources], reading.options())
    found = _found(key, reading) or _joined(reading, sources, key)
    return _fitted(found, reading)


def sources_in(text: str) -> list[str]:
    """Return the sources that are joined in what :func:`load` takes, names and paths."""
    return [text] if text in NAMES else split_sources(text, _Existing())


def fetch(name: str, say: Say | None = None) -> Dataset:
    """Fetch a data set into the cache, if it is not there yet, and return it.

    Parameters
    ----------
    name : str
        One of the names that :func:`available` lists; a bundled one needs no fetching.
    say : callable, optional
        Is called with one line for each source that is tried.

    Returns
    -------
    Dataset
        As :func:`load` gives it.

    Raises
    ------
    DataError
        The name is unknown.
    DownloadError
        No source delivered it.

    Examples
    --------
    >>> fetch("digits").source
    'bundled with scikit-learn'
    """
    names = [row.name for row in available()]
    if name not in names:
        raise DataError(
            f"There is no data set {name!r} to fetch.{did_you_mean(name, names)} Known: "
            f"{', '.join(names)}."
        )
    return load(name, say=say)


def available() -> list[Available]:
    """Return the named data sets, with where each is now.

    Returns
    -------
    list of Available
        One row a name.

    Examples
    --------
    >>> [row.name for row in available()][:2]
    ['mnist', 'fashion-mnist']
    """
    return [
        Available(known.name, known.description, known.images, known.where())
        for known in SETS.values()
    ]


def _one(reading: Reading, fallback: bool) -> Dataset:
    """Return a source that is not joined of several."""
    if reading.name not in NAMES:
        return _from_path(reading)
    dataset = _named(reading, fallback)
    if not reading.memory_map:
        return dataset
    key = key_of([dataset.name], reading.options())
    return find_map(key) or store_map(dataset, key)


def _joined(reading: Reading, names: list[str], key: MapKey) -> Dataset:
    """Return several sources as one; what is wrong with any of them is told in one error."""
    start = time.monotonic()
    readings = [dataclasses.replace(reading, name=name) for name in names]
    sources, errors = [], []
    for part in readings:
        try:
            sources.append(_opened(part))
        except DataError as error:
            errors.append(error)
    if errors:
        refuse_all(reading.name, sources, errors)

    def aside() -> tuple[dict[str, list[int] | None], list[str]]:
        beside = {path: state for part in readings for path, state in part.beside.items()}
        return beside, [line for part in (*readings, reading) for line in part.guesses]

    dataset = join(reading.name, sources, reading.memory_map, key, aside, reading.guess)
    if reading.memory_map is None:
        keep(dataset, key, time.monotonic() - start, *aside())
    return dataset


def _opened(reading: Reading) -> Member:
    """Return one of several sources, before its images are read."""
    if reading.name in NAMES:
        source = member_of_set(_named(reading, False))
    else:
        source = member_of_source(source_of(_path(reading.name), reading), reading)
    _check_asked(source.name, source.input_shape, reading)
    return source


def _check_asked(name: str, shape: tuple[int, ...], reading: Reading) -> None:
    """Raise DataError unless images have the size that was asked for; gray may become color."""
    asked = reading.preprocessing.input_shape if reading.preprocessing else reading.size
    if asked is None or shape[-len(asked) :] == asked:
        return
    if asked[0] == 3 and shape == (1, *asked[1:]):
        return
    raise DataError(
        f"{name} has images of shape {shape} (channels, height, width), not of the {asked} that "
        "was asked for; only pictures are brought to another size."
    )


def _fitted(dataset: Dataset, reading: Reading) -> Dataset:
    """Return a data set with the channels that were asked for."""
    _check_asked(dataset.name, dataset.input_shape, reading)
    if reading.preprocessing is None:
        return dataset
    return with_channels(dataset, reading.preprocessing.input_shape[0])


def _named(reading: Reading, fallback: bool) -> Dataset:
    try:
        dataset = SETS[reading.name].load(reading.say)
    except DownloadError:
        if reading.name != "mnist" or not fallback:
            raise
        note = "MNIST is out of reach; going on with the 1,797 digits bundled with scikit-learn."
        reading.tell(note)
        dataset = dataclasses.replace(SETS["digits"].load(reading.say), note=note)
    if reading.preprocessing is not None:
        dataset = dataclasses.replace(dataset, preprocessing=reading.preprocessing)
    return dataset


def _path(name: str) -> Path:
    if not _exists(name):
        family = FAMILIES.get(name.lower())
        hint = did_you_mean(name, NAMES)
        if family is not None:
            hint = f" That is several sets; name one of {some(family, len(family))}."
        if re.match(r"(https?|ftp|s3|gs)://", name):
            raise DataError(f"{name} is an address; download it, and give the file or folder.")
        raise DataError(
            f"There is no data set or path {name!r}.{hint} Known: {some(NAMES, 8)} ('pellucid data "
            f"list' has all); {LAYOUTS}."
        )
    return _at(name)


def _at(name: str) -> Path:
    """Return the path of a name; ``~`` is the home folder, unless something is called so."""
    path = Path(name)
    try:
        return path if path.exists() else path.expanduser()
    except RuntimeError:  # there is no such user
        return path


def _shuffled(dataset: Dataset, seed: int) -> Dataset:
    """Return a data set with its images, training and test, each in an order that is drawn."""
    if isinstance(dataset.train_images, np.memmap):
        raise ConfigurationError(
            "shuffle needs the images in memory, and these are mapped from the disk; use "
            "memory_map=False, or leave shuffle out: training draws them in an order of its own."
        )
    draw, arrays = np.random.default_rng(seed), dict[str, Any]()
    for part in ("train", "test", "validation"):
        images, labels = (getattr(dataset, f"{part}_{kind}") for kind in ("images", "labels"))
        if labels is not None:
            order = draw.permutation(len(labels))
            arrays |= {f"{part}_images": images[order], f"{part}_labels": labels[order]}
    return dataclasses.replace(dataset, **arrays)


def _from_path(reading: Reading) -> Dataset:
    path = _path(reading.name)
    key = key_of([path], reading.options())
    found = _found(key, reading)
    if found is not None:
        return found
    start = time.monotonic()
    dataset = assemble(source_of(path, reading), reading, key)
    if reading.memory_map is None:
        keep(dataset, key, time.monotonic() - start, reading.beside, reading.guesses)
    return dataset


def _found(key: MapKey, reading: Reading) -> Dataset | None:
    """Return what was mapped or kept earlier, under the name of now, and say what was said then."""
    mapped = None if reading.memory_map is False else find_map(key)
    if mapped is not None and reading.memory_map is None:
        mapped = taken(mapped, key)
    if mapped is None:
        return None
    rest = mapped.note
    for line in guesses_of(key):
        reading.guess(line)
        rest = rest.replace(line, "").strip()
    if rest:
        reading.tell(rest)
    return dataclasses.replace(mapped, name=reading.name)


class _Existing(dict[str, bool]):
    """Tells of every text whether it is a name, or the path of something that exists."""

    def __missing__(self, text: str) -> bool:
        return text in NAMES or _exists(text)


def _exists(text: str) -> bool:
    try:
        return bool(text) and _at(text).exists()
    except (OSError, ValueError):  # too long, or with a null byte
        return False


def _pixel_range(wanted: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if wanted is None else check_pixel_range(wanted, also="")


def _channels(wanted: str | None) -> str | None:
    choices = get_args(Channels)
    if wanted is not None and wanted not in choices:
        raise ConfigurationError(
            f"channels is {wanted!r}; it must be one of {', '.join(choices)}."
            f"{did_you_mean(str(wanted), choices)}",
            argument="channels",
        )
    return wanted


def _size(
    size: int | tuple[int, int] | None, preprocessing: Preprocessing | None
) -> tuple[int, int] | None:  # fmt: skip
    """Return the size that was asked for, in either way."""
    if size is None:
        if preprocessing is None:
            return None
        _, height, width = preprocessing.input_shape
        return height, width
    if preprocessing is not None:
        raise ConfigurationError("size and preprocessing were both given; either says the size.")
    asked = sides(size if isinstance(size, tuple | list) else (size, size), 2)
    if asked is None:
        raise ConfigurationError(
            f"size is {size!r}; it must be one whole number or (height, width), each at least 1."
        )
    return asked[0], asked[1]
