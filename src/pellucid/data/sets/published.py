"""Fashion-MNIST and KMNIST: four gzipped IDX files as their authors publish them, verified.

A set comes from the user's cache, from a folder of the system that may hold it, or from its
authors' mirrors. A file is admitted if it is the published one, byte for byte (SHA-256 of the .gz
file), or, where it was compressed anew, if its values are the published ones (SHA-256 of the
array's bytes).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.dataset import Dataset
from pellucid.data.readers.idx import parse_idx
from pellucid.data.sets.downloads import fetch_bytes, probe
from pellucid.errors import DataError, DownloadError
from pellucid.files.atomic import atomic_write, cache_folder
from pellucid.images.preprocessing import Preprocessing

__all__ = ["FASHION_MNIST", "KMNIST", "PUBLISHED", "PublishedSet", "load_published"]

Say = Callable[[str], None]

_KEYS = ("train_images", "train_labels", "test_images", "test_labels")
_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_MOST_BYTES = 40_000_000  # the largest, Fashion-MNIST's training images, has 26.4 million


@dataclass(frozen=True)
class PublishedSet:
    """What is known of a set before it is fetched.

    Attributes
    ----------
    name, title, description : str
        What :func:`pellucid.data.load` takes, what people call it, and what is in it.
    mirrors : tuple of str
        Folders of the four files, with their final slash.
    file_sums : mapping
        The SHA-256 of each .gz file as its authors publish it.
    array_sums : mapping
        The SHA-256 of each array's bytes where it is known, under the same names.
    classes : tuple of str
        The names of the classes.
    folder : Path or None
        Where a system's package puts the files.
    advice : str
        What to do where nothing can be reached.
    """

    name: str
    title: str
    description: str
    mirrors: tuple[str, ...]
    file_sums: Mapping[str, str]
    array_sums: Mapping[str, str]
    classes: tuple[str, ...]
    folder: Path | None
    advice: str

    @property
    def cached(self) -> Path:
        """The folder of the cache in which the four files are kept."""
        return cache_folder() / self.name

    def where(self) -> str:
        """Return where the set is now, for a list."""
        for folder in (self.cached, self.folder):
            if folder is not None and all((folder / name).is_file() for name in _FILES):
                return str(folder)
        return "not fetched yet"


FASHION_MNIST = PublishedSet(
    name="fashion-mnist",
    title="Fashion-MNIST",
    description="clothes, 28 x 28",
    mirrors=(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        # Without TLS, which this address does not have; the checksums say what is admitted.
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    file_sums=dict(
        zip(
            _FILES,
            (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
            strict=True,
        )
    ),
    array_sums=dict(
        zip(
            _FILES,
            (
                "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
                "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
                "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
                "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
            ),
            strict=True,
        )
    ),
    classes=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    folder=Path("/usr/share/datasets/fashion-mnist"),
    advice="On Debian and Ubuntu the package dataset-fashion-mnist holds it: apt-get install "
    "dataset-fashion-mnist",
)  # fmt: skip

KMNIST = PublishedSet(
    name="kmnist",
    title="KMNIST",
    description="cursive Japanese characters, 28 x 28",
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    file_sums=dict(
        zip(
            _FILES,
            (
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
            strict=True,
        )
    ),
    array_sums={},
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    folder=None,
    advice="No package that Pellucid knows of holds it: fetch the four files elsewhere",
)

PUBLISHED = {known.name: known for known in (FASHION_MNIST, KMNIST)}
"""By name."""


def load_published(
    known: PublishedSet,
    say: Say | None = None,
    *,
    download: Callable[[str], bytes] | None = None,
) -> Dataset:
    """Return a published set from the cache, the system's folder, or a mirror.

    Parameters
    ----------
    known : PublishedSet
        Which.
    say : callable, optional
        Is called with one line for each source that is tried, and for each that fails.
    download : callable, optional
        Returns the bytes at an address; by default pooch's HTTP downloader does.

    Returns
    -------
    Dataset
        Images (60000, 28, 28) and (10000, 28, 28), uint8; labels int64, 0 to 9.

    Raises
    ------
    DownloadError
        No source delivered it; the message gives the reason for each, and what to do.
    """
    tell = say or (lambda line: None)
    reasons = []
    for source, folder in (("cache", known.cached), (f"folder {known.folder}", known.folder)):
        if folder is not None and folder.is_dir():
            try:
                return _dataset(known, _read_folder(known, folder), source)
            except DownloadError as error:
                tell(f"{folder} is left out: {error}.")
                reasons.append(f"{folder}: {error}")
    if known.folder is not None and not known.folder.is_dir():
        reasons.append(f"{known.folder}: there is no such folder")
    for mirror in known.mirrors:
        tell(f"Fetching {known.title}: {mirror} ...")
        started = time.monotonic()
        try:
            content = _fetch(mirror, download)
            arrays = _verified(known, content)
        except DownloadError as error:
            tell(f"  no: {error}")
            reasons.append(f"{mirror}: {error}")
            continue
        tell(f"  fetched and verified in {time.monotonic() - started:.1f} s")
        _store(known, content, tell)
        return _dataset(known, arrays, mirror)
    raise DownloadError(
        f"{known.title} could not be fetched. {'; '.join(reasons)}. {known.advice}; or give a "
        f"folder with its four IDX files in place of {known.name!r}."
    )


def _read_folder(known: PublishedSet, folder: Path) -> dict[str, NDArray[Any]]:
    content = {}
    for name in _FILES:
        try:
            with (folder / name).open("rb") as file:
                content[name] = file.read(_MOST_BYTES)
        except OSError as error:
            raise DownloadError(f"{name} can't be read ({error.strerror})") from error
    return _verified(known, content)


def _fetch(mirror: str, download: Callable[[str], bytes] | None) -> dict[str, bytes]:
    if download is None:
        probe(mirror + _FILES[0])
    get = download or (lambda address: fetch_bytes(address, _MOST_BYTES))
    return {name: get(mirror + name) for name in _FILES}


def _verified(known: PublishedSet, content: Mapping[str, bytes]) -> dict[str, NDArray[Any]]:
    """Return the arrays in the files' bytes, or raise DownloadError with both checksums."""
    arrays = {}
    for key, name in zip(_KEYS, _FILES, strict=True):
        actual, expected = hashlib.sha256(content[name]).hexdigest(), known.file_sums[name]
        if actual != expected and name not in known.array_sums:
            raise DownloadError(f"{name}: SHA-256 should be {expected}, is {actual}")
        try:
            array = parse_idx(content[name], name)
        except DataError as error:
            raise DownloadError(str(error).rstrip(".")) from error
        if actual != expected:
            values = hashlib.sha256(array.data).hexdigest() if array.size else "of nothing"
            if values != known.array_sums[name]:
                raise DownloadError(
                    f"{name}: SHA-256 should be {expected} (of its values "
                    f"{known.array_sums[name]}), is {actual} ({values})"
                )
        arrays[key] = array
    return arrays


def _store(known: PublishedSet, content: Mapping[str, bytes], tell: Say) -> None:
    try:
        known.cached.mkdir(parents=True, exist_ok=True)
        for name, data in content.items():
            atomic_write(known.cached / name, data)
    except OSError as error:
        tell(f"{known.title} can't be stored in {known.cached} ({error.strerror or error}); it is "
             "used anyway.")  # fmt: skip


def _dataset(known: PublishedSet, arrays: dict[str, NDArray[Any]], source: str) -> Dataset:
    return Dataset(
        known.name,
        arrays["train_images"],
        arrays["train_labels"].astype(np.int64),
        arrays["test_images"],
        arrays["test_labels"].astype(np.int64),
        known.classes,
        source,
        # Both fill their frame: the whole picture is the image, not ink with a margin as in MNIST.
        preprocessing=Preprocessing(arrays["train_images"].shape[1:], fit="resize"),
    )
