"""Data sets by name or path: one way in, whatever the layout."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.data.checks import check_images, check_labels
from pellucid.data.dataset import Dataset
from pellucid.data.digits import load_digits, load_digits8
from pellucid.data.idx import read_idx_folder
from pellucid.data.mnist import cached_mnist, load_mnist
from pellucid.data.npz import read_npz_data
from pellucid.errors import DataError, DownloadError, did_you_mean

__all__ = ["Available", "available", "fetch", "load"]

Say = Callable[[str], None]


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
    """

    name: str
    description: str
    images: str
    where: str


def load(
    name: str | os.PathLike[str], *, fallback: bool = False, say: Say | None = None
) -> Dataset:
    """Return a data set by its name, or from a file or folder.

    Parameters
    ----------
    name : str or path-like
        ``"mnist"``, ``"digits"`` or ``"digits8"``; or the path of an .npz file with ``x_train``,
        ``y_train``, ``x_test`` and ``y_test``; or of a folder with the four IDX files that MNIST
        has.
    fallback : bool, default False
        Whether to go on with scikit-learn's bundled digits where MNIST is out of reach.
    say : callable, optional
        Is called with one line for each source that is tried, and for the fallback.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        The name is unknown, the path does not exist, or what it holds can't be used.
    DownloadError
        MNIST is out of reach, and ``fallback`` is False.

    Examples
    --------
    >>> digits = load("digits")
    >>> digits.train_images.shape, digits.test_images.shape, digits.classes[:3]
    ((1437, 28, 28), (360, 28, 28), ('0', '1', '2'))
    >>> load("minst")
    Traceback (most recent call last):
    pellucid.errors.DataError: There is no data set or path 'minst'. Did you mean 'mnist'? Known:
    mnist, digits, digits8, an .npz file, or a folder of IDX files.
    """
    text = os.fspath(name)
    if text == "mnist":
        return _mnist(fallback, say)
    if text == "digits":
        return load_digits()
    if text == "digits8":
        return load_digits8()
    return _from_path(Path(text))


def fetch(name: str, say: Say | None = None) -> Dataset:
    """Fetch a data set into the cache, if it is not there yet, and return it.

    Parameters
    ----------
    name : str
        One of the names that :func:`available` lists; a bundled one needs no fetching.
    say : callable, optional
        Is called with one line for each source that is tried.

    Raises
    ------
    DataError
        The name is unknown.
    DownloadError
        No source delivered it.
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

    Examples
    --------
    >>> [row.name for row in available()]
    ['mnist', 'digits', 'digits8']
    """
    cached = cached_mnist()
    bundled = "bundled with scikit-learn"
    return [
        Available(
            "mnist",
            "handwritten digits, 28 x 28",
            "60,000 + 10,000",
            str(cached) if cached.is_file() else "not fetched yet",
        ),
        Available("digits", "handwritten digits, 8 x 8 made 28 x 28", "1,437 + 360", bundled),
        Available("digits8", "handwritten digits, 8 x 8", "1,437 + 360", bundled),
    ]


def _mnist(fallback: bool, say: Say | None) -> Dataset:
    try:
        return load_mnist(say)
    except DownloadError:
        if not fallback:
            raise
    note = "MNIST is out of reach; going on with the 1,797 digits bundled with scikit-learn."
    if say is not None:
        say(note)
    return dataclasses.replace(load_digits(), note=note)


def _from_path(path: Path) -> Dataset:
    if path.is_dir():
        return _checked(str(path), read_idx_folder(path), f"folder {path}")
    if path.suffix.lower() == ".npz":
        return _checked(str(path), read_npz_data(path), f"file {path}")
    names = [row.name for row in available()]
    known = f"Known: {', '.join(names)}, an .npz file, or a folder of IDX files."
    if path.exists():
        raise DataError(f"{path} is neither an .npz file nor a folder. {known}")
    hint = did_you_mean(str(path), names)
    raise DataError(f"There is no data set or path {str(path)!r}.{hint or ''} {known}")


def _checked(name: str, arrays: dict[str, NDArray[Any]], source: str) -> Dataset:
    """Return a data set of arrays out of a file, each held to what training needs."""
    try:
        train = check_images(_channels_first(arrays["train_images"]))
        shape = train.shape[1:]
        test = check_images(
            _channels_first(arrays["test_images"]), shape if len(shape) == 3 else (1, *shape)
        )
        classes, train_labels, test_labels = _classes(arrays)
        return Dataset(
            name,
            train,
            check_labels(train_labels, len(classes), len(train)),
            test.reshape(-1, *shape),
            check_labels(test_labels, len(classes), len(test)),
            classes,
            source,
        )
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def _channels_first(images: NDArray[Any]) -> NDArray[Any]:
    """Return (n, H, W, C) as (n, C, H, W) where the last axis can only be the channels."""
    if images.ndim == 4 and images.shape[3] in (1, 3) and images.shape[1] > 4:
        return images.transpose(0, 3, 1, 2)
    return images


def _classes(
    arrays: dict[str, NDArray[Any]],
) -> tuple[tuple[str, ...], NDArray[Any], NDArray[Any]]:
    """Return the names of the classes, and both label arrays as their indices.

    Names that the file gives are taken, and its labels are their indices already. Otherwise the
    classes are the different labels, numbers or text, in order.
    """
    train, test = arrays["train_labels"], arrays["test_labels"]
    if "classes" in arrays:
        return tuple(str(name) for name in arrays["classes"].ravel()), train, test
    joined = train.ndim == 1 and test.ndim == 1 and train.dtype.kind == test.dtype.kind
    if not joined or train.dtype.kind not in "iuU":
        check_labels(train, 2**31)  # says what is wrong with them
        check_labels(test, 2**31)
        train, test = train.astype(np.int64), test.astype(np.int64)
    names, indices = np.unique(np.concatenate([train, test]), return_inverse=True)
    return tuple(str(name) for name in names), indices[: len(train)], indices[len(train) :]
