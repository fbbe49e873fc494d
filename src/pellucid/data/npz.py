"""Arrays out of .npz files, without pickles and without trust."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from pellucid.errors import DataError

__all__ = ["read_npz", "read_npz_data"]

_LAYOUTS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)


def read_npz(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read every array of an .npz file.

    Parameters
    ----------
    path : path-like
        The file, as ``np.savez`` or ``np.savez_compressed`` write it.

    Returns
    -------
    dict
        The arrays by name.

    Raises
    ------
    DataError
        The file is missing or damaged, or an array holds Python objects (a pickle). The size in
        each array's header is held to the file's before anything is allocated.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(Path(path)) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".npy"):
                    arrays[member.filename[:-4]] = _read_member(archive, member)
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.") from error
    except Exception as error:
        # zipfile, zlib and NumPy's header parser raise a dozen kinds of errors on damage.
        reason = str(error) or type(error).__name__
        raise DataError(f"Can't read {path} as an .npz file: {reason}.") from error
    return arrays


def read_npz_data(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read a data set from an .npz file.

    It holds ``x_train``, ``y_train``, ``x_test`` and ``y_test`` (or ``train_images``,
    ``train_labels``, ``test_images``, ``test_labels``), and may hold ``classes``, the names that
    the labels are indices of.

    Returns
    -------
    dict
        The arrays under ``train_images``, ``train_labels``, ``test_images``, ``test_labels``, and
        ``classes`` if the file has it.

    Raises
    ------
    DataError
        As :func:`read_npz`, or arrays are missing.
    """
    arrays = read_npz(path)
    for layout in _LAYOUTS:
        if all(name in arrays for name in layout):
            found = dict(zip(_LAYOUTS[1], (arrays[name] for name in layout), strict=True))
            return found | ({"classes": arrays["classes"]} if "classes" in arrays else {})
    held = ", ".join(arrays) or "no arrays"
    raise DataError(
        f"{path} holds {held}; a data set needs {', '.join(_LAYOUTS[0])} (or "
        f"{', '.join(_LAYOUTS[1])})."
    )


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as file:
        version = npy_format.read_magic(file)
        read_header = (
            npy_format.read_array_header_1_0
            if version == (1, 0)
            else npy_format.read_array_header_2_0
        )
        shape, fortran, dtype = read_header(file)
        if dtype.hasobject:
            raise ValueError(f"{member.filename} holds Python objects, which are never unpickled")
        expected = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or file.tell() + expected != member.file_size:
            raise ValueError(
                f"{member.filename} says shape {shape} of {dtype}, {expected:,} bytes, which is "
                "not the size it has"
            )
        data = file.read()  # to the end, so that zipfile compares its checksum
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()
