"""What is not read, and what to do instead: pickles above all, which run what is in them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

__all__ = ["way_out"]

_AS_NPZ = 'np.savez("images.npz", x_train=images, y_train=labels)'
_PICKLE = (
    "is a pickle, and opening one runs whatever is in it, so none is opened. If you trust it, open "
    f"it yourself, and save its arrays: {_AS_NPZ}. CIFAR and many others are published as Parquet "
    "files too, by Hugging Face."
)
_CIFAR = re.compile(r"data_batch_\d|test_batch|batches\.meta")
_ENDS = (
    ((".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth"), _PICKLE),
    ((".h5", ".hdf5", ".hdf"), f"is HDF5, which is not read. Save its arrays: {_AS_NPZ}."),
    ((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".7z", ".rar"),
     "is an archive; unpack it, and give the folder."),
    ((".xlsx", ".xls", ".ods"), "is a spreadsheet; save it as CSV in UTF-8."),
    ((".txt", ".dat", ".data"),
     "has a name that tells nothing; if it is a table with a row for each image, call it .csv."),
)  # fmt: skip
_MAGIC = re.compile(rb"\x80[\x02-\x05]")


def way_out(path: Path) -> str | None:
    """Return why a file or folder is not read and what to do instead, where that is known.

    Examples
    --------
    >>> way_out(Path("table.xlsx"))
    'is a spreadsheet; save it as CSV in UTF-8.'
    >>> way_out(Path("images.odd"))
    """
    with contextlib.suppress(OSError):
        if path.is_dir():
            found = sorted(p.name for p in path.iterdir() if _CIFAR.fullmatch(p.name))
            return f"holds {found[0]}, which {_PICKLE}" if found else None
        if _CIFAR.fullmatch(path.name):
            return _PICKLE
        for ends, words in _ENDS:
            if path.name.lower().endswith(ends):
                return words
        if path.is_file():
            with path.open("rb") as file:
                return _PICKLE if _MAGIC.match(file.read(2)) else None
    return None
