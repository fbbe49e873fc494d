"""Images without labels in files of arrays: .npy, .npz, .mat and IDX, as a model takes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import some
from pellucid.data.readers.array_blocks import read_blocks
from pellucid.data.readers.array_names import parsed
from pellucid.data.readers.array_store import PICKLED, ArrayHeader, ArrayStore
from pellucid.data.readers.emnist import is_emnist, lie_on_their_sides
from pellucid.data.readers.idx import open_idx, read_idx, unpacking
from pellucid.data.readers.idx_samples import IDX_FILE
from pellucid.data.readers.mat import MAT_FILE, mat_store
from pellucid.data.readers.npy import NPY_FILE, npy_store
from pellucid.data.readers.npz import NPZ_FILE, npz_store
from pellucid.data.readers.pixel_scale import scale_of_array
from pellucid.data.samples import Problems, Reading
from pellucid.errors import DataError

__all__ = ["array_images", "is_of_arrays"]

_READERS = (NPY_FILE, NPZ_FILE, MAT_FILE, IDX_FILE)
_PARTS = ("test", "all", "validation", "train")  # whose images are the likeliest to be asked about

Arrange = Callable[[NDArray[Any]], NDArray[Any]]


def is_of_arrays(path: Path) -> bool:
    """Tell whether a file holds arrays, by its name."""
    return any(reader.takes(path) for reader in _READERS)


def array_images(
    path: Path, input_shape: tuple[int, ...], problems: Problems, reading: Reading
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the images in a file, and their numbers, from 1; what is no image is a problem.

    Of several arrays the one is taken that is called as images to test on; labels are passed over.

    Parameters
    ----------
    path : Path
    input_shape : (int, int, int)
        What the model takes, (C, H, W).
    problems : Problems
        Is told of images that can't be used.
    reading : Reading
        Is told what was guessed.

    Yields
    ------
    int, ndarray of shape (C, H, W)
        Bytes, or floats in [0, 1].

    Raises
    ------
    DataError
        The file is damaged, or holds no images that fit the model.
    """
    store = _store(path, reading)
    name = _chosen(store, reading)
    header = store.headers[name]
    what = f"{name} in {path}" if len(store.headers) > 1 else str(path)
    if header.dtype.hasobject:
        raise DataError(f"{what} {PICKLED}.")
    if header.dtype.kind not in "biuf":
        raise DataError(f"{what} holds {header.dtype}, which are no pixels.")
    arrange, is_whole = _arrangement(header.shape, input_shape, what)
    scale, is_turned, number = None, False, 0
    for block in [store.read(name)] if is_whole else store.blocks(name):
        images = arrange(block).reshape(-1, *input_shape)
        if scale is None and len(images):
            scale = scale_of_array(images, what, reading)
            is_open = reading.transpose is None and is_emnist(path)
            is_turned = is_open and lie_on_their_sides(path, reading, images)
        for image in images.swapaxes(-1, -2) if is_turned else images:
            number += 1
            assert scale is not None
            stored = scale.stored(image)
            if stored is None:
                ends = f"{image.min():g} to {image.max():g}"
                problems.add(f"{path}, image {number}", f"its pixels are from {ends}, not {scale}")
            else:
                yield number, stored


def _store(path: Path, reading: Reading) -> ArrayStore:
    if NPZ_FILE.takes(path):
        return npz_store(path)
    if MAT_FILE.takes(path):
        return mat_store({"": path}, path, f"file {path}", reading)
    if NPY_FILE.takes(path):
        return npy_store(path, f"file {path}", {path.stem: path})
    return _idx_store(path)


def _idx_store(path: Path) -> ArrayStore:
    file, header = open_idx(path)
    file.close()

    def blocks(name: str) -> Iterator[NDArray[Any]]:
        with unpacking(path):
            opened, again = open_idx(path)
            with opened:
                yield from read_blocks(opened, again.shape, again.dtype, str(path))

    found = ArrayHeader(header.shape, False, header.dtype)
    return ArrayStore(path, f"file {path}", {path.name: found}, lambda name: read_idx(path), blocks)


def _chosen(store: ArrayStore, reading: Reading) -> str:
    """Return the name of the images in a file; say what else there is."""
    names = list(store.headers)
    if len(names) == 1:
        return names[0]
    known = [found for name in names if (found := parsed(name)) and not found.is_label]
    ranks = {part: [one.name for one in known if one.part == part] for part in _PARTS}
    likeliest = next((found for found in ranks.values() if found), [])
    if len(likeliest) != 1:
        raise DataError(
            f"{store.path} holds {some(names) or 'no arrays'}; to be predicted, images are a file "
            "of one array, or one called X, images or x_test."
        )
    images = [one.name for one in known]
    if len(images) > 1:
        others = [name for name in images if name != likeliest[0]]
        reading.guess(f"{store.path}: {likeliest[0]} is predicted; left out: {some(others)}.")
    return likeliest[0]


def _arrangement(
    shape: tuple[int, ...], wanted: tuple[int, ...], what: str
) -> tuple[Arrange, bool]:
    """Return what brings an array to images (n, C, H, W), and whether it takes the whole array."""
    channels, height, width = wanted
    last, row = (height, width, channels), (math.prod(wanted),)
    plain = (wanted, row, (height, width)) if channels == 1 else (wanted, row)
    if shape[1:] in plain:
        return lambda images: images, False
    if shape in plain:
        return lambda images: images, True
    if last in (shape, shape[1:]):
        return lambda images: images.reshape(-1, *last).transpose(0, 3, 1, 2), shape == last
    if shape[:-1] == last or (channels == 1 and shape[:-1] == (height, width)):
        # As MATLAB has them, one image behind the other on the last axis.
        return lambda images: np.moveaxis(images.reshape(*last, -1), (3, 2), (0, 1)), True
    shown = f"(n, {height}, {width})" if channels == 1 else f"(n, {height}, {width}, {channels})"
    raise DataError(
        f"{what} has shape {shape}; the model takes images of {height} x {width} pixels with "
        f"{channels} channel{'s' * (channels > 1)}: {shown}, or rows of {row[0]}. Save others as "
        "pictures, such as PNG, to have them brought to that size."
    )
